//! What a server needs of its machine, its database, its stores and its proxy.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nbpress_runs::Store;
use nbpress_storage::{Location, Support};

use super::{Check, Problem, Verdict};
use crate::args;
use crate::configuration::{Configuration, Section, Values};
use crate::report::Fix;
use crate::settings::Settings;

/// File systems whose locks and syncs SQLite cannot rely on (statfs(2)): NFS, SMB, SMB2, CIFS.
const OF_THE_NETWORK: [i64; 4] = [0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42];

/// Fewer open files than this are soon used up by connections and kernels.
const OPEN_FILES: u64 = 4096;

/// Clocks may differ by this before times in logs, leases and tokens are wrong.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

/// How long a database or a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the unit of a service is.
const UNITS: [&str; 3] = [
    "/etc/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Everything about the server of this machine.
pub(super) async fn checks(settings: &Settings, named: Option<&Path>) -> Vec<Check> {
    let sections = Section::all(&args::command());
    let read = Configuration::read(settings, named, &sections);
    let read = read.and_then(|file| {
        let serve = sections.iter().find(|section| section.name == "serve");
        let values = serve
            .map(|section| file.values(settings, section))
            .transpose()?;
        Ok((file.path, values.unwrap_or_default()))
    });
    let (path, values) = match read {
        Ok(read) => read,
        Err(error) => {
            let fix = error.hint().map(Fix::advice).into_iter().collect();
            let reason = with_causes(&error);
            return vec![check(
                "settings",
                Verdict::Broken(Problem::new(reason, fix)),
            )];
        }
    };
    let file = path.map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
    let configured = Configured { settings, values };
    let mut checks = vec![check("settings", Verdict::Works(file))];
    checks.push(check("home", configured.home()));
    checks.push(check("database", configured.database().await));
    checks.extend(configured.stores().await);
    checks.push(check("address", configured.address().await));
    checks.extend(configured.names());
    checks.push(check("limits", control_groups()));
    checks.push(check("files", open_files()));
    checks.extend(unit());
    checks
}

fn check(what: &str, verdict: Verdict) -> Check {
    Check {
        what: what.to_owned(),
        verdict,
    }
}

fn works(fact: impl Into<String>) -> Verdict {
    Verdict::Works(fact.into())
}

fn broken(reason: impl Into<String>, fix: Fix) -> Verdict {
    Verdict::Broken(Problem::new(reason, vec![fix]))
}

fn note(reason: impl Into<String>, fix: Fix) -> Verdict {
    Verdict::Note(Problem::new(reason, vec![fix]))
}

struct Configured<'a> {
    settings: &'a Settings,
    values: Values,
}

