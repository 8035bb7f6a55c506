//! Jupyter messages: types, signing, ZeroMQ and WebSocket framing, connection files and kernelspecs.
//!
//! What lives here: bytes in, typed views out. What does not: sockets, processes, files, async.
//! A message keeps its content as the bytes the kernel sent, because real kernels send fields and
//! values no fixed struct foresees (null parent headers, missing dates, NaN); a view is parsed on
//! demand and a view that fails to parse loses nothing.
//!
//! Specifications: <https://jupyter-client.readthedocs.io/en/stable/messaging.html>,
//! <https://rfc.zeromq.org/spec/23/> (ZMTP 3.0).

pub mod connection;
pub mod content;
pub mod kernelspec;
pub mod message;
pub mod parts;
pub mod websocket;
pub mod zmtp;

pub use connection::{Channel, ConnectionInfo, Endpoint, Transport};
pub use kernelspec::{InterruptMode, KernelSpec};
pub use message::{Header, Message, MessageError, Session, Signer};
pub use parts::{Label, Parts};
