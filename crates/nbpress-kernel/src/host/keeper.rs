//! The life of the kernel behind a host: started, watched, restarted, ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nbpress_protocol::Channel;
use tokio::sync::{mpsc, oneshot};

use super::ExecutionState;
use super::exchange::Exchange;
use super::folder::HostSpec;
use super::wire::{Answer, Command};
use crate::find::FoundKernel;
use crate::kernel::{Kernel, KernelEvent, StartError};
use crate::process::{Exit, TreeUsage};
use crate::provision::{LaunchRequest, LocalProvisioner};
use crate::tables::KeepTables;

/// How long a kernel may take until it answers.
const START_TIMEOUT: Duration = Duration::from_mins(2);
/// How often in a row a kernel that dies is started again.
const MOST_DEATHS: u32 = 5;
/// A kernel that lived this long did not die because of how it was started.
const LONG_LIFE: Duration = Duration::from_secs(10);

/// A message of so many bytes is long.
const LONG: usize = 64 << 10;

/// Something to be done, and where its answer goes.
pub(super) type Order = (Command, oneshot::Sender<Answer>);

/// See the module.
pub(super) struct Keeper {
    exchange: Arc<Exchange>,
    orders: mpsc::Receiver<Order>,
    provisioner: LocalProvisioner,
    spec: HostSpec,
    kernel: FoundKernel,
    environment: BTreeMap<String, String>,
    tables: Option<KeepTables>,
    deaths: u32,
    /// Who waits for the kernel to answer.
    waiting: Vec<oneshot::Sender<Answer>>,
}

/// What to do next.
enum Next {
    Start,
    Watch(Box<Kernel>),
    /// Nothing, until somebody asks for a restart.
    Wait,
    End(oneshot::Sender<Answer>),
}

impl Keeper {
    pub(super) fn new(
        exchange: Arc<Exchange>,
        orders: mpsc::Receiver<Order>,
        provisioner: LocalProvisioner,
        spec: HostSpec,
        environment: &BTreeMap<String, String>,
    ) -> Self {
        let mut environment = environment.clone();
        environment.extend(spec.environment.clone());
        Self {
            exchange,
            orders,
            provisioner,
            kernel: spec.kernel(),
            spec,
            environment,
            tables: None,
            deaths: 0,
            waiting: Vec::new(),
        }
    }

    /// The same, where each of its kernels shows data frames as tables.
    pub(super) fn with_tables(self, tables: Option<KeepTables>) -> Self {
        Self { tables, ..self }
    }

    /// Keeps the kernel until it is shut down.
    pub(super) async fn run(mut self) {
        self.exchange.announce(ExecutionState::Starting);
        let mut next = Next::Start;
        loop {
            next = match next {
                Next::Start => self.start().await,
                Next::Watch(kernel) => self.watch(*kernel).await,
                Next::Wait => self.wait().await,
                Next::End(answer) => {
                    self.orders.close();
                    let _gone = answer.send(Answer::Done);
                    return;
                }
            };
        }
    }

    async fn start(&mut self) -> Next {
        let request = LaunchRequest {
            kernel: &self.kernel,
            working_directory: &self.spec.working_directory,
            environment: &self.environment,
            limits: self.spec.limits,
        };
        let exchange = Arc::clone(&self.exchange);
        let mut start = Box::pin(async {
            let launched = |process_id| exchange.launched(process_id);
            let provisioner = &self.provisioner;
            let started = Kernel::start_observed(provisioner, &request, START_TIMEOUT, launched);
            let mut kernel = started.await?;
            if let Some(tables) = &self.tables {
                tables.install_unseen(&mut kernel).await;
            }
            Ok(kernel)
        });
        loop {
            tokio::select! {
                started = &mut start => {
                    drop(start);
                    return match started {
                        Ok(kernel) => self.started(kernel),
                        Err(error) => self.failed(&error),
                    };
                }
                Some((command, answer)) = self.orders.recv() => {
                    let said = match command {
                        Command::Shutdown => return Next::End(answer),
                        Command::Restart => {
                            self.waiting.push(answer);
                            continue;
                        }
                        Command::Usage => Answer::Used(TreeUsage::default()),
                        Command::Interrupt => Answer::Done,
                        Command::Cull { .. } => in_use(),
                    };
                    let _gone = answer.send(said);
                }
            }
        }
    }

    fn started(&mut self, kernel: Kernel) -> Next {
        self.exchange.up(kernel.connection(), kernel.process_id());
        self.answer_waiting(&Answer::Done);
        Next::Watch(Box::new(kernel))
    }

