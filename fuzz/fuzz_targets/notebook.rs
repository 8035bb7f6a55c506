//! Any bytes: refused, or read and written in a form that can be read again and stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbpress_format::{Json, Notebook};

fuzz_target!(|bytes: &[u8]| {
    let _ = Json::parse_lossy(bytes);
    let Ok((notebook, _)) = Notebook::parse_and_validate(bytes) else {
        return;
    };
    // Formats 2 and 3 may hold images as lists of lines, which only reading format 4 joins: the
    // second form is the one that stays.
    let first = notebook.to_bytes();
    let second = rewrite(&first);
    assert!(
        second == rewrite(&second),
        "written differently a second time"
    );
});

fn rewrite(bytes: &[u8]) -> Vec<u8> {
    match Notebook::parse(bytes) {
        Ok(notebook) => notebook.to_bytes(),
        Err(error) => panic!("what was written cannot be read: {error}"),
    }
}
