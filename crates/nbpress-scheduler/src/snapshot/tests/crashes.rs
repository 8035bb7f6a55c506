//! Publishing that is cut off or fails halfway: there is a whole snapshot, or none.

use std::pin::pin;
use std::task::Poll;

use super::*;

fn desk() -> Desk {
    let text = notebook(&[("a", "1")]);
    Desk::with(&[("n.ipynb", &text), ("d/x", "x"), ("d/y", "y"), ("d/z", "z")])
}

async fn publish(desk: &Desk) -> Result<Snapshot, SnapshotError> {
    desk.publish("n.ipynb", &["d/*"]).await
}

/// The id the content will have, and the names of its objects, from another store.
async fn expected() -> Snapshot {
    publish(&desk()).await.unwrap()
}

/// Lets a future make so many steps and drops it, unless it has ended by then.
async fn cut_off<F: Future>(future: F, steps: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = steps;
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn cut_off_at_every_step() {
    let expected = expected().await;
    let mut halfway = 0;
    let mut steps = 0;
    loop {
        let desk = desk();
        let is_done = cut_off(publish(&desk), steps).await.is_some();
        // Looked at in this order: what a thread still writes can only be more by then.
        let has_objects = !desk.store.garbage(&[].into()).await.unwrap().is_empty();
        match desk.store.manifest(&expected.id).await {
            Ok(manifest) => {
                assert_eq!(manifest, expected.manifest);
                let (_, files) = desk.materialize(&expected.id).await.unwrap();
                assert_eq!(files, tree(&desk.work()), "after {steps} steps");
            }
            Err(SnapshotError::Missing { .. }) if !is_done => halfway += usize::from(has_objects),
            Err(error) => panic!("after {steps} steps: {}", told(&error)),
        }
        assert_eq!(
            publish(&desk).await.unwrap(),
            expected,
            "after {steps} steps"
        );
        desk.materialize(&expected.id).await.unwrap();
        if is_done {
            break;
        }
        steps += 1;
    }
    assert!(
        halfway > 0,
        "in none of {steps} cases were there objects without a manifest"
    );
}

/// A file where a folder must be: nothing can be written beneath it, by anybody.
#[tokio::test]
async fn an_object_that_cannot_be_written_means_no_manifest() {
    let expected = expected().await;
    let names: Vec<&str> = expected.manifest.objects().collect();
    assert_eq!(names.len(), 4);
    for name in names {
        let desk = desk();
        let obstacle = desk.object(name).parent().unwrap().to_owned();
        write(&obstacle, b"");
        publish(&desk).await.expect_err(name);
        assert!(!desk.object(expected.id.as_str()).exists(), "{name}");

        fs::remove_file(obstacle).unwrap();
        assert_eq!(publish(&desk).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_manifest_that_cannot_be_written_leaves_objects_alone() {
    let expected = expected().await;
    let desk = desk();
    let obstacle = desk
        .object(expected.id.as_str())
        .parent()
        .unwrap()
        .to_owned();
    write(&obstacle, b"");
    publish(&desk).await.unwrap_err();
    for name in expected.manifest.objects() {
        assert!(desk.store.object(name).await.is_ok(), "{name}");
    }

    fs::remove_file(obstacle).unwrap();
    let garbage = desk.store.garbage(&[].into()).await.unwrap();
    assert_eq!(garbage.len(), 4);
    assert_eq!(publish(&desk).await.unwrap(), expected);
    let garbage = desk.store.garbage(&[expected.id].into()).await.unwrap();
    assert_eq!(garbage, []);
}
