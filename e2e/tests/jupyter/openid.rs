//! People of a certified OpenID Connect provider sign in, and an administrator says what they may do.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use e2e::live::Live;
use e2e::place;

use crate::Served;

/// Not to be seen in any log.
const SECRET: &str = "nobody-may-see-this-secret-of-ours";

/// The provider, ended with the value.
struct Provider {
    child: Child,
    issuer: String,
    /// It goes on saying things, and would end if nobody could hear them.
    _said: BufReader<ChildStdout>,
}

impl Provider {
    fn start() -> Self {
        let packages = place::reference().join("openid/node_modules");
        assert!(
            packages.join("oidc-provider").exists(),
            "oidc-provider is missing; run `cargo xtask test --setup-only`"
        );
        let mut child = Command::new("node")
            .arg(place::repository().join("e2e/openid/provider.cjs"))
            .args(["nbpress", SECRET, "/a%40b/login/openid/callback"])
            .env("NODE_PATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut issuer = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut issuer).unwrap();
        let issuer = issuer.trim().to_owned();
        assert!(issuer.starts_with("http://"), "{issuer}");
        Self {
            child,
            issuer,
            _said: said,
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn people_sign_in_with_their_provider_and_may_do_what_they_are_given() {
    let provider = Provider::start();
    let served = Served::start(&[
        "--openid-issuer",
        &provider.issuer,
        "--openid-client-id",
        "nbpress",
        "--openid-client-secret",
        SECRET,
        "--openid-domain",
        "example.org",
    ]);
    let mut story = served.stage.command("node");
    story
        .arg(place::repository().join("e2e/openid/story.cjs"))
        .arg(&served.url)
        .arg(place::nbpress());
    let ended = Live::start(&mut story).end();
    assert_eq!(ended.exit, 0, "{}\n{}", ended.stderr, served.log());
    assert_eq!(ended.stdout, ["the story has ended"]);
    let saved = std::fs::read_to_string(served.stage.path("root/by-hand.txt")).unwrap();
    assert_eq!(saved, "ada");
    assert!(!served.log().contains(SECRET), "{}", served.log());
}
