//! Hostile files in a browser that is signed in: cookies, storage, the API, WebSockets, the page around them, other
//! hosts. The matrix is printed.

use crate::clients::{node, run};
use crate::{Served, scripts};

#[test]
fn hostile_files_reach_nothing_in_a_browser_that_is_signed_in() {
    let served = Served::start(&[]);
    let mut browser = node(&served);
    browser.arg(scripts().join("isolation.cjs"));
    run(&served, &mut browser);
}
