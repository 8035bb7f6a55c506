//! People and programs: they ask for runs, again if they hear nothing, and change their minds.

use nbpress_runs::job::{JobDefinition, RunSettings};
use nbpress_runs::plan::{JobRun, plan};
use nbpress_runs::run::TriggerKind;
use nbpress_runs::schedule::ScheduleDefinition;
use nbpress_runs::store::{BatchKind, BatchPoint, Job, NewBatch, NewSchedule, RunFilter};
use nbpress_runs::{NewRun, Run, StoreError};
use serde_json::{Map, Value, json};

use crate::world::{Done, Fault, Message, World};

fn everything() -> Value {
    json!([{"on": ["started", "succeeded", "failed", "late", "recovered"], "channel": "ops"}])
}

impl World {
    /// A pool, a job of several tasks, schedules and a sweep.
    pub(crate) async fn ask_for_work(&mut self) -> Done {
        let slots = self.random.between(1, 3);
        self.store.set_pool("p", slots, "test", self.now).await?;
        if self.random.chance(60) {
            self.start_flow().await?;
        }
        if self.random.chance(60) {
            self.schedule().await?;
        }
        if self.random.chance(40) {
            self.sweep().await?;
        }
        Ok(())
    }

    pub(crate) async fn user_step(&mut self) -> Done {
        if !self.server.up {
            return Ok(());
        }
        match self.random.below(13) {
            0..5 => self.ask_for_a_run().await,
            5..8 => self.cancel_something().await,
            8 | 9 => self.restart_something().await,
            10 => self.change_pool().await,
            11 => self.drain_somebody().await,
            _ => self.cancel_a_batch().await,
        }
    }

    fn some_settings(&mut self) -> RunSettings {
        let mut settings = json!({
            "priority": self.random.between(-1, 1),
            "retry": {"user": self.random.between(0, 1), "platform": self.random.between(0, 3),
                      "resource": 1, "timeout": 0, "delay_seconds": self.random.between(0, 9)},
        });
        if self.random.chance(50) {
            settings["pool"] = json!("p");
        }
        if self.random.chance(15) {
            settings["timeouts"] = json!({"queue_seconds": self.random.between(10, 60)});
        }
        serde_json::from_value(settings).unwrap()
    }

    fn some_task(&mut self, key: &str, depends_on: &[&str], rule: &str) -> Value {
        json!({"key": key, "snapshot": "5a", "notebook": format!("{key}.ipynb"), "depends_on": depends_on,
               "rule": rule, "settings": self.some_settings()})
    }

    async fn job(&mut self, name: &str, tasks: Vec<Value>) -> Result<Job, StoreError> {
        let definition = json!({"tasks": tasks, "notify": everything()});
        let definition: JobDefinition = serde_json::from_value(definition).unwrap();
        self.store
            .put_job("main", name, &definition, "test", self.now)
            .await
    }

    /// One task half of the time.
    fn some_tasks(&mut self) -> Vec<Value> {
        let mut tasks = vec![self.some_task("load", &[], "all_success")];
        if self.random.chance(50) {
            tasks.push(self.some_task("report", &["load"], "all_success"));
            tasks.push(self.some_task("alarm", &["load"], "any_failed"));
            tasks.push(self.some_task("tidy", &["report", "alarm"], "all_done"));
        }
        tasks
    }

    async fn start_flow(&mut self) -> Done {
        let tasks = self.some_tasks();
        let job = self.job("etl", tasks).await?;
        let runs = plan(&JobRun {
            workspace: "main",
            job: &job.reference(),
            definition: &job.definition,
            parameters: &Map::new(),
            trigger: TriggerKind::Manual,
            triggered_by: "test",
            logical: None,
            lane: None,
            batch: None,
            idempotency_key: None,
            start_at: None,
            blocked: false,
        });
        let made = self.store.enqueue(&runs, "test", self.now).await?;
        self.say(format!("{} is the run of a job", made[0].id));
        Ok(())
    }

    async fn schedule(&mut self) -> Done {
        let tasks = self.some_tasks();
        let job = self.job("often", tasks).await?;
        let overlaps = [
            json!("queue"),
            json!("skip"),
            json!("replace"),
            json!({"allow": {"n": 2}}),
        ];
        let overlap = self.random.pick(&overlaps).clone();
        let catch_up = *self.random.pick(&["none", "latest", "all"]);
        let trigger = json!({"kind": "interval", "every_seconds": 120});
        self.put_schedule(
            &job,
            json!({"trigger": trigger, "overlap": overlap, "catch_up": catch_up, "max_queued": 2}),
        )
        .await?;
        self.say(format!(
            "a schedule: overlap {overlap}, catch-up {catch_up}"
        ));
        if self.random.chance(30) {
            let task = self.some_task("main", &[], "all_success");
            let other = self.job("afterwards", vec![task]).await?;
            let trigger = json!({"kind": "after", "job": "often", "on": "any"});
            self.put_schedule(&other, json!({"trigger": trigger}))
                .await?;
        }
        Ok(())
    }

