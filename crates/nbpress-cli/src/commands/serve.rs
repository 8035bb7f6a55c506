//! `nbpress serve`: the server, its scheduler and a worker, in one process; and `nbpress runner`, which
//! that worker starts for each attempt.

mod configured;
mod lab;
mod openid;

use std::convert::Infallible;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use nbpress_contents::Workspace;
use nbpress_kernel::kernels::Kernels;
use nbpress_kernel::limits::Limits;
use nbpress_runs::store::NewWorker;
use nbpress_scheduler::attempt_folder::AttemptFolder;
use nbpress_scheduler::clockwork::Clockwork;
use nbpress_scheduler::coordinator::Local;
use nbpress_scheduler::courier::Courier;
use nbpress_scheduler::notify::{Deliverer, DeliverySettings};
use nbpress_scheduler::records::Records;
use nbpress_scheduler::runner::{self, is_the_servers};
use nbpress_scheduler::snapshot::SnapshotStore;
use nbpress_scheduler::wake::Wake;
use nbpress_scheduler::worker::{Complaint, Worker, WorkerSettings};
use nbpress_server::{Configured, JupyterSettings, OpenId, Server, ServerSettings, Sessions};
use nbpress_storage::Location;
use nbpress_trace::Tracer;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::api::ServerFile;
use crate::commands::remote_worker::hold;
use crate::commands::run::{parse_cpus, parse_duration, parse_size};
use crate::configuration::WITHOUT_VALUE;
use crate::exit_code;
use crate::logging::LogArgs;
use crate::memory;
use crate::printer::{Printer, Style};
use crate::service::Service;
use crate::settings::Settings;
use crate::signals;
use crate::traces::TraceArgs;

/// How long the parts of a server may take to end: clients are told, requests answered.
const PARTING: Duration = Duration::from_secs(3);

/// Run the server: jobs, schedules, a worker, a folder of notebooks.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// Notebooks to serve to Jupyter's clients and to readers: a folder or `s3://…`; none when absent.
    #[arg(value_name = "FOLDER")]
    folder: Option<String>,
    /// What the paths of every request begin with.
    #[arg(long, value_name = "PATH", default_value = "/")]
    base_url: String,
    /// Serve JupyterLab at `/lab`: the one installed in the Python environment PATH [default: the first found].
    #[arg(long, value_name = "PATH", require_equals = true, num_args = 0..=1, default_missing_value = WITHOUT_VALUE)]
    lab: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// `sqlite:/path/file.db` or `postgres://…` [default: a file in `NBPRESS_HOME`].
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The most runs at the same time on this machine [default: the number of processors].
    #[arg(long, value_name = "N")]
    slots: Option<u16>,
    /// Schedule and answer, and leave running to other workers.
    #[arg(long)]
    no_worker: bool,
    /// Where snapshots are kept: a folder or `s3://…` [default: a folder in `NBPRESS_HOME`].
    #[arg(long, value_name = "LOCATION")]
    snapshots: Option<String>,
    /// Where records of runs that are over are kept besides this machine, for other servers and for the day
    /// its disk is lost: a folder or `s3://…` [default: nowhere].
    #[arg(long, value_name = "LOCATION")]
    records: Option<String>,
    /// A name this server may be called by, besides those of this machine (repeatable).
    #[arg(long, value_name = "NAME")]
    host_name: Vec<String>,
    /// Believe `X-Forwarded-Proto`, because nobody but a proxy can reach this server.
    #[arg(long)]
    trusted_proxy: bool,
    /// Shut down kernels that were idle for so long with nobody connected: `8h` [default: never].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    cull_idle: Option<Duration>,
    /// Most memory an interactive kernel and all it starts may hold: `512MiB`, `2GiB` [default: no limit].
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    kernel_memory: Option<u64>,
    /// Processors an interactive kernel and all it starts may use: `1`, `1.5` [default: all].
    #[arg(long, value_name = "NUMBER", value_parser = parse_cpus)]
    kernel_cpus: Option<f64>,
    /// How long a worker may be silent before its runs are given to others: `30s`, `2m`.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_lease)]
    lease: Duration,
    /// What links in notices begin with.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Who sends mail.
    #[arg(long, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// `smtp://user:password@host:587`: the server that takes mail. A setting, because others see flags.
    #[arg(long, value_name = "URL", hide = true)]
    smtp: Option<String>,
    /// What clients must say. A setting, because others see flags.
    #[arg(long, value_name = "TEXT", hide = true)]
    token: Option<String>,
    #[command(flatten)]
    openid: openid::OpenIdArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    traces: TraceArgs,
    /// The file of settings [default: `NBPRESS_CONFIG`, or the first `nbpress.toml` found].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command and returns its exit code.
