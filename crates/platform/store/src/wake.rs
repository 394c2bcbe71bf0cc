//! Waking readers and workers: of this process by a channel in memory, of others by PostgreSQL's notifications.
//!
//! Notifications are sent after the commit, by a task of their own: sent within the transaction they would make all
//! commits queue behind one lock of the server. One that is lost with its process costs a poll interval, no more.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgListener, PgNotification};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use xinghe_core::changes::Changes;

use crate::store::statement;

const LOG: &str = "xinghe_log";
const JOBS: &str = "xinghe_jobs";
/// How long the listener waits before it tries to reach a server that is gone.
const PAUSE: Duration = Duration::from_secs(1);

/// The bells of one process.
pub(crate) struct Bells {
    /// All commits of this process, and those of others that it hears of.
    pub changes: Changes,
    /// Rung for readers, by commits of this process and of others.
    pub log: watch::Sender<u64>,
    /// Rung for workers, by commits of this process and of others.
    pub jobs: watch::Sender<u64>,
    /// Commits of this process only: what others are to hear of.
    own: watch::Sender<(u64, u64)>,
    _tasks: Option<DropGuard>,
}

impl Bells {
    /// Bells that ring in this process only.
    pub fn local() -> Self {
        Self {
            changes: Changes::default(),
            log: watch::Sender::new(0),
            jobs: watch::Sender::new(0),
            own: watch::Sender::new((0, 0)),
            _tasks: None,
        }
    }

    /// Bells that ring, and are heard, in every process on this server. `token` tells this process from the others.
    pub fn shared(pool: DatabaseConnection, url: String, token: String) -> Self {
        let stop = CancellationToken::new();
        let bells = Self { _tasks: Some(stop.clone().drop_guard()), ..Self::local() };
        tokio::spawn(stop.clone().run_until_cancelled_owned(announce(pool, bells.own.subscribe(), token.clone())));
        let heard = Heard { token, changes: bells.changes.clone(), log: bells.log.clone(), jobs: bells.jobs.clone() };
        tokio::spawn(stop.run_until_cancelled_owned(heard.listen(url)));
        bells
    }

    /// Tells of a commit.
    pub fn ring(&self, log: bool, jobs: bool) {
        self.changes.note();
        if log {
            self.log.send_modify(|n| *n += 1);
        }
        if jobs {
            self.jobs.send_modify(|n| *n += 1);
        }
        if log || jobs {
            self.own.send_modify(|(l, j)| {
                *l += u64::from(log);
                *j += u64::from(jobs);
            });
        }
    }
}

/// Commits that come while a notification is under way share the next one.
async fn announce(pool: DatabaseConnection, mut own: watch::Receiver<(u64, u64)>, token: String) {
    let mut told = (0, 0);
    while own.changed().await.is_ok() {
        let now = *own.borrow_and_update();
        for (channel, news) in [(LOG, now.0 != told.0), (JOBS, now.1 != told.1)] {
            if !news {
                continue;
            }
            let params = crate::params![channel, token.as_str()];
            let sent = pool.execute_raw(statement(DbBackend::Postgres, "SELECT pg_notify($1, $2)", params)).await;
            if let Err(error) = sent {
                tracing::debug!(%error, "other processes were not woken; they look by themselves soon");
            }
        }
        told = now;
    }
}

/// What rings here when other processes commit.
struct Heard {
    token: String,
    changes: Changes,
    log: watch::Sender<u64>,
    jobs: watch::Sender<u64>,
}

impl Heard {
    async fn listen(self, url: String) {
        loop {
            match PgListener::connect(&url).await {
                Ok(mut listener) => {
                    let heard = self.hear(&mut listener).await;
                    tracing::debug!(error = ?heard.err(), "no longer hearing of other processes; connecting again");
                }
                Err(error) => tracing::debug!(%error, "cannot hear of other processes; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn hear(&self, listener: &mut PgListener) -> Result<(), sea_orm::sqlx::Error> {
        listener.listen_all([LOG, JOBS]).await?;
        loop {
            // What came before listening began, or while the connection was lost, was not heard.
            self.ring(LOG);
            self.ring(JOBS);
            while let Some(notification) = listener.try_recv().await? {
                self.ring_for(&notification);
            }
        }
    }

    fn ring_for(&self, notification: &PgNotification) {
        if notification.payload() != self.token {
            self.ring(notification.channel());
        }
    }

    fn ring(&self, channel: &str) {
        self.changes.note();
        match channel {
            LOG => self.log.send_modify(|n| *n += 1),
            JOBS => self.jobs.send_modify(|n| *n += 1),
            _ => {}
        }
    }
}