    async fn put_schedule(&mut self, job: &Job, definition: Value) -> Done {
        let definition: ScheduleDefinition = serde_json::from_value(definition).unwrap();
        let new = NewSchedule {
            name: "main".to_owned(),
            definition,
            parameters: Map::new(),
        };
        let schedule = self
            .store
            .put_schedule(job, &new, None, "test", self.now)
            .await?;
        self.schedules.push(schedule.id);
        Ok(())
    }

    async fn sweep(&mut self) -> Done {
        let tasks = self.some_tasks();
        let job = self.job("train", tasks).await?;
        let new = NewBatch {
            kind: BatchKind::Sweep,
            job: &job,
            label: String::new(),
            definition: Value::Null,
            points: vec![BatchPoint::default(); 4],
            width: self.random.between(1, 2),
            max_failures: self.random.chance(50).then_some(1),
        };
        self.store.create_batch(&new, "test", self.now).await?;
        Ok(())
    }

    async fn ask_for_a_run(&mut self) -> Done {
        if self.asked >= 6 {
            return Ok(());
        }
        self.asked += 1;
        let key = format!("key {}", self.asked);
        let settings = self.some_settings();
        self.ask(&key, &settings).await?;
        if self.random.chance(40) {
            self.figures.lost_replies += 1;
            self.network.push(Message::Ask { key, settings });
        }
        Ok(())
    }

    pub(crate) async fn ask(&mut self, key: &str, settings: &RunSettings) -> Done {
        self.asks += 1;
        let mut run = NewRun::of_notebook("main", "5a", "daily.ipynb", Map::new(), "test")
            .with_settings(settings.clone());
        run.idempotency_key = Some(if self.fault == Some(Fault::AsksWithANewKey) {
            format!("{key} try {}", self.asks)
        } else {
            key.to_owned()
        });
        run.spec.notify = serde_json::from_value(everything()).unwrap();
        let made = self.store.enqueue(&[run], "test", self.now).await?;
        self.say(format!(
            "{} is asked for (new: {})",
            made[0].id, made[0].is_new
        ));
        Ok(())
    }

    /// A run that may be a task, and may be over.
    async fn some_run(&mut self, over: bool) -> Result<Option<Run>, StoreError> {
        let mut filter = RunFilter {
            workspace: "main".to_owned(),
            ..RunFilter::default()
        };
        let mut runs = self.store.list_runs(&filter, None, 100).await?.runs;
        if let Some(flow) = runs.iter().find(|run| run.is_flow) {
            filter.parent = Some(flow.id.clone());
            runs.extend(self.store.list_runs(&filter, None, 100).await?.runs);
        }
        runs.retain(|run| run.state.is_terminal() == over);
        // There are fewer of these, and more can go wrong.
        if self.random.chance(50) && runs.iter().any(|run| run.is_flow) {
            runs.retain(|run| run.is_flow);
        }
        if runs.is_empty() {
            return Ok(None);
        }
        let at = self.random.below(runs.len());
        Ok(Some(runs.swap_remove(at)))
    }

    async fn cancel_something(&mut self) -> Done {
        let Some(run) = self.some_run(false).await? else {
            return Ok(());
        };
        let state = self.store.cancel(&run.id, "no", "ana", self.now).await?;
        self.figures.cancels += 1;
        self.say(format!("{} is cancelled: {state}", run.id));
        Ok(())
    }

    pub(crate) async fn restart_something(&mut self) -> Done {
        let Some(run) = self.some_run(true).await? else {
            return Ok(());
        };
        let whole = self.random.chance(50);
        let again = self
            .store
            .restart(&run.id, &Map::new(), whole, "ana", self.now)
            .await;
        match again {
            Ok(made) => self.say(format!("{} is {} again", made.id, run.id)),
            // A task cannot be restarted without its job.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn change_pool(&mut self) -> Done {
        let slots = self.random.between(0, 3);
        self.store.set_pool("p", slots, "ana", self.now).await?;
        self.say(format!("the pool has {slots} slots"));
        Ok(())
    }

    async fn drain_somebody(&mut self) -> Done {
        let drain = self.random.chance(50);
        let at = self.random.below(self.workers.len());
        let id = self.workers[at].id.clone();
        match self.store.drain_worker(&id, drain, "ana", self.now).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn cancel_a_batch(&mut self) -> Done {
        let Some(batch) = self.store.batches("main", 1).await?.pop() else {
            return Ok(());
        };
        match self.store.cancel_batch(&batch.id, "ana", self.now).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
