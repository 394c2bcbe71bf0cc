//! The timetable: jobs that recur.

use std::str::FromStr;

use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::jobs::{JobRequest, Schedule, Unique};
use crate::params;
use crate::store::{Queries, Store};

/// Queues the schedule's job if its time has come. Times that passed while nothing ran are caught up once; while the
/// job of an earlier time is still waiting or running, no second one is queued.
pub(crate) async fn tick(store: &Store, schedule: &Schedule) -> Result<(), StoreError> {
    let now = store.now().as_millis();
    let next = next_after(schedule, store.now())?.as_millis();
    let known = "SELECT next_at AS value FROM schedules WHERE name = $1";
    let due = store.number(known, params![schedule.name]).await?;
    // A time later than the next one by the clock was written by another timetable, or before the clock went back.
    if due.is_some_and(|due| due > now && due <= next) {
        return Ok(());
    }
    let mut unit = store.begin().await?;
    let sql = "INSERT INTO schedules (name, next_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
               SET next_at = excluded.next_at WHERE schedules.next_at <= $3 OR schedules.next_at > excluded.next_at";
    let mine = unit.execute(sql, params![schedule.name, next, now]).await? > 0;
    if mine && due.is_some_and(|due| due <= now) {
        let unique = Unique::WhileActive(format!("schedule {}", schedule.name));
        unit.enqueue(&JobRequest::new(schedule.job, &serde_json::json!({})).unique(unique)).await?;
    }
    unit.commit().await
}

fn next_after(schedule: &Schedule, now: Timestamp) -> Result<Timestamp, StoreError> {
    let bad = |e: String| StoreError::Value(format!("schedule {}: {e}", schedule.name));
    let cron = croner::Cron::from_str(schedule.cron).map_err(|e| bad(e.to_string()))?;
    let from =
        chrono::DateTime::from_timestamp_millis(now.as_millis()).ok_or_else(|| bad("no such time".to_owned()))?;
    let next = cron.find_next_occurrence(&from, false).map_err(|e| bad(e.to_string()))?;
    Ok(Timestamp::from_millis(next.timestamp_millis()))
}