impl Configured<'_> {
    fn texts(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], |value| &value.texts)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.texts(key).first().map(String::as_str)
    }

    fn is_on(&self, key: &str) -> bool {
        self.text(key) == Some("true")
    }

    /// The file of the database, where it is one.
    fn database_url(&self) -> String {
        let file = self.settings.home.join("nbpress.db");
        let given = self.text("database").map(str::to_owned);
        given.unwrap_or_else(|| format!("sqlite:{}", file.display()))
    }

    fn home(&self) -> Verdict {
        let home = &self.settings.home;
        let Ok(found) = rustix::fs::statfs(home) else {
            return works("not made yet");
        };
        let kind = found.f_type & 0xffff_ffff;
        if !OF_THE_NETWORK.contains(&kind) {
            return works(home.display().to_string());
        }
        let reason = format!("`{}` is on a file system of the network", home.display());
        let fix = "give NBPRESS_HOME a local disk, and use `database = \"postgres://…\"`";
        if self.database_url().starts_with("sqlite:") {
            broken(
                format!("{reason}, where SQLite may lose what it wrote"),
                Fix::advice(fix),
            )
        } else {
            note(
                reason,
                Fix::advice("a local disk is faster and locks reliably"),
            )
        }
    }

    async fn database(&self) -> Verdict {
        let url = self.database_url();
        if let Some(path) = url.strip_prefix("sqlite:")
            && !Path::new(path.trim_start_matches("//")).exists()
        {
            return works("made at the first start");
        }
        let before = Timestamp::now();
        let look = match tokio::time::timeout(PATIENCE, Store::look(&url)).await {
            Ok(Ok(look)) => look,
            Ok(Err(error)) => {
                let fix = error
                    .hint()
                    .map_or_else(|| Fix::advice("check `database`"), Fix::advice);
                return broken(with_causes(&error), fix);
            }
            Err(_) => {
                let fix = Fix::advice("check `database`, and whether a firewall is between");
                return broken("it does not answer", fix);
            }
        };
        let after = Timestamp::now();
        let skew = if look.now < before {
            before.duration_since(look.now)
        } else {
            look.now.duration_since(after)
        };
        let versions = (look.version, look.newest);
        if skew > SKEW {
            let reason = format!("its clock and this one differ by {} s", skew.as_secs());
            return broken(reason, Fix::advice("set both by NTP"));
        }
        match versions {
            (found, known) if found > known => {
                let reason =
                    format!("its tables are of version {found}, this program knows {known}");
                broken(reason, Fix::advice("use the newer nbpress"))
            }
            (found, known) if found < known => {
                let reason = format!(
                    "its tables are of version {found}, and become {known} at the next start"
                );
                note(reason, Fix::advice("make a backup before"))
            }
            (found, _) => works(format!("tables of version {found}")),
        }
    }

    /// Buckets, whose conditional writes decide who wins.
    async fn stores(&self) -> Vec<Check> {
        let storage = self.settings.storage();
        let mut checks = Vec::new();
        for key in ["folder", "records", "snapshots"] {
            let Some(text) = self.text(key) else {
                continue;
            };
            let location = match Location::parse(text) {
                Ok(location) => location,
                Err(error) => {
                    let fix = Fix::advice(format!("change `{key}`"));
                    checks.push(check(key, broken(error.to_string(), fix)));
                    continue;
                }
            };
            let verdict = match location.is_local() {
                Some(folder) if key == "folder" && !folder.is_dir() => broken(
                    format!("`{text}` is not a folder"),
                    Fix::command(format!("mkdir -p {text}")),
                ),
                Some(_) => works(text),
                None => match storage
                    .check_conditional_writes(&location.join("nbpress-doctor"))
                    .await
                {
                    Ok(Support::Enforced) => works(format!("{text}, conditional writes hold")),
                    Ok(Support::NotEnforced) => {
                        let fix = Fix::advice("use a store that honours `If-None-Match`");
                        broken(
                            format!(
                                "`{text}` ignores conditional writes: two servers overwrite each other"
                            ),
                            fix,
                        )
                    }
                    Err(error) => {
                        let fix = error
                            .hint()
                            .map_or_else(|| Fix::advice(format!("check `{key}`")), Fix::advice);
                        broken(with_causes(&error), fix)
                    }
                },
            };
            checks.push(check(key, verdict));
        }
        checks
    }

    async fn address(&self) -> Verdict {
        let text = self.text("listen").unwrap_or("127.0.0.1:7878");
        let Ok(address) = text.parse::<SocketAddr>() else {
            return works(text);
        };
        match TcpListener::bind(address) {
            Ok(_free) => works(format!("{address} is free")),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => occupied(address).await,
            Err(error) => broken(
                format!("{address} cannot be used: {error}"),
                Fix::advice("change `listen`"),
            ),
        }
    }

    /// Whether the names that clients use are those that the server answers to.
    fn names(&self) -> Option<Check> {
        let url = self.text("url")?;
        let (scheme, rest) = url.split_once("://")?;
        let name = rest.split(['/', ':']).next().unwrap_or_default();
        let local = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let verdict = if !local && !self.texts("host_name").iter().any(|known| known == name) {
            let fix = Fix::advice(format!("add it: `host_name = [\"{name}\"]`"));
            broken(
                format!("requests for `{name}`, the name in `url`, would be refused"),
                fix,
            )
        } else if scheme == "https" && !self.is_on("trusted_proxy") {
            let reason = "`url` is https, and the proxy's `X-Forwarded-Proto` is not believed: cookies are not secure";
            broken(
                reason,
                Fix::advice("set `trusted_proxy = true`, if nobody but the proxy reaches the port"),
            )
        } else {
            works(url)
        };
        Some(check("url", verdict))
    }
}

/// Who has the port.
async fn occupied(address: SocketAddr) -> Verdict {
    let host = if address.ip().is_unspecified() {
        IpAddr::from([127, 0, 0, 1])
    } else {
        address.ip()
    };
    let url = format!("http://{}/v1/health", SocketAddr::new(host, address.port()));
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build();
    let answer = match client {
        Ok(client) => client.get(url).send().await,
        Err(error) => Err(error),
    };
    let health = match answer {
        Ok(answer) => answer.bytes().await.ok(),
        Err(_) => None,
    };
    let health = health.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    match health
        .as_ref()
        .and_then(|health| health["version"].as_str())
    {
        Some(env!("CARGO_PKG_VERSION")) => works(format!("a server answers at {address}")),
        Some(version) => {
            let reason = format!("the server at {address} is nbpress {version}");
            note(reason, Fix::advice("restart it"))
        }
        None => broken(
            format!("another program has {address}"),
            Fix::advice("change `listen`"),
        ),
    }
}

/// Whether the limits of a kernel can hold for all it starts.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
fn control_groups() -> Verdict {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
    let folder = own.map(|own| Path::new("/sys/fs/cgroup").join(own));
    let can = folder.is_some_and(|folder| {
        rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).is_ok()
            && folder.join("cgroup.procs").exists()
    });
    if can {
        return works("control groups");
    }
    note(
        "no control group can be made here: limits hold for each process by itself",
        Fix::advice("as a service, set `Delegate=yes`"),
    )
}

fn open_files() -> Verdict {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    match limit {
        Some(limit) if limit < OPEN_FILES => note(
            format!("at most {limit} files may be open"),
            Fix::advice("`ulimit -n 65536`, or `LimitNOFILE=65536` in the service"),
        ),
        Some(limit) => works(limit.to_string()),
        None => works("any number"),
    }
}

/// The service, on machines that have services.
fn unit() -> Option<Check> {
    if !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let mut files = UNITS
        .iter()
        .map(|folder| Path::new(folder).join("nbpress.service"));
    let found = files.find(|file| file.is_file());
    let verdict = found.map_or_else(
        || note("no service", Fix::advice("deploy/nbpress.service is one")),
        |file| works(file.display().to_string()),
    );
    Some(check("service", verdict))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
