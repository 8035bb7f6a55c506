//! What a terminal printed: kept for those who come later, and told to those who are there.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// What is kept, in bytes. Who is slower than this much of output goes on with what is still there, as a person does
/// who scrolls.
const KEPT: usize = 1 << 20;
/// The longest text told at once, in bytes.
const LONGEST: usize = 64 << 10;

/// The last of what was printed.
#[derive(Debug)]
pub(crate) struct Screen {
    kept: Mutex<Kept>,
    changes: watch::Sender<Change>,
}

#[derive(Debug, Default)]
struct Kept {
    text: String,
    /// How many bytes of text came before what is kept.
    before: u64,
    /// The first bytes of a character whose last have not come.
    rest: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Change {
    printed: u64,
    ended: bool,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            kept: Mutex::default(),
            changes: watch::Sender::default(),
        }
    }

    /// Something was printed, perhaps only a part of its last character.
    pub(crate) fn print(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.print(bytes);
        let printed = kept.printed();
        drop(kept);
        self.changes.send_modify(|change| change.printed = printed);
    }

    /// Nothing more will come.
    pub(crate) fn end(&self) {
        self.changes.send_modify(|change| change.ended = true);
    }

    /// Waits until nothing more will come.
    pub(crate) async fn ended(&self) {
        let mut changes = self.changes.subscribe();
        let _ended = changes.wait_for(|change| change.ended).await;
    }

    /// All that is kept, and then what comes.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            screen: self,
            seen: 0,
            changes: self.changes.subscribe(),
        }
    }

    fn after(&self, seen: u64) -> (String, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.after(seen)
    }
}

impl Kept {
    fn printed(&self) -> u64 {
        self.before + self.text.len() as u64
    }

    fn print(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.rest);
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.text.push_str(chunk.valid());
            let broken = chunk.invalid();
            if chunks.peek().is_none() && may_go_on(broken) {
                self.rest = broken.to_vec();
            } else if !broken.is_empty() {
                self.text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        // Only now and then, so that what is kept is not moved for every line.
        if self.text.len() > 2 * KEPT {
            let cut = self.text.ceil_char_boundary(self.text.len() - KEPT);
            self.text.drain(..cut);
            self.before += cut as u64;
        }
    }

    /// What comes after the first `seen` bytes, and how many are seen with that.
    fn after(&self, seen: u64) -> (String, u64) {
        let from = usize::try_from(seen.saturating_sub(self.before)).unwrap_or(usize::MAX);
        let from = self.text.ceil_char_boundary(from);
        let to = self.text.floor_char_boundary(from.saturating_add(LONGEST));
        let text = self.text.get(from..to).unwrap_or_default();
        (text.to_owned(), self.before + to as u64)
    }
}

/// Whether bytes can become a character once more come.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// One client's place in what was printed.
#[derive(Debug)]
pub(crate) struct View<'a> {
    screen: &'a Screen,
    seen: u64,
    changes: watch::Receiver<Change>,
}

impl View<'_> {
    /// What comes next: all that has been printed meanwhile, in one text of bounded length. None at the end. Safe to
    /// cancel.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            // In this order: what is printed before the end is seen before it.
            let ended = self.changes.borrow_and_update().ended;
            let (text, seen) = self.screen.after(self.seen);
            if !text.is_empty() {
                self.seen = seen;
                return Some(text);
            }
            if ended || self.changes.changed().await.is_err() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(parts: &[&[u8]]) -> String {
        let screen = Screen::new();
        for part in parts {
            screen.print(part);
        }
        screen.after(0).0
    }

    #[test]
    fn characters_come_whole() {
        for (parts, expected) in [
            (vec![&b"ab"[..], b"c"], "abc"),
            (vec![b"\xc3", b"\xa9"], "é"),
            (vec![b"a\xf0\x9f", b"\x98", b"\x80b"], "a😀b"),
            (vec![b"a\xf0\x9f"], "a"),
            (vec![b"\xf0\x9f", b"x"], "\u{fffd}x"),
            (vec![b"\xff", b"x"], "\u{fffd}x"),
            (vec![b"\xe2\x82", b"\xac\xe2", b"\x82\xac"], "€€"),
        ] {
            assert_eq!(printed(&parts), expected, "{parts:?}");
        }
    }

    #[tokio::test]
    async fn who_comes_later_sees_what_was_before() {
        let screen = Screen::new();
        screen.print(b"one ");
        let mut view = screen.view();
        assert_eq!(view.next().await.as_deref(), Some("one "));
        screen.print(b"two ");
        screen.print(b"three");
        assert_eq!(view.next().await.as_deref(), Some("two three"));
        screen.print(b"!");
        screen.end();
        assert_eq!(view.next().await.as_deref(), Some("!"));
        assert_eq!(view.next().await, None);
        assert_eq!(
            screen.view().next().await.as_deref(),
            Some("one two three!")
        );
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_and_whole() {
        let screen = Screen::new();
        let mut slow = screen.view();
        for _ in 0..40 {
            screen.print("é".repeat(40_000).as_bytes());
        }
        screen.end();
        let mut length = 0;
        while let Some(text) = slow.next().await {
            assert!(text.len() <= LONGEST && text.chars().all(|letter| letter == 'é'));
            length += text.len();
        }
        assert!((KEPT - 4..=2 * KEPT).contains(&length), "{length}");
    }
}