pub(crate) async fn serve(
    printer: Printer,
    settings: &Settings,
    args: &ServeArgs,
) -> anyhow::Result<u8> {
    args.log.begin(printer);
    let (mut signal, _listening) = signals::listen().context("failed to listen for signals")?;
    let (sender, stop) = watch::channel(false);
    let traces = args.traces.begin(settings, "nbpress")?;
    let mut parts = parts(settings, args).await?;
    parts.tracer = traces.tracer.clone();
    let address = parts.listener.local_addr()?;
    let file = write_server_file(settings, address, &parts.token)?;
    if args.log.for_programs() {
        let (version, database) = (env!("CARGO_PKG_VERSION"), parts.store.place());
        tracing::info!(%address, version, %database, home = %settings.home.display(), "serving");
    } else {
        announce(printer, settings, &parts, address, &file);
    }
    let mut tasks = parts.start(&stop);
    let service = Arc::new(Service::of(settings));
    service.say("READY=1");
    tasks.spawn(watchdog(Arc::clone(&service), stop.clone()));
    tasks.spawn(until(stop.clone(), memory::give_back()));
    let failed = tokio::select! {
        stopped = signal.wait_for(|stop| stop.times > 0) => {
            drop(stopped);
            None
        }
        Some(ended) = tasks.join_next() => Some(ended),
    };
    service.say("STOPPING=1");
    sender.send_replace(true);
    let parted = tokio::time::timeout(PARTING, async {
        while tasks.join_next().await.is_some() {}
    });
    if parted.await.is_err() {
        tasks.shutdown().await;
    }
    traces.finish().await;
    let _gone = std::fs::remove_file(&file);
    match failed {
        None => {
            let stopped = "stopped; runs that are on go on, and the next server finds them";
            if args.log.for_programs() {
                tracing::info!("{stopped}");
            } else {
                printer.say(stopped);
            }
            Ok(exit_code::OK)
        }
        Some(ended) => ended
            .context("a part of the server broke off")?
            .map(|()| exit_code::OK),
    }
}

/// Does what has no end until the server stops.
async fn until(
    mut stop: watch::Receiver<bool>,
    endless: impl Future<Output = Infallible>,
) -> anyhow::Result<()> {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => Ok(()),
        never = endless => match never {},
    }
}

/// Tells the service manager that this process still does what it is woken for.
async fn watchdog(service: Arc<Service>, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let every = service.watchdog.unwrap_or(Duration::MAX);
    while tokio::time::timeout(every, stop.wait_for(|stop| *stop))
        .await
        .is_err()
    {
        service.say("WATCHDOG=1");
    }
    Ok(())
}

/// Says to people where the server is and how they sign in.
fn announce(
    printer: Printer,
    settings: &Settings,
    parts: &Parts,
    address: SocketAddr,
    file: &Path,
) {
    printer.say(&format!(
        "{}  http://{address}  (stop with Ctrl-C)",
        printer.paint(Style::Bold, "nbpress serves"),
    ));
    if let Some(jupyter) = &parts.jupyter {
        let base = jupyter.base_url.trim_end_matches('/');
        // A person needs the token to sign in; the log of a service must not have it.
        let link = if printer.is_terminal() {
            format!("http://{address}{base}/?token={}", parts.token)
        } else {
            let file = file.display();
            format!("http://{address}{base}/  (the token is in {file})")
        };
        printer.say(&format!("  open       {link}"));
    }
    printer.say(&format!("  database   {}", parts.store.place()));
    printer.say(&format!("  home       {}", settings.home.display()));
}

/// Everything a server consists of, opened and not yet started.
struct Parts {
    listener: tokio::net::TcpListener,
    token: String,
    store: nbpress_runs::Store,
    records: Records,
    snapshots: SnapshotStore,
    worker: Option<(WorkerSettings, File)>,
    deliverer: Deliverer,
    hosts: Vec<String>,
    pool: PathBuf,
    jupyter: Option<JupyterSettings>,
    openid: Option<OpenId>,
    index: nbpress_search::Index,
    cull_idle: Option<Duration>,
    lease: Duration,
    tracer: Tracer,
    configured: Vec<Configured>,
    complain: Complaint,
}

