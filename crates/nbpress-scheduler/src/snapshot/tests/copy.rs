//! A snapshot goes from one store to another through somebody who may send anything.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::hash::sha256;

const FILES: &[(&str, &str)] = &[("data/a.csv", "1,2"), ("data/b.csv", "3,4")];

async fn published(files: &[(&str, &str)]) -> (Desk, Snapshot) {
    let desk = Desk::with(files);
    desk.save("n.ipynb", notebook(&[("a", "1")]).as_bytes());
    let snapshot = desk.publish("n.ipynb", &["data/*"]).await.unwrap();
    (desk, snapshot)
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let other = Desk::new();
    let (desk, first) = published(FILES).await;
    let (desk_2, second) = published(&[("data/a.csv", "1,2"), ("data/c.csv", "new")]).await;
    for (desk, snapshot, lost, sent) in [
        (&desk, &first, false, 4),
        (&desk, &first, false, 0),
        (&desk_2, &second, false, 2),
        (&desk, &first, true, 1),
    ] {
        if lost {
            fs::remove_file(other.object(&snapshot.manifest.notebook.sha256)).unwrap();
        }
        let asked = AtomicUsize::new(0);
        let get = |name: String| {
            asked.fetch_add(1, Ordering::Relaxed);
            async move { desk.store.object(&name).await }
        };
        other.store.copy(&snapshot.id, get).await.unwrap();
        assert_eq!(asked.into_inner(), sent);
        let copied = other.materialize(&snapshot.id).await.unwrap();
        assert_eq!(copied, desk.materialize(&snapshot.id).await.unwrap());
    }
}

#[tokio::test]
async fn nothing_is_taken_that_is_not_what_its_name_says() {
    let (desk, snapshot) = published(FILES).await;
    let mut names: Vec<String> = snapshot.manifest.objects().map(str::to_owned).collect();
    names.push(snapshot.id.to_string());
    for wrong in &names {
        let other = Desk::new();
        let get = async |name: String| {
            if name == *wrong {
                return Ok(Bytes::from_static(b"evil"));
            }
            desk.store.object(&name).await
        };
        let error = other.store.copy(&snapshot.id, get).await.unwrap_err();
        assert!(
            matches!(&error, SnapshotError::Damaged { sha256 } if sha256 == wrong),
            "{error}"
        );
        assert!(!other.object(wrong).exists());
        let manifest = other.store.manifest(&snapshot.id).await;
        assert!(manifest.is_err(), "it is here whole or not at all");
    }
}

#[tokio::test]
async fn a_manifest_that_leads_elsewhere_is_refused() {
    let other = Desk::new();
    for path in ["../evil", "/tmp/evil", "a/../../evil"] {
        let file = json!({"path": path, "sha256": "0".repeat(64), "bytes": 4, "executable": true});
        let entry = json!({"path": "n.ipynb", "sha256": "1".repeat(64), "bytes": 2});
        let manifest = json!({"notebook": entry, "files": [file]}).to_string();
        let id = SnapshotId::parse(&sha256(manifest.as_bytes())).unwrap();
        let get = async |name: String| {
            assert_eq!(name, id.as_str(), "no file of it is asked for");
            Ok::<_, SnapshotError>(Bytes::from(manifest.clone()))
        };
        let error = other.store.copy(&id, get).await.unwrap_err();
        assert!(told(&error).contains(path), "{}", told(&error));
    }
    assert!(!other.folder.path().join("store").exists());
}
