//! The database and what follows its log: tables, readers, jobs, the search index, clocks.

use time::macros::datetime;
use xinghe_core::{Clock, Timestamp};
use xinghe_search::index::Index;
use xinghe_store::{Condition, JobState, Jobs, Log, Store, StoreError, SystemClock};

use super::Finding;
use crate::community;
use crate::settings::Settings;

/// How far a reader may be behind without anybody having to look.
const LAG: u64 = 1_000;
/// How long a job may be due before it looks as if no server ran, in milliseconds.
const OVERDUE: i64 = 15 * 60 * 1000;
/// How far clocks may be apart, in milliseconds.
const APART: i64 = 5 * 60 * 1000;

/// All checks that need the database; only the first where it cannot be had.
pub async fn all(settings: &Settings) -> Vec<Finding> {
    let now = SystemClock.now();
    let store = match community::look(settings).await {
        Ok(store) => store,
        Err(StoreError::File { source, path }) if source.kind() == std::io::ErrorKind::NotFound => {
            return vec![
                Finding::ok("database", format!("{path} is not there yet; the first start makes it")),
                clock(now, None),
            ];
        }
        Err(error @ StoreError::Damaged(_)) => return vec![damaged(&error), clock(now, None)],
        Err(error) => {
            let advice =
                "is the server up, and is the address right (database_url)? Nothing that needs it was looked at";
            let found = format!("{}: {error}", community::connection(settings).shown());
            return vec![Finding::fail("database", found, advice), clock(now, None)];
        }
    };
    let condition = match store.condition(&community::migrations()).await {
        Ok(condition) => condition,
        Err(error @ StoreError::Damaged(_)) => return vec![damaged(&error), clock(now, None)],
        Err(error) => {
            let advice = "if it stays so, restore a backup: xinghe restore";
            return vec![Finding::fail("database", error.to_string(), advice), clock(now, None)];
        }
    };
    let mut findings = vec![database(&condition), tables(&condition)];
    if condition.pending.as_ref().is_ok_and(Vec::is_empty) {
        findings.push(told("readers", readers(&store).await));
        findings.push(told("jobs", jobs(&store, now).await));
        findings.push(index(settings, &store).await);
    }
    findings.push(clock(now, Some(&condition)));
    // Nothing was written; what an error of closing could tell is of no use here.
    let _ = store.close().await;
    findings
}

fn damaged(error: &StoreError) -> Finding {
    let advice =
        "stop the server, keep a copy of the file, restore the last good backup: xinghe restore BACKUP --force";
    let what = match error {
        StoreError::Damaged(why) => format!("the file is damaged, or is no SQLite database: {why}"),
        other => other.to_string(),
    };
    Finding::fail("database", what, advice)
}

fn told(check: &'static str, finding: Result<Finding, StoreError>) -> Finding {
    finding.unwrap_or_else(|e| Finding::fail(check, e.to_string(), "the database answered before; try again"))
}

fn database(condition: &Condition) -> Finding {
    let found = format!("{}, {} events", condition.version, condition.events);
    if condition.faults.is_empty() {
        return Finding::ok("database", found);
    }
    let faults = condition.faults.join("; ");
    Finding::fail("database", format!("{found}; damaged: {faults}"), "stop the server and restore the last good backup")
}

fn tables(condition: &Condition) -> Finding {
    match &condition.pending {
        Ok(pending) if pending.is_empty() => Finding::ok("tables", "up to date"),
        Ok(pending) => {
            let found = format!("{} migrations are to be applied: {}", pending.len(), pending.join(", "));
            Finding::warn("tables", found, "xinghe migrate, or the next start; make a backup first")
        }
        Err(error) => Finding::fail(
            "tables",
            error.to_string(),
            "start the newer program that wrote it (see its `xinghe --version`), or restore a backup of before: this one cannot go back",
        ),
    }
}

async fn readers(store: &Store) -> Result<Finding, StoreError> {
    let rows = store.reader_rows().await?;
    let parked: Vec<String> =
        rows.iter().filter_map(|r| Some(format!("{} ({})", r.name, r.parked.as_ref()?))).collect();
    if !parked.is_empty() {
        let advice = "nothing is skipped: mend the cause, then `xinghe rebuild NAME`";
        return Ok(Finding::fail("readers", format!("parked: {}", parked.join("; ")), advice));
    }
    let slow: Vec<String> =
        rows.iter().filter(|r| r.lag > LAG).map(|r| format!("{} by {} events", r.name, r.lag)).collect();
    if !slow.is_empty() {
        let advice = "a running server catches up; if it does not, look at its log";
        return Ok(Finding::warn("readers", format!("behind: {}", slow.join(", ")), advice));
    }
    let lag = rows.iter().map(|r| r.lag).max().unwrap_or_default();
    Ok(Finding::ok("readers", format!("{} follow the log, at most {lag} events behind", rows.len())))
}

