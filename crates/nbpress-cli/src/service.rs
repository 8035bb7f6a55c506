//! What the service manager that started this process is told (<https://www.freedesktop.org/software/systemd/man/sd_notify.html>).

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::settings::Settings;

/// The manager, where there is one that wants to know.
#[derive(Debug, Default)]
pub(crate) struct Service {
    manager: Option<SocketAddr>,
    /// How often it wants to hear that all is well.
    pub(crate) watchdog: Option<Duration>,
}

impl Service {
    /// The manager of this process. One that cannot be reached counts as none: a server works without it.
    pub(crate) fn of(settings: &Settings) -> Self {
        let name = settings.get("NOTIFY_SOCKET");
        let manager = name.and_then(|name| match name.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name).ok(),
            None => SocketAddr::from_pathname(name).ok(),
        });
        let own = std::process::id().to_string();
        let is_ours = settings.get("WATCHDOG_PID").is_none_or(|pid| pid == own);
        let interval = settings
            .get("WATCHDOG_USEC")
            .and_then(|text| text.parse().ok());
        Self {
            manager,
            watchdog: interval
                .filter(|_| is_ours)
                .map(|interval| Duration::from_micros(interval) / 2),
        }
    }

    /// Says `READY=1`, `STOPPING=1` or `WATCHDOG=1`.
    pub(crate) fn say(&self, state: &str) {
        if let Err(error) = self.try_saying(state) {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "the service manager does not listen");
        }
    }

    fn try_saying(&self, state: &str) -> io::Result<()> {
        let Some(manager) = &self.manager else {
            return Ok(());
        };
        UnixDatagram::unbound()?
            .send_to_addr(state.as_bytes(), manager)
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter();
        Settings {
            environment: variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            home: "/home".into(),
        }
    }

    #[test]
    fn the_manager_hears_what_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let own = std::process::id().to_string();
        let socket = ("NOTIFY_SOCKET", path.to_str().unwrap());
        let service = Service::of(&settings(&[
            socket,
            ("WATCHDOG_USEC", "3000000"),
            ("WATCHDOG_PID", &own),
        ]));
        assert_eq!(service.watchdog, Some(Duration::from_millis(1500)));
        service.say("READY=1");
        let mut heard = [0; 32];
        let length = manager.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1");
    }

    #[test]
    fn nobody_listens_and_nothing_happens() {
        for variables in [
            &[][..],
            &[
                ("NOTIFY_SOCKET", "/no/such"),
                ("WATCHDOG_USEC", "1000"),
                ("WATCHDOG_PID", "1"),
            ],
        ] {
            let service = Service::of(&settings(variables));
            assert_eq!(service.watchdog, None);
            service.say("READY=1");
        }
    }
}