async fn parts(settings: &Settings, args: &ServeArgs) -> anyhow::Result<Parts> {
    let deliverer = deliverer(settings, args)?;
    let here = settings.store()?;
    let url = database_url(settings, args);
    // Each waits for the disk when it makes its files.
    let (store, index) = tokio::try_join!(
        async { anyhow::Ok(nbpress_runs::Store::open(&url).await?) },
        async {
            let file = settings.home.join("search.sqlite");
            anyhow::Ok(nbpress_search::Index::open(&file).await?)
        },
    )?;
    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("failed to listen on {}", args.listen))?;
    let base = match &args.snapshots {
        Some(location) => Location::parse(location)?,
        None => Location::parse(&settings.home.join("snapshots").to_string_lossy())?,
    };
    let storage = Arc::new(settings.storage());
    let snapshots = SnapshotStore::new(Arc::clone(&storage), &base);
    let mut records = Records::open(here.clone())?;
    if let Some(location) = args.records.as_deref() {
        records = records.with_archive(storage, Location::parse(location)?);
    }
    let complain: Complaint = Arc::new(|text| tracing::warn!("{text}"));
    Ok(Parts {
        listener,
        token: token(settings, args)?,
        worker: (!args.no_worker)
            .then(|| {
                anyhow::Ok((
                    worker_settings(settings, args.slots, here)?,
                    hold(&settings.home.join("attempts"))?,
                ))
            })
            .transpose()?,
        deliverer,
        hosts: args.host_name.clone(),
        pool: settings.pool_socket(),
        jupyter: jupyter(settings, args).await?,
        openid: args
            .openid
            .provider(args.url.as_deref(), args.folder.is_some())?,
        index,
        cull_idle: args.cull_idle,
        lease: args.lease,
        tracer: Tracer::default(),
        configured: configured::configured(settings, args.config.as_deref())?,
        store,
        records,
        snapshots,
        complain,
    })
}

impl Parts {
    fn start(self, stop: &watch::Receiver<bool>) -> JoinSet<anyhow::Result<()>> {
        let wake = Wake::default();
        let mut tasks = JoinSet::new();
        let kernels = self.jupyter.as_ref().map(|jupyter| jupyter.kernels.clone());
        let mut server = Server::new(ServerSettings {
            store: self.store.clone(),
            snapshots: self.snapshots.clone(),
            records: self.records.clone(),
            token: self.token,
            hosts: self.hosts,
            wake: wake.clone(),
            pool: Some(self.pool),
            jupyter: self.jupyter,
        })
        .with_search(self.index)
        .with_configured(self.configured)
        .with_tracer(self.tracer.clone());
        if let Some(openid) = self.openid {
            server = server.with_openid(openid);
        }
        let (listener, stopped) = (self.listener, stop.clone());
        tasks.spawn(async move { Ok(server.serve(listener, stopped).await?) });
        if let (Some(kernels), Some(idle)) = (kernels, self.cull_idle) {
            let stopped = stop.clone();
            tasks.spawn(async move {
                cull(kernels, idle, stopped).await;
                Ok(())
            });
        }
        let clockwork = Clockwork::new(
            self.store.clone(),
            self.records.clone(),
            wake.clone(),
            Arc::clone(&self.complain),
        )
        .with_lease(self.lease);
        let stopped = stop.clone();
        tasks.spawn(async move {
            clockwork.run(stopped).await;
            Ok(())
        });
        let courier = Courier::new(self.store.clone(), self.records.clone(), self.deliverer);
        let (complain, stopped) = (Arc::clone(&self.complain), stop.clone());
        tasks.spawn(async move {
            courier.run(complain, stopped).await;
            Ok(())
        });
        if let Some((settings, held)) = self.worker {
            let coordinator = Local::new(self.store, self.snapshots, self.records, wake);
            let worker = Worker::new(coordinator, settings, self.complain).with_tracer(self.tracer);
            let stopped = stop.clone();
            tasks.spawn(async move {
                worker.run(stopped).await;
                drop(held);
                Ok(())
            });
        }
        tasks
    }
}

