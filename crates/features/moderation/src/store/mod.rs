//! The SQL of moderation; its tables begin with `moderation_`.

mod acts;
mod cases;
mod eye;
mod trust;

pub(crate) use acts::{
    acts, acts_by_id, confirm, decide_appeal, end, has_standing, insert_act, insert_appeal, log, of_member, suspended,
};
pub(crate) use cases::{
    CaseFilter, case, case_of, cases, close, counts, erase, insert_case, insert_note, notes, pass, put_report, reasons,
    reports, reports_by, take,
};

pub(crate) use eye::{
    Learned, agreement, alike, decided, forget_seen, forget_seen_of, held, keep_learned, last_decided, learned,
    looked_at, put_sketch, put_verdict, rules, set_rules, verdict, verdicts,
};
pub(crate) use trust::{
    active, drop_trust, facts, forget_levels, forget_trust, joined, published, seen, set_level, set_levels,
    settings_of, thanked, upheld, written, written_since,
};

use std::str::FromStr;

use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::StoreError;

/// A stored word as its type.
fn word<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|e: T::Err| StoreError::Value(e.to_string()))
}

fn author(raw: Option<i64>) -> Option<AuthorId> {
    raw.map(AuthorId::from_raw)
}

fn moment(raw: Option<i64>) -> Option<Timestamp> {
    raw.map(Timestamp::from_millis)
}
