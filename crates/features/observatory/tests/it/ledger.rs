//! Budgets over a real database.

use std::collections::HashMap;
use std::sync::Arc;

use xinghe_ai::{AiError, CallIntent, CallRecord, Meter, Purpose, Usage};
use xinghe_core::AuthorId;
use xinghe_observatory::{Budget, Ledger, migrations};
use xinghe_store::{Store, StoreSettings, SystemClock, SystemRandom};

fn intent(purpose: Purpose, member: Option<i64>, minor: i64) -> CallIntent {
    let member = member.map(AuthorId::from_raw);
    CallIntent { model: "m".into(), purpose, member, worst_cost_micro: minor * 1_000_000 }
}

fn record(intent: &CallIntent, minor: i64) -> CallRecord {
    CallRecord {
        model: intent.model.clone(),
        purpose: intent.purpose,
        member: intent.member,
        usage: Usage { input: 10, output: 5 },
        cost_micro: minor * 1_000_000,
        millis: 3,
        ok: true,
    }
}

async fn ledger(dir: &tempfile::TempDir, budget: Budget) -> Ledger {
    let settings = StoreSettings::sqlite(&dir.path().join("x.db"));
    let store = Store::open(&settings, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap();
    store.migrate(&migrations()).await.unwrap();
    Ledger::new(store, budget)
}

#[tokio::test]
async fn calls_under_way_count_until_their_real_cost_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = ledger(&dir, Budget { day: Some(10), ..Budget::default() }).await;
    let call = intent(Purpose::Answer, None, 6);
    ledger.allow(&call).await.unwrap();
    assert!(matches!(ledger.allow(&call).await, Err(AiError::Budget(_))), "6 held and 6 wanted pass 10");
    ledger.record(record(&call, 1)).await;
    ledger.allow(&call).await.unwrap();
    ledger.record(record(&call, 6)).await;
    assert!(ledger.allow(&call).await.is_err(), "7 spent and 6 wanted pass 10");
    let spending = ledger.spending(2).await.unwrap();
    assert_eq!((spending[0].calls, spending[0].cost_micro, spending[0].input_tokens), (2, 7_000_000, 20));
}

#[tokio::test]
async fn budgets_by_member_and_by_purpose_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let purposes = HashMap::from([(Purpose::Verify, 1)]);
    let ledger = ledger(&dir, Budget { day: None, member_day: Some(2), purpose_day: purposes }).await;
    let mine = intent(Purpose::Answer, Some(1), 2);
    ledger.allow(&mine).await.unwrap();
    ledger.record(record(&mine, 2)).await;
    assert!(ledger.allow(&mine).await.is_err());
    ledger.allow(&intent(Purpose::Answer, Some(2), 2)).await.unwrap();
    ledger.allow(&intent(Purpose::Answer, None, 200)).await.unwrap();
    assert!(ledger.allow(&intent(Purpose::Verify, None, 2)).await.is_err());
}
