//! Migrations: one tree for both databases, per feature.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, TransactionTrait};

use crate::connect;
use crate::error::StoreError;
use crate::store::{Backend, Inner, all_of, number_of, statement};

/// One step of a feature's tables.
///
/// Its SQL is run as it stands on both databases, after the word `BYTES` became the database's binary type and
/// sections were chosen: lines after `--@sqlite` or `--@postgres` are for that database only, until `--@all`.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Whose tables.
    pub feature: &'static str,
    /// From 1, without gaps, per feature.
    pub version: i32,
    /// What it does, in a word or two.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

pub(crate) fn own() -> Migration {
    Migration { feature: "store", version: 1, name: "log, readers, jobs", sql: include_str!("../migrations/0001.sql") }
}

#[derive(FromQueryResult)]
struct Applied {
    feature: String,
    version: i32,
    checksum: String,
}

/// Applies what is missing; answers the epoch offset of the log (see [`connect::epoch_offset`]).
pub(crate) async fn run(inner: &Inner, migrations: &[Migration]) -> Result<i64, StoreError> {
    check(migrations)?;
    let _turn = inner.turn.acquire().await.map_err(|e| StoreError::Value(e.to_string()))?;
    let tx = begin(inner).await?;
    tx.execute_unprepared(
        "CREATE TABLE IF NOT EXISTS schema_migrations (feature TEXT NOT NULL, version INTEGER NOT NULL, \
         name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (feature, version))",
    )
    .await?;
    let applied: Vec<Applied> = all_of(&tx, "SELECT feature, version, checksum FROM schema_migrations", vec![]).await?;
    for migration in missing(&applied, migrations)? {
        apply(inner, &tx, migration, checksum(migration.sql)).await?;
    }
    let offset = if inner.backend == Backend::Postgres { connect::epoch_offset(&tx).await? } else { 0 };
    tx.commit().await?;
    Ok(offset)
}

/// Those of these migrations that were not applied yet.
fn missing<'a>(applied: &[Applied], migrations: &'a [Migration]) -> Result<Vec<&'a Migration>, StoreError> {
    refuse_newer(applied, migrations)?;
    let mut missing = Vec::new();
    for migration in migrations {
        let done = applied.iter().find(|a| a.feature == migration.feature && a.version == migration.version);
        match done {
            Some(done) if done.checksum == checksum(migration.sql) => {}
            Some(_) => {
                return Err(StoreError::Changed { feature: migration.feature.to_owned(), version: migration.version });
            }
            None => missing.push(migration),
        }
    }
    Ok(missing)
}

/// What is missing of these migrations and this crate's own, as `feature/version`.
pub(crate) async fn pending(conn: &impl ConnectionTrait, known: &[Migration]) -> Result<Vec<String>, StoreError> {
    let mut applied: Vec<Applied> = Vec::new();
    if has_table(conn, "schema_migrations").await? {
        applied = all_of(conn, "SELECT feature, version, checksum FROM schema_migrations", vec![]).await?;
    }
    let mut all = vec![own()];
    all.extend_from_slice(known);
    Ok(missing(&applied, &all)?.into_iter().map(|m| format!("{}/{}", m.feature, m.version)).collect())
}

/// Whether there is a table of this name where statements without a schema look for it.
pub(crate) async fn has_table(conn: &impl ConnectionTrait, name: &str) -> Result<bool, StoreError> {
    let sql = match conn.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT COUNT(*) AS value FROM pg_tables WHERE tablename = $1 AND schemaname = ANY(current_schemas(FALSE))"
        }
        _ => "SELECT COUNT(*) AS value FROM sqlite_master WHERE type = 'table' AND name = $1",
    };
    Ok(number_of(conn, sql, crate::params![name]).await?.unwrap_or_default() > 0)
}

/// The list itself: versions of a feature rise one by one from 1.
fn check(migrations: &[Migration]) -> Result<(), StoreError> {
    let mut last: HashMap<&str, i32> = HashMap::new();
    for migration in migrations {
        let last = last.entry(migration.feature).or_default();
        if migration.version != *last + 1 {
            return Err(StoreError::Value(format!(
                "migration {}/{} stands where {} must",
                migration.feature,
                migration.version,
                *last + 1
            )));
        }
        *last = migration.version;
    }
    Ok(())
}

