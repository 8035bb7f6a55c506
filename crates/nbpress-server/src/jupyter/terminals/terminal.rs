//! One terminal: its shell, and the clients that share it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use nbpress_kernel::pty::Pty;
use tokio::sync::{mpsc, watch};

use super::screen::Screen;

/// Orders on their way to the shell; who types faster than it reads waits.
const BUFFER: usize = 16;

/// What clients see of a terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    pub(crate) name: String,
    pub(crate) screen: Screen,
    orders: mpsc::Sender<Order>,
    /// Not an order, which would have to wait for a shell that reads nothing.
    ending: watch::Sender<bool>,
    last_activity: AtomicI64,
    clients: Mutex<BTreeMap<u64, Size>>,
    next_client: AtomicU64,
}

/// Rows and columns of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
}

/// What the shell's task is to do.
#[derive(Debug)]
pub(crate) enum Order {
    Type(String),
    Resize(Size),
}

impl Terminal {
    /// A terminal, and the orders that [`run`] is to carry out.
    pub(crate) fn new(name: String) -> (Self, mpsc::Receiver<Order>) {
        let (orders, receiver) = mpsc::channel(BUFFER);
        let terminal = Self {
            name,
            screen: Screen::new(),
            orders,
            ending: watch::Sender::new(false),
            last_activity: AtomicI64::new(Timestamp::now().as_microsecond()),
            clients: Mutex::default(),
            next_client: AtomicU64::new(0),
        };
        (terminal, receiver)
    }

    /// When something was last typed or printed.
    pub(crate) fn last_activity(&self) -> Timestamp {
        let micros = self.last_activity.load(Ordering::Relaxed);
        Timestamp::from_microsecond(micros).unwrap_or_default()
    }

    /// Something is typed or printed now.
    pub(crate) fn touch(&self) {
        let now = Timestamp::now().as_microsecond();
        self.last_activity.store(now, Ordering::Relaxed);
    }

    /// One more client.
    pub(crate) fn enter(&self) -> Client<'_> {
        Client {
            terminal: self,
            number: self.next_client.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Types for a client.
    pub(crate) async fn type_in(&self, text: String) {
        let _ended = self.orders.send(Order::Type(text)).await;
    }

    /// A client's window has this size; the terminal gets the largest that fits into all of them.
    pub(crate) async fn resize(&self, client: u64, size: Size) {
        let fits = self.fit(|clients| {
            clients.insert(client, size);
        });
        if let Some(size) = fits {
            let _ended = self.orders.send(Order::Resize(size)).await;
        }
    }

    fn fit(&self, change: impl FnOnce(&mut BTreeMap<u64, Size>)) -> Option<Size> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut clients);
        Some(Size {
            rows: clients.values().map(|size| size.rows).min()?,
            columns: clients.values().map(|size| size.columns).min()?,
        })
    }

    /// Ends the shell with all that it started, and waits for that.
    pub(crate) async fn end(&self) {
        self.ending.send_replace(true);
        self.screen.ended().await;
    }
}

/// A client for as long as it is there.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    terminal: &'a Terminal,
    number: u64,
}

impl Client<'_> {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        let fits = self.terminal.fit(|clients| {
            clients.remove(&self.number);
        });
        if let Some(size) = fits {
            // A shell that is busy keeps the smaller size for a while.
            let _full = self.terminal.orders.try_send(Order::Resize(size));
        }
    }
}

/// A shell's whole life: reads what it prints while it is typed into, until it or an order ends it.
pub(crate) async fn run(pty: Pty, mut orders: mpsc::Receiver<Order>, terminal: &Terminal) {
    let mut ending = terminal.ending.subscribe();
    let mut buffer = vec![0; 64 << 10];
    let mut typed: Vec<u8> = Vec::new();
    loop {
        tokio::select! {
            read = pty.read(&mut buffer) => match read {
                Ok(read @ 1..) => terminal.screen.print(&buffer[..read]),
                Ok(0) | Err(_) => break,
            },
            // Never only one of both: a shell may print before it reads on.
            written = pty.write(&typed), if !typed.is_empty() => match written {
                Ok(written) => drop(typed.drain(..written)),
                Err(_) => break,
            },
            order = orders.recv(), if typed.is_empty() => match order {
                Some(Order::Type(text)) => typed = text.into_bytes(),
                Some(Order::Resize(size)) => {
                    let _gone = pty.resize(size.rows, size.columns);
                }
                None => break,
            },
            _ended = ending.wait_for(|ending| *ending) => break,
        }
    }
    pty.end().await;
}
