//! What the tests of all crates share: databases that vanish afterwards, a clock moved by hand, seeded randomness.
//!
//! ```no_run
//! use xinghe_testkit::{TestDb, on_both_databases};
//!
//! async fn an_empty_log_has_no_head(db: TestDb) {
//!     let head = xinghe_store::Log::new(db.store().clone()).head().await.unwrap();
//!     assert_eq!(head, xinghe_core::event::Position::START);
//! }
//! on_both_databases!(an_empty_log_has_no_head);
//! ```
//!
//! PostgreSQL is the server named by `XINGHE_TEST_POSTGRES` (`tests/postgres.sh COMMAND` starts one and sets it).
//! Where that is not set, the PostgreSQL half of a test says so and passes.

mod db;
mod gate;
mod manual;
mod smtp;

pub use db::{POSTGRES_VARIABLE, TestDb};
pub use gate::Gate;
pub use manual::{ManualClock, SeededRandom};
pub use smtp::{Received, SmtpPeer};

/// Makes two tests of each `async fn name(db: TestDb)`: `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::TestDb::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = $crate::TestDb::postgres().await {
                    super::$name(db).await;
                }
            }
        }
    )+};
}

/// Waits until `check` holds, looking again whenever other tasks have had a turn, and panics after half a minute.
/// For what another task or process does in its own time and nothing announces.
pub async fn eventually<F, Fut>(what: &str, mut check: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while !check().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
