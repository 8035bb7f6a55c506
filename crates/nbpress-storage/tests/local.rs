//! The contract on local files, and what is special about them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use nbpress_storage::{Location, Settings, Storage, StorageErrorKind, WriteOptions, conformance};
use tempfile::TempDir;

/// A storage whose working directory is an empty folder.
fn storage() -> (TempDir, Storage) {
    let folder = TempDir::new().unwrap();
    let storage = Storage::new(Settings::new(BTreeMap::new(), folder.path().to_owned()));
    (folder, storage)
}

fn location(text: &str) -> Location {
    Location::parse(text).unwrap()
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let (folder, storage) = storage();
            conformance::$name(&storage, &Location::from(folder.path().to_owned())).await;
        }
    )*};
}

conforms!(
    put_get_list_delete,
    missing_object,
    overwrite_is_never_torn,
    if_absent_has_one_winner,
    if_match_refuses_the_stale,
    ranges,
    listing_pages,
    odd_names,
    empty_and_large,
);

async fn overwrite(storage: &Storage, text: &str, bytes: &'static str) {
    storage
        .write(&location(text), bytes.into(), WriteOptions::overwrite())
        .await
        .unwrap();
}

fn text(path: impl AsRef<Path>) -> String {
    fs::File::open(path)
        .and_then(std::io::read_to_string)
        .unwrap()
}

#[tokio::test]
async fn relative_paths_start_at_the_working_directory() {
    let (folder, storage) = storage();
    overwrite(&storage, "a.ipynb", "x").await;
    assert_eq!(text(folder.path().join("a.ipynb")), "x");
    let address = format!("file://{}/a.ipynb", folder.path().display());
    assert_eq!(storage.read(&location(&address)).await.unwrap(), "x");
}

#[tokio::test]
async fn a_missing_folder_is_named_as_the_user_wrote_it() {
    let (_folder, storage) = storage();
    for options in [WriteOptions::overwrite(), WriteOptions::if_absent()] {
        let error = storage
            .write(&location("no/such/a.ipynb"), "x".into(), options)
            .await
            .unwrap_err();
        assert_eq!(
            error.kind().to_string(),
            "output folder `no/such` doesn't exist"
        );
        assert_eq!(error.hint().unwrap(), "create it first: `mkdir -p no/such`");
    }
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let (_folder, storage) = storage();
    let here = location(".");
    let errors = [
        storage.read(&here).await.unwrap_err(),
        storage
            .write(&here, "x".into(), WriteOptions::overwrite())
            .await
            .unwrap_err(),
        storage.delete(&here).await.unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(error.kind(), StorageErrorKind::IsFolder),
            "{:?}",
            error.kind()
        );
    }
    assert!(!storage.exists(&here).await.unwrap());
}

#[tokio::test]
async fn permissions_stay_and_new_files_follow_the_umask() {
    let (folder, storage) = storage();
    let path = folder.path().join("a");
    overwrite(&storage, "a", "x").await;
    let plain = fs::File::create(folder.path().join("plain"))
        .unwrap()
        .metadata()
        .unwrap()
        .mode();
    assert_eq!(fs::metadata(&path).unwrap().mode(), plain);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    overwrite(&storage, "a", "y").await;
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
}

#[tokio::test]
async fn links_stay_links() {
    let (folder, storage) = storage();
    fs::create_dir(folder.path().join("real")).unwrap();
    symlink("real/file", folder.path().join("one")).unwrap();
    symlink("one", folder.path().join("two")).unwrap();
    // The first write makes the file that the links lead to, the second replaces it.
    for bytes in ["first", "second"] {
        overwrite(&storage, "two", bytes).await;
        assert_eq!(text(folder.path().join("real/file")), bytes);
    }
    assert!(
        fs::symlink_metadata(folder.path().join("two"))
            .unwrap()
            .is_symlink()
    );
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    let error = storage
        .write(&location("dangling"), "x".into(), WriteOptions::if_absent())
        .await
        .unwrap_err();
    assert!(matches!(
        error.kind(),
        StorageErrorKind::AlreadyExists { .. }
    ));
    symlink("loop", folder.path().join("loop")).unwrap();
    let error = storage
        .write(&location("loop"), "x".into(), WriteOptions::overwrite())
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::Other { .. }),
        "{:?}",
        error.kind()
    );
}

#[tokio::test]
async fn scratch_files_of_dead_writers_go_and_of_living_ones_stay() {
    let (folder, storage) = storage();
    let scratch = |slot: u8| folder.path().join(format!(".a.ipynb.nbpress-write-{slot}"));
    fs::File::create(scratch(0)).unwrap();
    fs::File::create(scratch(5)).unwrap();
    let living = fs::File::create(scratch(1)).unwrap();
    living.lock().unwrap();
    assert_eq!(
        storage
            .list(&location("."), None, 10)
            .await
            .unwrap()
            .entries,
        []
    );
    overwrite(&storage, "a.ipynb", "x").await;
    assert!(!scratch(0).exists() && !scratch(5).exists());
    assert!(scratch(1).exists());
    drop(living);
    overwrite(&storage, "a.ipynb", "y").await;
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["a.ipynb"]);
}

#[tokio::test]
async fn special_files_are_written_not_replaced() {
    let (folder, storage) = storage();
    overwrite(&storage, "/dev/null", "x").await;
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    let error = storage
        .write(
            &location("/dev/full"),
            "x".into(),
            WriteOptions::overwrite(),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::DiskFull { .. }),
        "{:?}",
        error.kind()
    );

    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || text(pipe)
    });
    overwrite(&storage, "pipe", "through the pipe").await;
    assert_eq!(reader.join().unwrap(), "through the pipe");
}

#[tokio::test]
async fn files_of_this_process_are_not_replaced() {
    let (folder, storage) = storage();
    let path = folder.path().join("redirected");
    let file = fs::File::create(&path).unwrap();
    let inode = file.metadata().unwrap().ino();
    overwrite(
        &storage,
        &format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file)),
        "x",
    )
    .await;
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    assert_eq!(text(&path), "x");
}

#[tokio::test]
async fn more_writers_than_scratch_names() {
    let (folder, storage) = storage();
    let storage = Arc::new(storage);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..40 {
        let storage = Arc::clone(&storage);
        writers.spawn(async move {
            let bytes = format!("{writer}").repeat(10_000);
            storage
                .write(&location("a"), bytes.into(), WriteOptions::overwrite())
                .await
        });
    }
    for result in writers.join_all().await {
        result.unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn names_of_the_greatest_length() {
    let (_folder, storage) = storage();
    let name = "ü".repeat(127);
    let first = storage
        .write(&location(&name), "x".into(), WriteOptions::if_absent())
        .await
        .unwrap();
    storage
        .write(&location(&name), "y".into(), WriteOptions::if_match(first))
        .await
        .unwrap();
    assert_eq!(storage.read(&location(&name)).await.unwrap(), "y");
}

#[tokio::test]
async fn losers_of_a_race_leave_nothing() {
    let (folder, storage) = storage();
    conformance::if_absent_has_one_winner(&storage, &location(".")).await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 20);
}

/// As `/dev/stdout` when the shell has redirected it to a file.
#[tokio::test]
async fn redirected_streams_get_their_bytes_appended() {
    let (folder, storage) = storage();
    let path = folder.path().join("log");
    fs::File::create(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"before "))
        .unwrap();
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let address = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    overwrite(&storage, &address, "after").await;
    assert_eq!(text(&path), "before after");
}
