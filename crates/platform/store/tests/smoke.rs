//! The whole path once: open, append, follow, work.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use xinghe_core::event::{Event, Recorded};
use xinghe_store::*;

struct Sum(Mutex<Vec<i64>>);

#[async_trait]
impl EventReader for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }
    async fn apply(&self, events: &[Recorded], _: &mut UnitOfWork) -> Result<(), ReaderError> {
        for e in events {
            if let Event::Probe { number } = e.event {
                if number == 13 {
                    return Err(ReaderError::Poison("thirteen".into()));
                }
                self.0.lock().unwrap().push(number);
            }
        }
        Ok(())
    }
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        self.0.lock().unwrap().clear();
        Ok(())
    }
}

struct Echo(Mutex<Vec<i64>>);

#[async_trait]
impl JobHandler for Echo {
    fn kind(&self) -> &'static str {
        "echo"
    }
    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        self.0.lock().unwrap().push(job.payload()?);
        job.progress(1, Some(1), Some("said")).await
    }
}

xinghe_testkit::on_both_databases!(events_reach_readers_and_jobs_reach_handlers);

async fn events_reach_readers_and_jobs_reach_handlers(db: xinghe_testkit::TestDb) {
    let store = db.store().clone();
    for number in [1, 2] {
        let mut unit = store.begin().await.unwrap();
        unit.append(None, &Event::Probe { number }).await.unwrap();
        let job = JobRequest::new("echo", &number).unique(Unique::WhileActive("one".into()));
        assert_eq!(unit.enqueue(&job).await.unwrap().is_some(), number == 1);
        unit.commit().await.unwrap();
    }
    let mut unit = store.begin().await.unwrap();
    unit.append(None, &Event::Probe { number: 9 }).await.unwrap();
    unit.rollback().await.unwrap();

    let sum = Arc::new(Sum(Mutex::default()));
    let readers = Readers::new(store.clone(), vec![sum.clone()], vec![]);
    readers.catch_up().await.unwrap();
    assert_eq!(*sum.0.lock().unwrap(), [1, 2]);
    readers.rebuild("sum").await.unwrap();
    assert_eq!(*sum.0.lock().unwrap(), [1, 2]);

    for number in [3, 13, 4] {
        let mut unit = store.begin().await.unwrap();
        unit.append(None, &Event::Probe { number }).await.unwrap();
        unit.commit().await.unwrap();
    }
    readers.catch_up().await.unwrap();
    let status = &readers.status().await.unwrap()[0];
    assert_eq!(status.lag, 2, "parked before the thirteenth");
    assert!(matches!(&status.state, ReaderState::Parked(why) if why.contains("thirteen")), "{status:?}");
    assert!(readers.resume("sum", true).await.unwrap());
    readers.catch_up().await.unwrap();
    assert_eq!(readers.status().await.unwrap()[0].lag, 0);

    let echo = Arc::new(Echo(Mutex::default()));
    let workers = Workers::new(store.clone(), vec![echo.clone()], vec![]);
    assert_eq!(workers.drain().await.unwrap(), 1);
    assert_eq!(*echo.0.lock().unwrap(), [1]);
    let job = &Jobs::new(store.clone()).recent(None, 10).await.unwrap()[0];
    assert_eq!((job.state, job.done, job.total), (JobState::Done, 1, Some(1)));
    store.close().await.unwrap();
}