async fn jobs(store: &Store, now: Timestamp) -> Result<Finding, StoreError> {
    let jobs = Jobs::new(store.clone());
    let counts = jobs.counts().await?;
    let count = |state| counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n);
    let (dead, queued) = (count(JobState::Dead), count(JobState::Queued));
    let found = format!("{queued} queued, {} running, {dead} given up", count(JobState::Running));
    if dead > 0 {
        let newest = jobs.recent(Some(JobState::Dead), 1).await?;
        let why = newest.first().map(|j| format!("{}: {}", j.kind, j.error.as_deref().unwrap_or("no reason kept")));
        let found = format!("{found}; the newest: {}", why.unwrap_or_default());
        return Ok(Finding::warn("jobs", found, "mend the cause; they stay until somebody looks"));
    }
    match jobs.waiting_since().await? {
        Some(since) if now.as_millis() - since.as_millis() > OVERDUE => {
            let found = format!("{found}; one has been due since {}", since.rfc3339());
            Ok(Finding::warn("jobs", found, "jobs are done by a running `xinghe serve`"))
        }
        _ => Ok(Finding::ok("jobs", found)),
    }
}

async fn index(settings: &Settings, store: &Store) -> Finding {
    let folder = settings.data_dir.join("search");
    let mark = match tokio::task::spawn_blocking(move || Index::look(&folder)).await {
        Ok(Ok(Some(mark))) => mark,
        Ok(Ok(None)) => return Finding::warn("index", "there is none yet", "the next start builds it from the log"),
        Ok(Err(error)) => return Finding::warn("index", error.to_string(), "the next start builds it anew"),
        Err(error) => return Finding::fail("index", error.to_string(), "report this"),
    };
    let log = Log::new(store.clone());
    let stands =
        async { Ok::<_, StoreError>((log.holds(mark.position, mark.at).await?, log.behind(mark.position).await?)) };
    told(
        "index",
        stands.await.map(|(own, lag)| {
            if !own {
                let found = "it was read from another log (a backup was restored?)";
                Finding::warn("index", found, "the next start notices and builds it anew")
            } else if lag > LAG {
                let advice = "a running server catches up; if it does not, look at its log";
                Finding::warn("index", format!("{lag} events behind the log"), advice)
            } else {
                Finding::ok("index", format!("at event {}, {lag} events behind the log", mark.position.seq))
            }
        }),
    )
}

/// Whether the clock can be right: ids, sessions and the order of posts lean on it.
fn clock(now: Timestamp, condition: Option<&Condition>) -> Finding {
    let found = now.rfc3339();
    let built = Timestamp::from_datetime(datetime!(2026-11-01 00:00 UTC));
    let set = "set the clock, and keep it right with NTP";
    if now < built {
        return Finding::fail("clock", format!("{found} is before this program was written"), set);
    }
    if let Some(newest) = condition.and_then(|c| c.newest)
        && newest.as_millis() - now.as_millis() > APART
    {
        let found = format!("{found}, but the newest event was recorded at {}", newest.rfc3339());
        return Finding::fail("clock", found, set);
    }
    if let Some(there) = condition.and_then(|c| c.clock)
        && (there.as_millis() - now.as_millis()).abs() > APART
    {
        return Finding::warn("clock", format!("{found} here, {} at the database", there.rfc3339()), set);
    }
    Finding::ok("clock", found)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn condition(newest: Option<i64>, clock: Option<i64>) -> Condition {
        Condition {
            version: "X 1".to_owned(),
            pending: Ok(Vec::new()),
            faults: Vec::new(),
            clock: clock.map(Timestamp::from_millis),
            newest: newest.map(Timestamp::from_millis),
            events: 1,
        }
    }

    #[test]
    fn clocks_that_cannot_be_right_are_seen() {
        let now = Timestamp::from_datetime(datetime!(2027-01-01 00:00 UTC));
        let at = now.as_millis();
        assert_eq!(clock(now, None).verdict, Verdict::Ok);
        assert_eq!(clock(Timestamp::from_millis(0), None).verdict, Verdict::Fail);
        assert_eq!(clock(now, Some(&condition(Some(at + 2 * APART), None))).verdict, Verdict::Fail);
        assert_eq!(clock(now, Some(&condition(Some(at), Some(at - 2 * APART)))).verdict, Verdict::Warn);
        assert_eq!(clock(now, Some(&condition(Some(at), Some(at + 9)))).verdict, Verdict::Ok);
    }

    #[test]
    fn damage_and_newer_tables_fail() {
        let damaged = Condition { faults: vec!["row 3 missing".to_owned()], ..condition(None, None) };
        assert_eq!(database(&damaged).verdict, Verdict::Fail);
        let newer = StoreError::Newer { feature: "posts".to_owned(), found: 9, known: 1 };
        assert_eq!(tables(&Condition { pending: Err(newer), ..condition(None, None) }).verdict, Verdict::Fail);
        let pending = Condition { pending: Ok(vec!["posts/2".to_owned()]), ..condition(None, None) };
        assert_eq!(tables(&pending).verdict, Verdict::Warn);
    }
}