/// What is served of a folder or a bucket.
async fn jupyter(settings: &Settings, args: &ServeArgs) -> anyhow::Result<Option<JupyterSettings>> {
    let Some(folder) = &args.folder else {
        return Ok(None);
    };
    let mut location = Location::parse(folder)?;
    let root = if let Some(folder) = location.is_local() {
        let root = served_folder(settings, folder)?;
        location = Location::parse(&root.to_string_lossy())?;
        root
    } else {
        let scratch = settings.home.join("scratch");
        std::fs::create_dir_all(&scratch)
            .with_context(|| format!("failed to make `{}`", scratch.display()))?;
        scratch
    };
    let history = Location::parse(&settings.home.join("history").to_string_lossy())?;
    let storage = Arc::new(settings.storage());
    let workspace = Workspace::open(storage, &location, &history).await?;
    let program = std::env::current_exe().context("failed to find this program")?;
    let folder = settings.home.join("kernels");
    let mut environment = settings.environment.clone();
    environment.retain(|name, _| !is_the_servers(name));
    let kernels = Kernels::open(&folder, program, settings.finder(), environment.clone());
    let state = settings.home.join("jupyter");
    let sessions = Sessions::open(&state)
        .with_context(|| format!("failed to use the folder `{}`", state.display()))?;
    Ok(Some(JupyterSettings {
        workspace,
        kernels: kernels.await?.limited_to(Limits {
            memory_bytes: args.kernel_memory,
            cpus: args.kernel_cpus,
            ..Limits::default()
        }),
        sessions,
        base_url: format!("/{}", args.base_url.trim_matches('/')),
        finder: settings.finder(),
        root,
        state,
        environment,
        programs: vec![settings.private_python().join("bin")],
        guard: std::env::current_exe().ok(),
        trusted_proxy: args.trusted_proxy,
        lab: args
            .lab
            .as_ref()
            .map(|given| lab::find(settings, given))
            .transpose()?,
    }))
}

/// A folder that may be served: it must hold nothing of the server's own state.
fn served_folder(settings: &Settings, folder: &Path) -> anyhow::Result<PathBuf> {
    let root = folder
        .canonicalize()
        .with_context(|| format!("failed to serve `{}`", folder.display()))?;
    anyhow::ensure!(root.is_dir(), "`{}` is not a folder", root.display());
    let home = settings
        .home
        .canonicalize()
        .unwrap_or_else(|_| settings.home.clone());
    // Hidden folders are never served: a person may serve all that is theirs.
    let shown = home.strip_prefix(&root).is_ok_and(|inside| {
        !inside
            .components()
            .any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
    });
    anyhow::ensure!(
        !shown && !root.starts_with(&home),
        "the folder `{}` would show the server's own state `{}`; set NBPRESS_HOME to a place outside",
        root.display(),
        home.display()
    );
    Ok(root)
}

/// Shuts down kernels that have been idle for that long, while nobody is connected to them.
async fn cull(kernels: Kernels, idle: Duration, mut stop: watch::Receiver<bool>) {
    let between_looks = (idle / 4).max(Duration::from_secs(1));
    let mut stopped = async move || stop.wait_for(|stop| *stop).await.is_ok();
    while tokio::time::timeout(between_looks, stopped())
        .await
        .is_err()
    {
        kernels.cull(idle, false).await;
    }
}

/// Workers are heard every two seconds: less would give up those that are well.
fn parse_lease(text: &str) -> Result<Duration, String> {
    let lease = parse_duration(text)?;
    if lease < Duration::from_secs(3) {
        return Err("write `3s` or more".to_owned());
    }
    Ok(lease)
}

fn database_url(settings: &Settings, args: &ServeArgs) -> String {
    let default = || format!("sqlite:{}", settings.home.join("nbpress.db").display());
    args.database.clone().unwrap_or_else(default)
}

