//! A secret reaches the kernel and nothing else.

use e2e::live::{Live, Stage, all_bytes};
use e2e::place;
use serde_json::json;

const TOKEN: &str = "s3cr3t-Tok3n/With+Signs-4711";

/// Everything a cell can do to give a secret away, short of encrypting it.
const LEAKS: [&str; 4] = [
    "import base64, hashlib, json, os, sys, urllib.parse\n\
     from IPython.display import HTML, JSON, display, update_display\n\
     print('reached', hashlib.sha256(token.encode()).hexdigest())\n\
     print(token)\nprint('around ' + token + ' it', file=sys.stderr)\n\
     for char in token:\n    print(char, end='', flush=True)\n\
     for char in token:\n    print(char, end='', file=sys.stderr, flush=True)\n\
     print(os.environ['TOK'])\n\
     print(base64.b64encode(token.encode()).decode(), base64.b64encode(b'x' + token.encode()).decode())\n\
     print(token.encode().hex(), urllib.parse.quote(token, safe=''), urllib.parse.quote(token), json.dumps({'token': token}))\n\
     print(repr(token), [token])",
    "for char in token:\n    os.write(2, char.encode())\n\
     os.system('echo $TOK')\nos.system('echo $TOK >&2')",
    "display(HTML('<b>' + token + '</b>'))\ndisplay(JSON({'key ' + token: [token]}))\n\
     display('before', display_id='shown')\nupdate_display(token, display_id='shown')\n\
     {token: token}",
    "raise PermissionError(f'refused: {token}')",
];

/// SHA-256 of the token, to be printed by a cell that has it.
const DIGEST: &str = "4a27df942ed56f96419858fb125d8ae60f0c1ae9b36be02c1425aa06971863f1";

/// The token as it must not be found: plain, percent-encoded, in hexadecimal, and in base64 at each of
/// its three alignments without the characters that depend on what stands beside it.
const NEEDLES: [&str; 7] = [
    TOKEN,
    "s3cr3t-Tok3n%2FWith%2BSigns-4711",
    "7333637233742d546f6b336e2f576974682b5369676e732d34373131",
    "czNjcjN0LVRvazNuL1dpdGgrU2lnbnMtNDcxM",
    "MzY3IzdC1Ub2szbi9XaXRoK1NpZ25zLTQ3MT",
    "zM2NyM3QtVG9rM24vV2l0aCtTaWducy00NzEx",
    "s3cr3t-Tok3n/With%2BSigns-4711",
];

#[test]
fn a_secret_reaches_the_kernel_and_no_file_and_no_terminal() {
    for arguments in [&["--json"][..], &[]] {
        let stage = Stage::new();
        let mut cells = vec!["token = 'none'"];
        cells.extend(LEAKS);
        let mut notebook = e2e::live::notebook("python3", &cells);
        notebook["cells"][0]["metadata"]["tags"] = json!(["parameters"]);
        stage.write("in.ipynb", notebook.to_string());
        let mut command = stage.command(place::nbpress());
        command.arg("run").args(arguments);
        command.args([
            "in.ipynb",
            "out.ipynb",
            "--secret",
            "token=env:TOK",
            "--allow-errors",
        ]);
        // Where IPython keeps its history.
        command
            .env("TOK", TOKEN)
            .env("IPYTHONDIR", stage.path("ipython"));
        let ended = Live::start(&mut command).end();
        assert_eq!(ended.exit, 0, "{}", ended.stderr);

        let output = stage.read("out.ipynb").to_string();
        assert!(output.contains(&format!("reached {DIGEST}")), "{output}");
        assert!(output.contains("refused: [secret token]"), "{output}");
        let mut places = all_bytes(&stage.path("."));
        assert!(places.len() > 3, "{places:?}");
        places.push(("stdout".into(), ended.stdout.join("\n").into_bytes()));
        places.push(("stderr".into(), ended.stderr.into_bytes()));
        for (path, bytes) in places {
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            for needle in NEEDLES {
                assert!(
                    !text.contains(&needle.to_lowercase()),
                    "`{needle}` is in {}",
                    path.display()
                );
            }
        }
    }
}
