//! Those who connect to a host, and what each gets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use nbpress_protocol::{Channel, Parts};
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::exchange::{Exchange, Joined};
use super::keeper::Order;
use super::link::{self, LinkReader, LinkWriter};
use super::wire::{Answer, Command, Frame, Hello};

/// How often those who watch hear of what changes with every message.
const REFRESH: Duration = Duration::from_secs(1);
/// How long the last words to those connected may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves connections.
pub(super) struct Front {
    listener: UnixListener,
    visitors: JoinSet<()>,
    visited: Visited,
}

/// What each connection is served with.
#[derive(Clone)]
struct Visited {
    exchange: Arc<Exchange>,
    orders: mpsc::Sender<Order>,
    /// Becomes true when the kernel has been shut down.
    ended: watch::Sender<bool>,
}

impl Front {
    pub(super) fn new(
        listener: UnixListener,
        exchange: Arc<Exchange>,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        Self {
            listener,
            visitors: JoinSet::new(),
            visited: Visited {
                exchange,
                orders,
                ended: watch::Sender::new(false),
            },
        }
    }

    /// Lets clients in, for ever.
    pub(super) async fn receive(&mut self) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (reader, writer) = link::split(stream);
                        let visited = self.visited.clone();
                        self.visitors.spawn(async move {
                            // One that breaks off, or talks nonsense, is gone; it can come again.
                            let _gone = visited.serve(reader, &writer).await;
                        });
                    }
                    // Out of descriptors, say: others leave.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                Some(_left) = self.visitors.join_next() => {}
            }
        }
    }

    /// Tells everybody that the kernel was shut down.
    pub(super) async fn close(mut self) {
        self.visited.ended.send_replace(true);
        let left = async { while self.visitors.join_next().await.is_some() {} };
        // Who does not read is not waited for.
        let _late = tokio::time::timeout(FAREWELL, left).await;
    }
}

impl Visited {
    async fn serve(self, mut reader: LinkReader, writer: &LinkWriter) -> io::Result<()> {
        let Some(Frame::Hello(hello)) = reader.recv().await? else {
            return Ok(());
        };
        match hello {
            Hello::Watch => self.show(reader, writer).await,
            Hello::Command(command) => {
                let answer = self.order(command).await;
                self.put_state(writer);
                writer.send(&Frame::Answer(answer)).await
            }
            Hello::Session {
                session,
                from,
                uncounted,
            } => {
                let mut joined = self.exchange.join(&session, from, uncounted);
                let served = self.attend(&mut joined, reader, writer).await;
                self.exchange.leave(&joined);
                served
            }
        }
    }

    fn put_state(&self, writer: &LinkWriter) {
        writer.put(&Frame::State(Box::new(self.exchange.state())));
    }

    async fn order(&self, command: Command) -> Answer {
        let (sender, answer) = oneshot::channel();
        let gone = || Answer::Failed("the kernel is being shut down".to_owned());
        if self.orders.send((command, sender)).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }

    /// The kernel's state, now and whenever it changes.
    async fn show(&self, mut reader: LinkReader, writer: &LinkWriter) -> io::Result<()> {
        let mut states = self.exchange.states();
        let mut ended = self.ended.subscribe();
        let mut refresh = tokio::time::interval(REFRESH);
        let mut shown = None;
        loop {
            states.mark_unchanged();
            let state = self.exchange.state();
            if shown.as_ref() != Some(&state) {
                writer.send(&Frame::State(Box::new(state.clone()))).await?;
                shown = Some(state);
            }
            tokio::select! {
                _changed = states.changed() => {}
                _time = refresh.tick() => {}
                _said = ended.wait_for(|ended| *ended) => break,
                // Nothing is said here: this is its end.
                _gone = reader.recv() => return Ok(()),
            }
        }
        writer.send(&Frame::Ended).await
    }

    /// Takes from a session's client what it sends, and gives it what is for it.
    async fn attend(
        &self,
        joined: &mut Joined,
        reader: LinkReader,
        writer: &LinkWriter,
    ) -> io::Result<()> {
        self.put_state(writer);
        writer.send(&Frame::Welcome(joined.from)).await?;
        let mut ended = self.ended.subscribe();
        let last = tokio::select! {
            taken = self.take(&joined.session, &joined.outgoing, reader) => return taken,
            given = self.give(&joined.session, joined.from, writer) => return given,
            _another = &mut joined.replaced => Frame::Replaced,
            _said = ended.wait_for(|ended| *ended) => Frame::Ended,
        };
        writer.send(&last).await
    }

    async fn take(
        &self,
        session: &str,
        outgoing: &mpsc::Sender<(Channel, Parts)>,
        mut reader: LinkReader,
    ) -> io::Result<()> {
        while let Some(frame) = reader.recv().await? {
            match frame {
                Frame::Send(channel, parts) => {
                    self.exchange.touch();
                    if outgoing.send((channel, parts)).await.is_err() {
                        return Ok(());
                    }
                }
                Frame::Acknowledge(seq) => self.exchange.acknowledge(session, seq),
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    async fn give(&self, session: &str, from: u64, writer: &LinkWriter) -> io::Result<()> {
        let mut messages = self.exchange.messages();
        let mut given = from;
        loop {
            messages.mark_unchanged();
            let batch = self.exchange.next(session, given)?;
            if batch.through == given {
                if messages.changed().await.is_err() {
                    return Ok(());
                }
                continue;
            }
            given = batch.through;
            for delivery in batch.deliveries {
                writer.put(&Frame::Deliver(delivery));
            }
            writer.flush().await?;
        }
    }
}
