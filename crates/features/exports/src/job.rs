//! Making archives, and removing those whose time is over.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use xinghe_core::ports::PortError;
use xinghe_core::{ArchiveId, AuthorId, Event};
use xinghe_store::{JobError, JobHandler, JobRun};

use crate::commands::{Exports, hold};
use crate::model::{KEPT_MS, PART};
use crate::pack::Packer;
use crate::store;

/// Makes one archive.
pub(crate) const MAKE: &str = "exports.make";
/// Removes what is over.
pub(crate) const SWEEP: &str = "exports.sweep";
/// How often the making is tried.
pub(crate) const TRIES: i32 = 4;
/// Pieces of one transaction.
const TOGETHER: usize = 16;

#[derive(Serialize, Deserialize)]
pub(crate) struct Payload {
    pub member: AuthorId,
    pub archive: ArchiveId,
}

/// Makes archives.
pub(crate) struct Maker {
    pub exports: Exports,
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where an error is mapped")]
fn retry(error: PortError) -> JobError {
    JobError::Retry(error.to_string())
}

impl Maker {
    /// Notes how far it is; `false`: the member does not want it any more, or is gone.
    async fn moved(&self, archive: ArchiveId, done: usize, files: usize) -> Result<bool, JobError> {
        let mut unit = self.exports.store.begin().await?;
        let wanted = store::moved(&mut unit, archive, done, files).await?;
        unit.commit().await?;
        Ok(wanted)
    }

    /// Puts an archive into the database, some pieces in each transaction: others write between them. Answers its size;
    /// `None`: the member does not want it any more, or is gone.
    async fn keep(
        &self,
        archive: ArchiveId,
        mut file: File,
        (done, files): (usize, usize),
    ) -> Result<Option<usize>, JobError> {
        let unreadable = |e: std::io::Error| JobError::Retry(e.to_string());
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut bytes = 0;
        for first in (0..).step_by(TOGETHER) {
            let mut unit = self.exports.store.begin().await?;
            if !store::moved(&mut unit, archive, done, files).await? {
                return Ok(None);
            }
            if first == 0 {
                // What an earlier try left.
                store::drop_parts(&mut unit, archive).await?;
            }
            let mut whole = true;
            for ordinal in first..first + TOGETHER {
                let mut piece = Vec::with_capacity(PART);
                let read = file.by_ref().take(PART as u64).read_to_end(&mut piece).map_err(unreadable)?;
                if read == 0 {
                    whole = false;
                    break;
                }
                store::put_part(&mut unit, archive, ordinal, &piece).await?;
                bytes += read;
            }
            unit.commit().await?;
            if !whole {
                break;
            }
        }
        Ok(Some(bytes))
    }

    async fn make(&self, run: &JobRun, Payload { member, archive }: &Payload) -> Result<(), JobError> {
        let all = &self.exports;
        if !self.moved(*archive, 0, 0).await? {
            return Ok(());
        }
        let cards = all.authors.cards(&[*member]).await.map_err(retry)?;
        let Some(card) = cards.get(member) else { return Ok(()) };
        let mut packer = Packer::new(&all.site, card, all.store.now()).map_err(retry)?;
        let total = all.parts().len();
        for (n, part) in all.parts().iter().enumerate() {
            part.export(*member, &mut packer).await.map_err(retry)?;
            run.progress(n as u64 + 1, Some(total as u64), None).await?;
            if !self.moved(*archive, n + 1, packer.files()).await? {
                return Ok(());
            }
        }
        let (file, files) = packer.finish(card, all.parts(), all.store.now()).await.map_err(retry)?;
        let Some(bytes) = self.keep(*archive, file, (total, files)).await? else { return Ok(()) };
        let mut unit = all.store.begin().await?;
        unit.lock(&hold(*member)).await?;
        let until = all.store.now().plus_millis(KEPT_MS);
        if store::ready(&mut unit, *archive, (files, bytes), until).await? {
            unit.append(Some(*member), &Event::ArchiveReady { member: *member }).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}

#[async_trait]
impl JobHandler for Maker {
    fn kind(&self) -> &'static str {
        MAKE
    }

    async fn run(&self, run: &JobRun) -> Result<(), JobError> {
        let payload: Payload = run.payload()?;
        let made = self.make(run, &payload).await;
        let given_up = match &made {
            Ok(()) | Err(JobError::Cancelled) => false,
            Err(JobError::Fatal(_)) => true,
            Err(_) => run.attempt >= TRIES,
        };
        if given_up {
            let mut unit = self.exports.store.begin().await?;
            store::fail(&mut unit, payload.archive).await?;
            unit.commit().await?;
        }
        made
    }
}

/// Removes archives whose time is over.
pub(crate) struct Sweeper {
    pub exports: Exports,
}

#[async_trait]
impl JobHandler for Sweeper {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        let mut unit = self.exports.store.begin().await?;
        store::sweep(&mut unit, self.exports.store.now()).await?;
        Ok(unit.commit().await?)
    }
}