/// One transaction for all, behind a lock, so that two processes starting at once do not both migrate.
async fn begin(inner: &Inner) -> Result<DatabaseTransaction, StoreError> {
    let options = sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    // Another process may be migrating for longer than the busy timeout.
    let mut patience = 20;
    let tx = loop {
        match inner.writer.begin_with_options(options).await.map_err(StoreError::from) {
            Err(StoreError::Database(error)) if patience > 0 && error.to_string().contains("database is locked") => {
                patience -= 1;
            }
            other => break other?,
        }
    };
    if inner.backend == Backend::Postgres {
        // An arbitrary number that only this program uses: "xinghe" as bytes.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(132213891459173)").await?;
    }
    Ok(tx)
}

/// Refuses a database in which a migration is newer than these and this crate's own.
pub(crate) async fn refuse(conn: &impl ConnectionTrait, known: &[Migration]) -> Result<(), StoreError> {
    let applied: Vec<Applied> =
        all_of(conn, "SELECT feature, version, checksum FROM schema_migrations", vec![]).await?;
    let mut known = known.to_vec();
    known.push(own());
    refuse_newer(&applied, &known)
}

fn refuse_newer(applied: &[Applied], migrations: &[Migration]) -> Result<(), StoreError> {
    for row in applied {
        let known = migrations.iter().filter(|m| m.feature == row.feature).map(|m| m.version).max();
        if let Some(known) = known
            && row.version > known
        {
            return Err(StoreError::Newer { feature: row.feature.clone(), found: row.version, known });
        }
    }
    Ok(())
}

async fn apply(
    inner: &Inner,
    tx: &DatabaseTransaction,
    migration: &Migration,
    checksum: String,
) -> Result<(), StoreError> {
    let failed =
        |source| StoreError::Migration { feature: migration.feature.to_owned(), version: migration.version, source };
    tx.execute_unprepared(&dialect(migration.sql, tx.get_database_backend())).await.map_err(failed)?;
    let params =
        crate::params![migration.feature, migration.version, migration.name, checksum, inner.clock.now().as_millis()];
    tx.execute_raw(statement(
        tx.get_database_backend(),
        "INSERT INTO schema_migrations (feature, version, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)",
        params,
    ))
    .await?;
    Ok(())
}

fn dialect(sql: &str, backend: DbBackend) -> String {
    let (mine, bytes) = match backend {
        DbBackend::Postgres => ("--@postgres", "BYTEA"),
        _ => ("--@sqlite", "BLOB"),
    };
    let mut on = true;
    let mut out = String::with_capacity(sql.len());
    for line in sql.lines() {
        match line.trim() {
            "--@all" => on = true,
            section @ ("--@sqlite" | "--@postgres") => on = section == mine,
            _ if on => {
                out.push_str(&line.replace("BYTES", bytes));
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

/// FNV-1a over the text without white space: a changed migration is noticed, a reformatted one is not.
fn checksum(sql: &str) -> String {
    let hash = sql
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_chosen_by_database() {
        let sql = "CREATE TABLE a (b BYTES);\n--@sqlite\nONE;\n--@postgres\nTWO;\n--@all\nEND;";
        assert_eq!(dialect(sql, DbBackend::Sqlite), "CREATE TABLE a (b BLOB);\nONE;\nEND;\n");
        assert_eq!(dialect(sql, DbBackend::Postgres), "CREATE TABLE a (b BYTEA);\nTWO;\nEND;\n");
    }

    #[test]
    fn gaps_and_repetitions_in_the_list_are_refused() {
        let m = |feature, version| Migration { feature, version, name: "", sql: "" };
        assert!(check(&[m("a", 1), m("b", 1), m("a", 2)]).is_ok());
        for bad in [vec![m("a", 2)], vec![m("a", 1), m("a", 1)], vec![m("a", 1), m("a", 3)]] {
            assert!(check(&bad).is_err());
        }
    }

    #[test]
    fn a_reformatted_migration_is_the_same_and_a_changed_one_is_not() {
        assert_eq!(checksum("CREATE  TABLE a;\n"), checksum("CREATE TABLE a;"));
        assert_ne!(checksum("CREATE TABLE a;"), checksum("CREATE TABLE b;"));
    }
}