    fn failed(&mut self, error: &StartError) -> Next {
        let mut reason = with_causes(error);
        let last = error.log().trim().lines().next_back();
        reason.extend(last.into_iter().flat_map(|line| [": ", line]));
        reason.extend(
            error
                .hint(&self.kernel)
                .iter()
                .flat_map(|hint| ["; ", hint]),
        );
        self.answer_waiting(&Answer::Failed(reason.clone()));
        self.dead(reason)
    }

    fn answer_waiting(&mut self, answer: &Answer) {
        for waiting in self.waiting.drain(..) {
            let _gone = waiting.send(answer.clone());
        }
    }

    fn dead(&mut self, reason: String) -> Next {
        self.exchange.down(ExecutionState::Dead, Some(reason));
        self.exchange.announce(ExecutionState::Dead);
        Next::Wait
    }

    async fn watch(&mut self, mut kernel: Kernel) -> Next {
        let own = kernel.session_id().to_owned();
        let since = Instant::now();
        loop {
            tokio::select! {
                biased;
                Some((command, answer)) = self.orders.recv() => {
                    let said = match command {
                        Command::Interrupt => {
                            kernel.interrupt().await;
                            Answer::Done
                        }
                        Command::Usage => Answer::Used(kernel.tree_usage()),
                        Command::Cull { idle_milliseconds, connected_too }
                            if !self.is_idle_for(idle_milliseconds, connected_too) => in_use(),
                        Command::Cull { .. } | Command::Shutdown => {
                            self.exchange.down(ExecutionState::Dead, None);
                            kernel.shutdown(std::future::pending()).await;
                            return Next::End(answer);
                        }
                        Command::Restart => {
                            self.exchange.down(ExecutionState::Restarting, None);
                            kernel.shutdown(std::future::pending()).await;
                            return self.start_anew(answer);
                        }
                    };
                    let _gone = answer.send(said);
                }
                event = kernel.next_parts() => match event {
                    KernelEvent::Message(Channel::Iopub, parts) => {
                        // What the host itself asks is of no concern to clients.
                        if parts.parent_label().session != own {
                            let is_long = parts.len() > LONG;
                            self.exchange.publish(Channel::Iopub, None, parts);
                            if is_long {
                                // With what comes next it is too much for memory: first it is for who is connected.
                                tokio::task::yield_now().await;
                            }
                        }
                    }
                    KernelEvent::Message(..) | KernelEvent::Log(_) => {}
                    KernelEvent::Exited(exit) => {
                        let log = kernel.log_tail();
                        kernel.kill().await;
                        return self.died(exit, &log, since.elapsed());
                    }
                }
            }
        }
    }

    /// Another kernel, because somebody wants one.
    fn start_anew(&mut self, answer: oneshot::Sender<Answer>) -> Next {
        self.waiting.push(answer);
        self.deaths = 0;
        self.exchange.down(ExecutionState::Restarting, None);
        // Not `restarting`: clients take that for a death, and say so to the person.
        self.exchange.announce(ExecutionState::Starting);
        Next::Start
    }

    fn is_idle_for(&self, milliseconds: u64, connected_too: bool) -> bool {
        let model = self.exchange.state().model;
        let idle = jiff::Timestamp::now().duration_since(model.last_activity);
        model.execution_state == ExecutionState::Idle
            && (connected_too || model.connections == 0)
            && idle.unsigned_abs() >= Duration::from_millis(milliseconds)
    }

    fn died(&mut self, exit: Exit, log: &str, age: Duration) -> Next {
        let mut reason = format!("the kernel ended by itself: {exit}");
        let last = log.trim().lines().next_back();
        reason.extend(last.into_iter().flat_map(|line| [": ", line]));
        self.deaths = if age > LONG_LIFE { 1 } else { self.deaths + 1 };
        if self.deaths > MOST_DEATHS {
            return self.dead(reason);
        }
        self.exchange.down(ExecutionState::Restarting, Some(reason));
        self.exchange.announce(ExecutionState::Restarting);
        Next::Start
    }

    async fn wait(&mut self) -> Next {
        loop {
            let Some((command, answer)) = self.orders.recv().await else {
                return std::future::pending().await;
            };
            let said = match command {
                Command::Shutdown => return Next::End(answer),
                Command::Restart => return self.start_anew(answer),
                Command::Usage => Answer::Used(TreeUsage::default()),
                Command::Interrupt => Answer::Failed("the kernel is dead".to_owned()),
                Command::Cull { .. } => in_use(),
            };
            let _gone = answer.send(said);
        }
    }
}

fn in_use() -> Answer {
    Answer::Failed("the kernel is in use".to_owned())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.extend([": ", &error.to_string()]);
        cause = error.source();
    }
    text
}
