//! Jobs in the hands of a worker: taking one, keeping it, giving it back.

use std::time::Duration;

use sea_orm::FromQueryResult;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;
use xinghe_core::id::JobId;
use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::jobs::{JobError, JobState};
use crate::params;
use crate::store::{Backend, Queries, Store, list};
use crate::unit::UnitOfWork;

/// How long a worker owns a job without a sign of life, unless told otherwise.
pub(crate) const LEASE: Duration = Duration::from_secs(60);
/// A lease that ends later than this many leases from now was given before the clock went back; it counts as over.
const FAR: i64 = 10;

/// A leased job in the hands of its handler.
pub struct JobRun {
    pub(crate) store: Store,
    pub(crate) key: i64,
    pub(crate) lease: Duration,
    /// The job.
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// What it was given, as JSON.
    pub payload: Json,
    /// Which try this is, from 1.
    pub attempt: i32,
    pub(crate) max_attempts: i32,
    /// Cancelled when somebody stops the job, the lease is lost, or the process ends.
    pub cancelled: CancellationToken,
}

#[derive(FromQueryResult)]
struct Taken {
    id: i64,
    kind: String,
    payload: String,
    attempts: i32,
    max_attempts: i32,
}

#[derive(FromQueryResult)]
struct Flag {
    cancel: bool,
}

/// What a sign of life found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    Held,
    Stop,
    Lost,
}

impl JobRun {
    /// The payload in its own type.
    ///
    /// # Errors
    /// Fatal: it has another shape.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_value(self.payload.clone()).map_err(|e| JobError::Fatal(format!("payload: {e}")))
    }

    /// Tells how far it is; a page can follow it. Not while holding a unit of work.
    ///
    /// # Errors
    /// The database is gone; or the job was stopped by somebody or its lease was lost ([`JobError::Cancelled`]).
    pub async fn progress(&self, done: u64, total: Option<u64>, note: Option<&str>) -> Result<(), JobError> {
        let unit = self.store.begin().await?;
        let sql = "UPDATE jobs SET done = $1, total = $2, note = $3, lease_until = $4 \
                   WHERE id = $5 AND lease = $6 RETURNING cancel";
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let values = params![whole(done), total.map(whole), note, self.until(), self.id.raw(), self.key];
        let row: Option<Flag> = unit.one(sql, values).await?;
        unit.commit().await?;
        if row.is_some_and(|r| !r.cancel) {
            return Ok(());
        }
        self.cancelled.cancel();
        Err(JobError::Cancelled)
    }

    fn until(&self) -> i64 {
        self.store.now().plus_millis(millis(self.lease)).as_millis()
    }

    /// Extends the lease.
    pub(crate) async fn beat(&self) -> Result<Beat, StoreError> {
        let unit = self.store.begin().await?;
        let sql = "UPDATE jobs SET lease_until = $1 WHERE id = $2 AND lease = $3 RETURNING cancel";
        let row: Option<Flag> = unit.one(sql, params![self.until(), self.id.raw(), self.key]).await?;
        unit.commit().await?;
        Ok(row.map_or(Beat::Lost, |r| if r.cancel { Beat::Stop } else { Beat::Held }))
    }

    /// Writes down how the run ended; nothing, where the lease went to another worker meanwhile.
    pub(crate) async fn finish(&self, outcome: &Result<(), JobError>) -> Result<(), StoreError> {
        let now = self.store.now();
        let (state, run_at, error) = match outcome {
            Ok(()) => (JobState::Done, now, None),
            Err(JobError::Cancelled) => (JobState::Cancelled, now, None),
            Err(JobError::Fatal(reason)) => (JobState::Dead, now, Some(reason.clone())),
            Err(error) if self.attempt >= self.max_attempts => (JobState::Dead, now, Some(error.to_string())),
            Err(error) => {
                let wait = backoff(self.attempt, self.store.random().next_u64());
                (JobState::Queued, now.plus_millis(millis(wait)), Some(error.to_string()))
            }
        };
        // What failed after somebody asked it to stop is not tried again.
        let sql = "UPDATE jobs SET state = CASE WHEN $1 = 'queued' AND cancel THEN 'cancelled' ELSE $1 END, \
                   finished_at = CASE WHEN $1 = 'queued' AND NOT cancel THEN NULL ELSE $4 END, \
                   run_at = $2, error = $3, lease = NULL, lease_until = NULL WHERE id = $5 AND lease = $6";
        let mut unit = self.store.begin().await?;
        let values = params![state.as_str(), run_at.as_millis(), error, now.as_millis(), self.id.raw(), self.key];
        unit.execute(sql, values).await?;
        unit.commit().await
    }

    /// Gives the job back unharmed: the process is ending.
    pub(crate) async fn release(&self) -> Result<(), StoreError> {
        let mut unit = self.store.begin().await?;
        let sql = "UPDATE jobs SET state = CASE WHEN cancel THEN 'cancelled' ELSE 'queued' END, \
                   finished_at = CASE WHEN cancel THEN $1 END, attempts = attempts - 1, \
                   lease = NULL, lease_until = NULL WHERE id = $2 AND lease = $3";
        unit.execute(sql, params![self.store.now().as_millis(), self.id.raw(), self.key]).await?;
        unit.wake_workers();
        unit.commit().await
    }
}

