//! How the program is linked.

use std::env::var_os;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| var_os(name).is_some_and(|value| value == wanted);
    let gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    // Always at the same address: elsewhere each start has to write 137,000 addresses into 660 pages, a fifth of the time
    // of our own processes in a run. Libraries, heap and stack are where the system puts them all the same.
    if gnu && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
