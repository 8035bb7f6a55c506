//! Several files as one: a ZIP archive that compresses nothing
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>).

/// Names are UTF-8: bit 11 of the flags.
const UTF8: u16 = 1 << 11;
/// The first day that the format can say, as no file here has a time that matters.
const DATE: u16 = (1 << 5) | 1;

/// An archive of files with their paths; of less than 4 GiB and 65,536 files.
pub(crate) fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let at = word(bytes.len());
        let entry = entry(name, content);
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend_from_slice(&entry);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
        // Made by version 2.0 on a system whose attributes say nothing.
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&entry);
        // No comment, first disk, no attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at);
        directory.extend_from_slice(name.as_bytes());
    }
    let (at, length) = (word(bytes.len()), word(directory.len()));
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX).to_le_bytes();
    bytes.append(&mut directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&[count, count].concat());
    bytes.extend_from_slice(&[length, at].concat());
    bytes.extend_from_slice(&[0; 2]);
    bytes
}

/// What both descriptions of a file have in common.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let length = word(content.len());
    let name = u16::try_from(name.len()).unwrap_or(u16::MAX);
    let mut entry = Vec::new();
    for number in [20, UTF8, 0, 0, DATE] {
        entry.extend_from_slice(&number.to_le_bytes());
    }
    entry.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
    entry.extend_from_slice(&[length, length].concat());
    entry.extend_from_slice(&name.to_le_bytes());
    entry.extend_from_slice(&[0; 2]);
    entry
}

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
