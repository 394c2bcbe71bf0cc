//! One batch of one reader.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use xinghe_core::event::{Position, Recorded};

use crate::cursor::{self, Held};
use crate::error::StoreError;
use crate::log::{self, Log};
use crate::readers::{EventReader, LocalReader, ReaderError, Readers};

/// How many events a reader is handed at most at once.
const BATCH: u32 = 500;

/// How a step went.
pub(crate) enum Step {
    /// Events were taken.
    Moved,
    /// There is nothing more.
    AtHead,
    /// The next event is committed, but an older transaction is still open.
    HeldBack(Position),
    /// Another process has this reader's cursor.
    Elsewhere,
    /// The reader is parked.
    Parked(String),
}

/// Takes the next batch. The cursor's row is locked for the whole transaction, so of two processes with the same
/// reader one steps and the other finds it moved.
pub(crate) async fn step(all: &Readers, reader: &dyn EventReader, held: Held) -> Result<Step, ReaderError> {
    let Some(cursor) = cursor::load(&all.store, reader.name()).await? else {
        cursor::make(&all.store, reader.name()).await?;
        return Ok(Step::Moved);
    };
    if let Some(error) = cursor.error {
        return Ok(Step::Parked(error));
    }
    // Looked for without a transaction first: readers that find nothing keep no writer waiting.
    let next = log::page(&all.store, &all.store, cursor.position(), 1).await?;
    if next.entries.is_empty() {
        return Ok(next.held_back.map_or(Step::AtHead, Step::HeldBack));
    }
    match take(all, reader, BATCH, held).await {
        Err((_, ReaderError::Poison(_))) => take_singly(all, reader, held).await,
        other => other.map_err(|(_, error)| error),
    }
}

async fn take(
    all: &Readers,
    reader: &dyn EventReader,
    limit: u32,
    held: Held,
) -> Result<Step, (Position, ReaderError)> {
    let early = |error: StoreError| (Position::START, error.into());
    let mut unit = all.store.begin().await.map_err(early)?;
    let Some(cursor) = cursor::lock(&unit, reader.name(), held).await.map_err(early)? else {
        return Ok(Step::Elsewhere);
    };
    let position = cursor.position();
    if let Some(error) = cursor.error {
        return Ok(Step::Parked(error));
    }
    let page = log::page(&unit, &all.store, position, limit).await.map_err(early)?;
    let Some(last) = page.entries.last().map(|(at, _)| *at) else {
        return Ok(page.held_back.map_or(Step::AtHead, Step::HeldBack));
    };
    let taken = async {
        let events = readable(page.entries)?;
        guarded(reader.apply(&events, &mut unit)).await?;
        cursor::save(&mut unit, reader.name(), last, None).await?;
        unit.commit().await?;
        Ok(events.len())
    };
    let count = taken.await.map_err(|error| (position, error))?;
    metrics::counter!("xinghe_reader_events_total", "reader" => reader.name()).increment(count as u64);
    Ok(Step::Moved)
}

fn readable(entries: Vec<log::Entry>) -> Result<Vec<Recorded>, ReaderError> {
    entries.into_iter().map(|(_, e)| e.map_err(|e| ReaderError::Poison(e.to_string()))).collect()
}

/// What a reader answers, where a panic is a failure that may pass, and a failure of the database that no later try
/// can mend is the event's.
async fn guarded(apply: impl Future<Output = Result<(), ReaderError>>) -> Result<(), ReaderError> {
    match AssertUnwindSafe(apply).catch_unwind().await {
        Ok(Err(ReaderError::Store(error))) if !error.is_transient() => Err(ReaderError::Poison(error.to_string())),
        Ok(other) => other,
        Err(_) => Err(ReaderError::Later("the reader panicked; the log of the program says where".to_owned())),
    }
}

/// After a batch with a poison event: one event at a time up to it, then park there.
async fn take_singly(all: &Readers, reader: &dyn EventReader, held: Held) -> Result<Step, ReaderError> {
    loop {
        match take(all, reader, 1, held).await {
            Ok(Step::Moved) => {}
            Ok(other) => return Ok(other),
            Err((position, ReaderError::Poison(reason))) => return park(all, reader.name(), position, &reason).await,
            Err((_, error)) => return Err(error),
        }
    }
}

async fn park(all: &Readers, name: &str, position: Position, reason: &str) -> Result<Step, ReaderError> {
    let mut unit = all.store.begin().await?;
    let cursor = cursor::lock(&unit, name, Held::Wait).await?;
    if cursor.is_none_or(|c| c.position() != position) {
        // Another process got past it meanwhile.
        return Ok(Step::Moved);
    }
    let next = log::page(&unit, &all.store, position, 1).await?;
    let at = next.entries.first().map_or(position.seq, |(p, _)| p.seq);
    let reason = format!("event {at}: {reason}");
    cursor::save(&mut unit, name, position, Some(&reason)).await?;
    unit.commit().await?;
    Ok(Step::Parked(reason))
}

/// The next batch of a reader that keeps its own cursor. One that comes from a log that this is not (an older backup
/// was restored, say) starts over.
pub(crate) async fn local_step(all: &Readers, reader: &dyn LocalReader) -> Result<Step, ReaderError> {
    let step = read_on(all, reader).await;
    match &step {
        Ok(Step::AtHead | Step::HeldBack(_) | Step::Parked(_)) => all.set_read_up(reader.name()),
        Ok(_) => {}
        // The database may have been put back to an earlier state while it was gone.
        Err(_) => all.set_unchecked(reader.name()),
    }
    step
}

async fn read_on(all: &Readers, reader: &dyn LocalReader) -> Result<Step, ReaderError> {
    let name = reader.name();
    let _turn = all.turn(name).await;
    let mut position = reader.position().await?;
    if !all.is_checked(name) {
        if !Log::new(all.store.clone()).holds(position, reader.stamp().await?).await? {
            tracing::warn!(reader = name, "what this reader keeps comes from another log; it starts over");
            reader.reset().await?;
            position = reader.position().await?;
        }
        all.set_checked(name);
    }
    let page = log::page(&all.store, &all.store, position, BATCH).await?;
    let entries: Vec<_> = page.entries.into_iter().filter(|(at, _)| !all.is_skipped(name, *at)).collect();
    let Some((first, _)) = entries.first() else {
        return Ok(page.held_back.map_or(Step::AtHead, Step::HeldBack));
    };
    let first = *first;
    // Up to an unreadable event; at it, the reader is parked.
    let mut events = Vec::with_capacity(entries.len());
    for (_, entry) in entries {
        match entry {
            Ok(event) => events.push(event),
            Err(error) if events.is_empty() => return Ok(Step::Parked(format!("event {}: {error}", first.seq))),
            Err(_) => break,
        }
    }
    match guarded(reader.apply(&events)).await {
        Ok(()) => {}
        Err(ReaderError::Poison(_)) if events.len() > 1 => {
            // Which one it is shows when they come singly.
            for event in &events {
                if let Err(error) = guarded(reader.apply(std::slice::from_ref(event))).await {
                    return poisoned(event.seq.raw(), error);
                }
            }
        }
        Err(error) => return poisoned(first.seq, error),
    }
    metrics::counter!("xinghe_reader_events_total", "reader" => name).increment(events.len() as u64);
    Ok(Step::Moved)
}

fn poisoned(seq: i64, error: ReaderError) -> Result<Step, ReaderError> {
    match error {
        ReaderError::Poison(reason) => Ok(Step::Parked(format!("event {seq}: {reason}"))),
        other => Err(other),
    }
}
