//! The connection file: where a kernel listens and the key that signs its messages.
//!
//! <https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files>

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How the channels are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP ports on `ip`.
    Tcp,
    /// Unix sockets named `<ip>-<port>`.
    Ipc,
}

/// The five channels of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Requests and their replies.
    Shell,
    /// Outputs and status, to everybody.
    Iopub,
    /// Questions of the kernel to the person.
    Stdin,
    /// Requests that must not wait behind a running cell.
    Control,
    /// Echo.
    Heartbeat,
}

impl Channel {
    /// The name clients use for it; the heartbeat is for none of them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Iopub => "iopub",
            Self::Stdin => "stdin",
            Self::Control => "control",
            Self::Heartbeat => "hb",
        }
    }

    /// The channel of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "shell" => Some(Self::Shell),
            "iopub" => Some(Self::Iopub),
            "stdin" => Some(Self::Stdin),
            "control" => Some(Self::Control),
            _ => None,
        }
    }
}

/// The content of a connection file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionInfo {
    /// `tcp` or `ipc`.
    pub transport: Transport,
    /// An address, or for `ipc` the path prefix of the sockets.
    pub ip: String,
    /// Port, or number of the socket file, of the shell channel.
    pub shell_port: u16,
    /// The same of iopub.
    pub iopub_port: u16,
    /// The same of stdin.
    pub stdin_port: u16,
    /// The same of control.
    pub control_port: u16,
    /// The same of heartbeat.
    pub hb_port: u16,
    /// Signs the messages; empty for none.
    #[serde(default)]
    pub key: String,
    /// Always `hmac-sha256` where there is a key.
    #[serde(default = "default_scheme")]
    pub signature_scheme: String,
    /// The kernelspec's name.
    #[serde(default)]
    pub kernel_name: String,
}

fn default_scheme() -> String {
    "hmac-sha256".to_owned()
}

/// An address a channel listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Host and port.
    Tcp(String, u16),
    /// Path of a Unix socket.
    Unix(PathBuf),
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "tcp://{host}:{port}"),
            Self::Unix(path) => write!(f, "ipc://{}", path.display()),
        }
    }
}

impl ConnectionInfo {
    /// Unix sockets in `folder`, which must be private to the user and short: a socket path holds
    /// at most 107 bytes on Linux.
    pub fn ipc(folder: &Path, key: String, kernel_name: &str) -> Self {
        let ip = folder.join("k").to_string_lossy().into_owned();
        Self::new(Transport::Ipc, ip, [1, 2, 3, 4, 5], key, kernel_name)
    }

    /// TCP ports on an address, in the order shell, iopub, stdin, control, heartbeat.
    pub fn tcp(ip: &str, ports: [u16; 5], key: String, kernel_name: &str) -> Self {
        Self::new(Transport::Tcp, ip.to_owned(), ports, key, kernel_name)
    }

    fn new(
        transport: Transport,
        ip: String,
        ports: [u16; 5],
        key: String,
        kernel_name: &str,
    ) -> Self {
        let [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
        Self {
            transport,
            ip,
            shell_port,
            iopub_port,
            stdin_port,
            control_port,
            hb_port,
            key,
            signature_scheme: default_scheme(),
            kernel_name: kernel_name.to_owned(),
        }
    }

    /// Where a channel listens.
    pub fn endpoint(&self, channel: Channel) -> Endpoint {
        let port = match channel {
            Channel::Shell => self.shell_port,
            Channel::Iopub => self.iopub_port,
            Channel::Stdin => self.stdin_port,
            Channel::Control => self.control_port,
            Channel::Heartbeat => self.hb_port,
        };
        match self.transport {
            Transport::Tcp => Endpoint::Tcp(self.ip.clone(), port),
            Transport::Ipc => Endpoint::Unix(PathBuf::from(format!("{}-{port}", self.ip))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_follow_jupyter_client() {
        let ipc = ConnectionInfo::ipc(Path::new("/run/x"), "k".into(), "python3");
        assert_eq!(ipc.endpoint(Channel::Iopub).to_string(), "ipc:///run/x/k-2");
        let tcp = ConnectionInfo::tcp("127.0.0.1", [10, 11, 12, 13, 14], String::new(), "ir");
        assert_eq!(
            tcp.endpoint(Channel::Control).to_string(),
            "tcp://127.0.0.1:13"
        );
    }

    #[test]
    fn a_file_with_unknown_fields_is_read() {
        let text = r#"{"shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5,
            "ip":"127.0.0.1","key":"a","transport":"tcp","signature_scheme":"hmac-sha256",
            "kernel_name":"","curve_publickey":"x","jupyter_session":"n.ipynb"}"#;
        let info: ConnectionInfo = serde_json::from_str(text).unwrap();
        assert_eq!(info.hb_port, 5);
    }
}