/// Takes the next job of these kinds whose time has come, or whose worker has not been heard of for a lease.
pub(crate) async fn claim(
    store: &Store,
    kinds: &[&'static str],
    lease: Duration,
) -> Result<Option<JobRun>, StoreError> {
    let now = store.now();
    let far = now.plus_millis(millis(lease).saturating_mul(FAR));
    let abandoned = "state = 'running' AND (lease_until < $1 OR lease_until > $2)";
    let wanted = format!("kind IN ({})", list(3, kinds.len()));
    let values = || {
        let mut values = params![now.as_millis(), far.as_millis()];
        values.extend(kinds.iter().map(|k| crate::Value::from(*k)));
        values
    };
    // Looked for without a transaction first: workers that find nothing keep no writer waiting.
    let sql = format!(
        "SELECT (CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE {abandoned} AND {wanted}) THEN 2 ELSE 0 END + \
         CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 'queued' AND run_at <= $1 AND {wanted}) THEN 1 ELSE 0 END) \
         AS bits"
    );
    #[derive(FromQueryResult)]
    struct Found {
        bits: i32,
    }
    let found = store.one::<Found>(&sql, values()).await?.map_or(0, |f| f.bits);
    if found == 0 {
        return Ok(None);
    }
    let mut unit = store.begin().await?;
    let mut taken = None;
    if found & 2 != 0 {
        bury(&mut unit, now, far).await?;
        taken = take(&unit, &format!("{abandoned} AND {wanted} ORDER BY id"), values(), lease).await?;
    }
    if taken.is_none() {
        let queued =
            format!("state = 'queued' AND run_at <= $1 AND $2 <> 0 AND {wanted} ORDER BY priority, run_at, id");
        taken = take(&unit, &queued, values(), lease).await?;
    }
    unit.commit().await?;
    Ok(taken)
}

/// Abandoned jobs that were to stop, or whose tries are used up: they may be what kills the workers.
async fn bury(unit: &mut UnitOfWork, now: Timestamp, far: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = CASE WHEN cancel THEN 'cancelled' ELSE 'dead' END, error = CASE WHEN cancel \
               THEN error ELSE 'its worker vanished in the middle, at the last try' END, finished_at = $1, \
               lease = NULL, lease_until = NULL WHERE state = 'running' AND (lease_until < $1 OR lease_until > $2) \
               AND (cancel OR attempts >= max_attempts)";
    unit.execute(sql, params![now.as_millis(), far.as_millis()]).await?;
    Ok(())
}

async fn take(
    unit: &UnitOfWork,
    which: &str,
    mut values: Vec<crate::Value>,
    lease: Duration,
) -> Result<Option<JobRun>, StoreError> {
    let store = unit.store();
    let skip = if unit.backend() == Backend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let key = (store.random().next_u64() >> 1) as i64;
    let at = values.len();
    let sql = format!(
        "UPDATE jobs SET state = 'running', lease = ${}, lease_until = ${}, attempts = attempts + 1 \
         WHERE id = (SELECT id FROM jobs WHERE {which} LIMIT 1{skip}) \
         RETURNING id, kind, payload, attempts, max_attempts",
        at + 1,
        at + 2
    );
    values.extend(params![key, store.now().plus_millis(millis(lease)).as_millis()]);
    let row: Option<Taken> = unit.one(&sql, values).await?;
    Ok(row.map(|row| JobRun {
        store: store.clone(),
        key,
        lease,
        id: JobId::from_raw(row.id),
        kind: row.kind,
        payload: serde_json::from_str(&row.payload).unwrap_or(Json::Null),
        attempt: row.attempts,
        max_attempts: row.max_attempts,
        cancelled: CancellationToken::new(),
    }))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The pause after the n-th failed try: 5 s doubling up to an hour, of which a random half is jitter.
pub(crate) fn backoff(attempt: i32, random: u64) -> Duration {
    let base = 5_000_u64.saturating_mul(1 << attempt.clamp(1, 20).unsigned_abs().saturating_sub(1)).min(3_600_000);
    Duration::from_millis(base / 2 + random % (base / 2 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_an_hour() {
        let ms: Vec<u128> = (1..12).map(|n| backoff(n, 0).as_millis()).collect();
        assert!(ms.windows(2).all(|w| w[0] <= w[1]), "{ms:?}");
        assert_eq!(ms[0], 2_500);
        for random in [0, 1, u64::MAX] {
            assert!(backoff(1_000, random) <= Duration::from_secs(3_600));
            assert!(backoff(1_000, random) >= Duration::from_secs(1_800));
        }
    }
}
