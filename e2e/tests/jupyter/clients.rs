//! Clients that nobody here wrote, each with a small script of ours.

use std::process::Command;

use e2e::place;

use crate::{Served, scripts};

#[test]
fn jupyter_kernel_client_executes_interrupts_and_restarts() {
    let served = Served::start(&[]);
    run(
        &served,
        served
            .client("python")
            .arg(scripts().join("kernel_client.py")),
    );
}

#[test]
fn nbclient_papermill_and_a_gateway_execute_in_our_kernels() {
    let served = Served::start(&[]);
    run(
        &served,
        served.client("python").arg(scripts().join("gateway.py")),
    );
}

#[test]
fn vs_code_connects_with_a_token_and_with_a_password() {
    let served = Served::start(&[]);
    run(
        &served,
        served.client("python").arg(scripts().join("vscode.py")),
    );
}

#[test]
fn jupyterlabs_own_library_keeps_its_kernel_when_the_connection_is_lost() {
    let served = Served::start(&[]);
    run(&served, node(&served).arg(scripts().join("services.cjs")));
}

/// Node with the libraries from npm.
pub(crate) fn node(served: &Served) -> Command {
    let modules = place::reference().join("jupyter-node/node_modules");
    assert!(
        modules.exists(),
        "{} is missing; run `cargo xtask test --setup-only`",
        modules.display()
    );
    let mut command = served.stage.command("node");
    command.env("NODE_PATH", modules);
    command
}

/// Runs a client to its end, which must be a good one.
pub(crate) fn run(served: &Served, client: &mut Command) {
    let output = client
        .env("JUPYTER_URL", &served.url)
        .env("JUPYTER_TOKEN", &served.token)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    assert!(
        output.status.success(),
        "{said}\n{}\nserver:\n{}",
        String::from_utf8_lossy(&output.stderr),
        served.log()
    );
}
