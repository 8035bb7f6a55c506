//! A wish to end a run early, and waiting for it.

use tokio::sync::watch;

/// A wish to end the run early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    /// The signal that was received.
    pub signal: i32,
    /// How often: the second time the kernel is killed instead of interrupted.
    pub times: u32,
}

/// Waits for a wish that has not been seen yet; for ever when nobody is left to wish.
pub(crate) async fn asked(stop: &mut watch::Receiver<Stop>) -> Stop {
    if stop.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    *stop.borrow_and_update()
}

/// The wish that is there already, seen or not.
pub(crate) fn standing(stop: &watch::Receiver<Stop>) -> Option<Stop> {
    let stop = *stop.borrow();
    (stop.times > 0).then_some(stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wish_is_seen_once_and_stands() {
        let (sender, mut receiver) = watch::channel(Stop::default());
        assert_eq!(standing(&receiver), None);
        let first = Stop {
            signal: 15,
            times: 1,
        };
        sender.send_replace(first);
        assert_eq!(asked(&mut receiver).await, first);
        assert_eq!(standing(&receiver), Some(first));
        drop(sender);
        let never = tokio::time::timeout(std::time::Duration::from_millis(1), asked(&mut receiver));
        assert!(never.await.is_err());
    }
}