/// A worker of this machine. Its name stays the same, so that it finds its runs after it was killed.
pub(crate) fn worker_settings(
    settings: &Settings,
    slots: Option<u16>,
    records: nbpress_record::Store,
) -> anyhow::Result<WorkerSettings> {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let id = kept(&settings.home.join("worker-id"), || {
        format!("worker-{}", random_text(8))
    })?;
    let mut environment = settings.environment.clone();
    // A runner's variables can be read by what it runs. Secrets of channels are for jobs that name them.
    environment.retain(|name, _| name.starts_with("NBPRESS_SECRET_") || !is_the_servers(name));
    environment.insert(
        "NBPRESS_HOME".to_owned(),
        settings.home.display().to_string(),
    );
    let slots = slots.map_or(cpus, usize::from).max(1);
    Ok(WorkerSettings {
        introduction: NewWorker {
            name: host.clone(),
            host,
            id,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            slots: i64::try_from(slots)?,
            // Slots are what a person asked for; more of them than processors share these.
            cpus: cpus.max(slots) as f64,
            memory_bytes: memory_bytes(),
        },
        attempts: settings.home.join("attempts"),
        records,
        program: std::env::current_exe().context("failed to find this program")?,
        environment,
    })
}

fn memory_bytes() -> i64 {
    let info = rustix::system::sysinfo();
    let bytes = u128::from(info.totalram) * u128::from(info.mem_unit);
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn deliverer(settings: &Settings, args: &ServeArgs) -> anyhow::Result<Deliverer> {
    let deliverer = Deliverer::new(DeliverySettings {
        smtp: args.smtp.clone(),
        mail_from: args.mail_from.clone(),
        environment: settings.environment.clone(),
        secret_folders: vec![settings.home.join("secrets")],
        link_base: args.url.clone(),
        ..DeliverySettings::default()
    });
    deliverer.map_err(|error| {
        let setting = match error.field() {
            "link_base" => "url",
            "mail_from" => "mail_from",
            _ => "smtp",
        };
        anyhow::Error::new(error).context(format!("`{setting}` cannot be used"))
    })
}

/// What clients must say: made once, readable by this person only.
fn token(settings: &Settings, args: &ServeArgs) -> anyhow::Result<String> {
    if let Some(token) = &args.token {
        return Ok(token.clone());
    }
    kept(&settings.home.join("token"), || random_text(43))
}

/// A text that is made once and then kept in a file.
fn kept(path: &Path, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    let doing = || format!("failed to keep `{}`", path.display());
    #[expect(clippy::disallowed_methods, reason = "our own state, never a notebook")]
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(doing),
    }
    let text = make();
    write_privately(path, text.as_bytes()).with_context(doing)?;
    Ok(text)
}

fn write_privately(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let unfinished = path.with_extension("new");
    let _earlier = std::fs::remove_file(&unfinished);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&unfinished, path)
}

/// Letters and digits nobody can guess: each stands for six bits of the system's random numbers.
fn random_text(length: usize) -> String {
    const LETTERS: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZab";
    let mut text = String::new();
    while text.len() < length {
        let bytes = *uuid::Uuid::new_v4().as_bytes();
        // Two bytes of a random UUID say its version.
        let random = bytes
            .iter()
            .enumerate()
            .filter(|(at, _)| ![6, 8].contains(at));
        text.extend(random.map(|(_, byte)| char::from(LETTERS[usize::from(byte & 63)])));
    }
    text.truncate(length);
    text
}

fn write_server_file(
    settings: &Settings,
    address: SocketAddr,
    token: &str,
) -> anyhow::Result<PathBuf> {
    let path = ServerFile::path(settings);
    let host = if address.ip().is_unspecified() {
        format!("127.0.0.1:{}", address.port())
    } else {
        address.to_string()
    };
    let file = ServerFile {
        url: format!("http://{host}"),
        token: token.to_owned(),
        pid: std::process::id(),
    };
    let bytes = serde_json::to_vec_pretty(&file)?;
    write_privately(&path, &bytes)
        .with_context(|| format!("failed to write `{}`", path.display()))?;
    Ok(path)
}

/// Execute one attempt: what a worker starts.
#[derive(Debug, Args)]
pub(crate) struct RunnerArgs {
    /// The attempt's folder.
    folder: PathBuf,
}

/// Runs the command and returns its exit code.
pub(crate) async fn runner(
    printer: Printer,
    settings: &Settings,
    args: &RunnerArgs,
) -> anyhow::Result<u8> {
    let (stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let folder = AttemptFolder::at(&args.folder);
    let context = settings.context()?;
    let ran = Box::pin(runner::run(&folder, context, &settings.environment, stop)).await;
    match ran {
        Ok(finished) => Ok(exit_code::of_finished(&finished)),
        Err(refused) => {
            printer.say(&refused.reason);
            Ok(exit_code::USAGE)
        }
    }
}
