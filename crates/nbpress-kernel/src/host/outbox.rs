//! Bytes that are to be written, in order: what is long is shared with whoever else has it, never copied.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// From this length on sharing costs less than copying.
const LONG: usize = 16 << 10;
/// How many pieces are written at once.
const AT_ONCE: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pieces: VecDeque<Bytes>,
    /// What comes after these, and may grow.
    last: BytesMut,
}

impl Outbox {
    /// Appends bytes that are few, or nobody else's.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.last.put_slice(bytes);
    }

    /// Appends bytes.
    pub(crate) fn share(&mut self, bytes: &Bytes) {
        if bytes.len() < LONG {
            return self.copy(bytes);
        }
        self.close();
        self.pieces.push_back(bytes.clone());
    }

    fn close(&mut self) {
        if !self.last.is_empty() {
            self.pieces.push_back(self.last.split().freeze());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.last.is_empty()
    }

    /// Everything, as pieces.
    pub(crate) fn into_pieces(mut self) -> impl Iterator<Item = Bytes> {
        self.close();
        self.pieces.into_iter()
    }

    /// The beginning of it, for one call of `write`.
    pub(crate) fn beginning(&self) -> Vec<IoSlice<'_>> {
        let last = (!self.last.is_empty()).then_some(self.last.as_ref());
        let pieces = self.pieces.iter().map(Bytes::as_ref).chain(last);
        pieces.take(AT_ONCE).map(IoSlice::new).collect()
    }

    /// So many bytes of the beginning were written.
    pub(crate) fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.pieces.front_mut() {
            if written < first.len() {
                return first.advance(written);
            }
            written -= first.len();
            self.pieces.pop_front();
        }
        self.last.advance(written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_in_order_however_little_is_written_at_once() {
        let long = Bytes::from(vec![b'l'; LONG]);
        for step in [1000, LONG, LONG * 3 + 7, usize::MAX] {
            let (mut outbox, mut whole, mut written) =
                (Outbox::default(), Vec::<u8>::new(), Vec::<u8>::new());
            for number in 0..40_u8 {
                outbox.copy(&[number]);
                outbox.share(&long);
                outbox.share(&Bytes::from_static(b"short"));
                whole.extend([&[number][..], &long, b"short"].concat());
            }
            while !outbox.is_empty() {
                let some: Vec<u8> = outbox
                    .beginning()
                    .iter()
                    .flat_map(|piece| piece.to_vec())
                    .collect();
                let count = some.len().min(step);
                assert!(count > 0);
                written.extend(&some[..count]);
                outbox.advance(count);
            }
            assert!(written == whole, "in steps of {step}");
        }
    }

    #[test]
    fn what_is_long_is_not_copied() {
        let long = Bytes::from(vec![b'l'; LONG]);
        let mut outbox = Outbox::default();
        outbox.copy(b"head");
        outbox.share(&long);
        let pieces: Vec<Bytes> = outbox.into_pieces().collect();
        assert_eq!(pieces[0], b"head"[..]);
        assert_eq!(pieces[1].as_ptr(), long.as_ptr());
    }
}
