//! A terminal with a program in it: what it prints is interpreted, what is typed reaches it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};

use e2e::live::Stage;
use e2e::place;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Nothing a test waits for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// More lines than any test prints.
const ALL_ROWS: u16 = 1000;

/// A pseudo terminal whose only session is one `nbpress`.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    printed: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// The same without its size: here a line that is too long shows.
    paper: vt100::Parser,
    columns: u16,
    /// Every byte printed.
    pub(crate) bytes: Vec<u8>,
}

/// What is left when the program has ended.
pub(crate) struct Left {
    /// The exit code; 128 + number for a signal.
    pub(crate) exit: i32,
    /// The last rows.
    pub(crate) screen: String,
    /// All lines, also those that have left the screen.
    pub(crate) all: String,
    pub(crate) bytes: Vec<u8>,
}

/// `nbpress` with the surroundings of a stage, as a person's shell would start it.
pub(crate) fn nbpress(stage: &Stage, arguments: &[&str]) -> Command {
    plain(&mut stage.command(place::nbpress()), arguments)
}

/// The same in a session of its own, whose terminal is its standard input.
fn in_session(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = stage.command("setsid");
    command.arg("--ctty").arg(place::nbpress());
    plain(&mut command, arguments)
}

fn plain(command: &mut Command, arguments: &[&str]) -> Command {
    let mut plain = Command::new(command.get_program());
    plain.args(command.get_args()).args(arguments);
    plain.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        plain.env(name, value.unwrap());
    }
    plain
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env("TERM", "xterm-256color")
        .env("TZ", "UTC")
        // Relative, so that folders print the same wherever the stage is.
        .env("JUPYTER_PATH", "jupyter");
    plain
}

impl Terminal {
    /// Starts `nbpress` in a terminal of 24 rows.
    pub(crate) fn start(stage: &Stage, columns: u16, arguments: &[&str]) -> Self {
        Self::start_with(in_session(stage, arguments), columns)
    }

    /// The same with `NO_COLOR`.
    pub(crate) fn start_without_colour(stage: &Stage, columns: u16, arguments: &[&str]) -> Self {
        let mut command = in_session(stage, arguments);
        command.env("NO_COLOR", "1");
        Self::start_with(command, columns)
    }

    /// The same with the real kernels.
    pub(crate) fn start_with_kernels(stage: &Stage, columns: u16, arguments: &[&str]) -> Self {
        let mut command = in_session(stage, arguments);
        command.env("JUPYTER_PATH", place::reference().join("jupyter"));
        Self::start_with(command, columns)
    }

    fn start_with(mut command: Command, columns: u16) -> Self {
        let (ours, theirs) = pair(24, columns);
        let child = command
            .stdin(theirs.try_clone().unwrap())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs)
            .spawn()
            .unwrap();
        // The command holds copies of the terminal's other side: without them its end can be seen.
        drop(command);
        let keyboard = File::from(ours.try_clone().unwrap());
        let mut reader = File::from(ours);
        let (sender, printed) = channel();
        spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            printed,
            screen: vt100::Parser::new(24, columns, 0),
            paper: vt100::Parser::new(ALL_ROWS, 1000, 0),
            columns,
            bytes: Vec::new(),
        }
    }

    /// Types keys.
    pub(crate) fn type_keys(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }

    /// The screen as soon as it is as wanted.
    pub(crate) fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.printed.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => {
                    self.child.kill().ok();
                    panic!("{why}: the screen never was as wanted:\n{screen}")
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.paper.process(bytes);
        self.bytes.extend_from_slice(bytes);
    }

    /// Waits for the end, and checks that no line was wider than the terminal.
    pub(crate) fn end(mut self) -> Left {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.printed.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().ok();
                    panic!("it never ended:\n{}", self.screen.screen().contents())
                }
            }
        }
        let status = self.child.wait().unwrap();
        let all = self.paper.screen().contents();
        let wide = |column: u16| {
            move |row: &u16, screen: &vt100::Screen| {
                screen
                    .cell(*row, column)
                    .is_some_and(vt100::Cell::has_contents)
            }
        };
        let paper = self.paper.screen();
        let too_wide: Vec<String> = (0..ALL_ROWS)
            .filter(|row| wide(self.columns)(row, paper))
            .filter_map(|row| paper.rows(0, 1000).nth(row.into()))
            .collect();
        assert!(
            too_wide.is_empty(),
            "wider than {} columns: {too_wide:#?}",
            self.columns
        );
        Left {
            exit: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            screen: self.screen.screen().contents(),
            all,
            bytes: self.bytes,
        }
    }
}

/// Both sides of a new pseudo terminal.
fn pair(rows: u16, columns: u16) -> (OwnedFd, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&ours, size).unwrap();
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let theirs = ioctl_tiocgptpeer(&ours, flags).unwrap();
    (ours, theirs)
}

/// Compares a text with its snapshot; what differs from run to run and machine to machine is replaced
/// by something as wide.
pub(crate) fn assert_screen(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, replacement) in [
        (r"run_[0-9a-z]{26}", "run_00000000000000000000000000"),
        (r"[^\s`]*/nbpress-e2e-[0-9A-Za-z]{6}", "[stage]"),
        (
            r"swp_[0-9a-f]{16}-[0-9a-f]{12}",
            "swp_0000000000000000-000000000000",
        ),
        (r"\b\d\.\d s\b", "0.0 s"),
        // On a busy machine.
        (r"\b(in|took) \d\d s\b", "$1 0.0 s"),
        (r"(?m) \d\d s$", "0.0 s"),
        (r"\b\d{2,} ms\b", "000 ms"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-31 12:00:00"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d\b", "2026-01-31 12:00"),
        (r"\b\d\d-\d\d \d\d:\d\d\b", "01-31 12:00"),
        (r"kept until \d\d:\d\d", "kept until 12:00"),
        (r"\S+/json/decoder.py:\d+", "[python]/json/decoder.py:355"),
        // A kernel the machine has besides those of the stage.
        (r"gone, ir, testkernel", "gone, testkernel"),
        (r"sudo apt-get", "apt-get"),
        (r"\d+ MiB at most", "50 MiB at most"),
        (r"ipython \d[0-9.]*", "ipython 9.0.0"),
        (r"python 3[0-9.]*", "python 3.14.0"),
        (r"Linux \S+ [^\s,]+", "Linux 6.0.0 x86_64"),
        (r"nbpress 0\.\d+\.\d+", "nbpress 0.1.0"),
        (r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "⠋"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}
