//! Finding the next byte of a text that is not plain, eight bytes at a time: every byte read and written is
//! looked at here.

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// How many bytes from the start may stand in a JSON string as they are.
pub(super) fn plain(bytes: &[u8]) -> usize {
    count(bytes, |word| {
        below_space(word) | equals(word, b'"') | equals(word, b'\\')
    })
}

/// How many bytes from the start can be no part of a line's ending: neither controls nor beyond ASCII.
pub(crate) fn within_line(bytes: &[u8]) -> usize {
    count(bytes, |word| below_space(word) | (word & HIGH))
}

/// How many bytes are before the first that `find` marks. It sets the high bit of bytes it finds, and perhaps
/// of some after the first of them.
fn count(bytes: &[u8], find: impl Fn(u64) -> u64) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = find(u64::from_le_bytes(*word));
        if found != 0 {
            return index * 8 + first(found);
        }
    }
    // Filled up with what is never found.
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    let found = find(u64::from_le_bytes(last));
    let at = if found == 0 { rest.len() } else { first(found) };
    words.len() * 8 + at
}

fn first(found: u64) -> usize {
    found.trailing_zeros() as usize / 8
}

fn equals(word: u64, byte: u8) -> u64 {
    let zero = word ^ (LOW * u64::from(byte));
    zero.wrapping_sub(LOW) & !zero & HIGH
}

fn below_space(word: u64) -> u64 {
    word.wrapping_sub(LOW * 0x20) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut bytes = [b'a'; 20];
                bytes[place] = byte;
                let escaped = byte < 0x20 || byte == b'"' || byte == b'\\';
                let found = if escaped { place } else { bytes.len() };
                assert_eq!(plain(&bytes), found, "{byte} at {place}");
                let ends = !(0x20..0x80).contains(&byte);
                let found = if ends { place } else { bytes.len() };
                assert_eq!(within_line(&bytes), found, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found() {
        assert_eq!(plain(b"abc\"\"\\\x01"), 3);
        assert_eq!(plain(b"\x1f !\""), 0);
        assert_eq!(plain(b" ! !\"\x1f#"), 4);
        assert_eq!(plain(b""), 0);
    }
}
