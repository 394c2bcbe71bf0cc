//! Reading the ledger: all that a twin did by itself or for its owner, and what readers asked it.

use serde::de::DeserializeOwned;
use xinghe_core::{AuthorId, PostId, Timestamp, TwinAct, TwinDraftId};
use xinghe_store::{FromQueryResult, Queries, StoreError, params};

use super::model::DraftState;
use crate::model::{Answer, Citation};

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Lines sort by it, the newest has the highest.
    pub id: i64,
    pub at: Timestamp,
    /// What it did; `None`: a reader asked it.
    pub act: Option<TwinAct>,
    /// Of what a reader asked: whether it declined.
    pub abstained: bool,
    /// The question in the community.
    pub question: Option<PostId>,
    /// What a reader asked.
    pub asked: Option<String>,
    pub draft: Option<TwinDraftId>,
    /// Whether this line's answer is still there to be taken back.
    pub undoable: bool,
    pub why: Option<String>,
    pub confidence: Option<f64>,
    /// What it saw.
    pub seen: Vec<Citation>,
}

#[derive(FromQueryResult)]
struct ActRow {
    id: i64,
    at: i64,
    act: String,
    question: i64,
    draft: Option<i64>,
    state: Option<String>,
    why: Option<String>,
    confidence: Option<f64>,
    seen: String,
}

#[derive(FromQueryResult)]
struct AskedRow {
    id: i64,
    at: i64,
    question: String,
    abstained: bool,
    reason: Option<String>,
    confidence: f64,
    body: String,
}

fn unjson<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Value(e.to_string()))
}

/// The ledger of an owner's twin below `before`, the newest first.
pub(crate) async fn ledger(
    q: &impl Queries,
    owner: AuthorId,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let values = || params![owner.raw(), before.unwrap_or(i64::MAX), limit as i64];
    let sql = "SELECT a.id, a.at, a.act, a.question, a.draft, d.state, a.why, a.confidence, a.seen FROM twins_act a \
               LEFT JOIN twins_draft d ON d.id = a.draft WHERE a.owner = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3";
    let acts: Vec<ActRow> = q.all(sql, values()).await?;
    let sql = "SELECT id, at, question, abstained, reason, confidence, body FROM twins_answer \
               WHERE twin = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    let asked: Vec<AskedRow> = q.all(sql, values()).await?;
    let mut entries = Vec::with_capacity(acts.len() + asked.len());
    for r in acts {
        let act: TwinAct = r.act.parse().map_err(|_| StoreError::Value(format!("a twin's act is {:?}", r.act)))?;
        let published = r.state.as_deref().and_then(DraftState::parse) == Some(DraftState::Published);
        entries.push(Entry {
            id: r.id,
            at: Timestamp::from_millis(r.at),
            act: Some(act),
            abstained: false,
            question: Some(PostId::from_raw(r.question)),
            asked: None,
            draft: r.draft.map(TwinDraftId::from_raw),
            undoable: act == TwinAct::Published && published,
            why: r.why,
            confidence: r.confidence,
            seen: unjson(&r.seen)?,
        });
    }
    for r in asked {
        entries.push(Entry {
            id: r.id,
            at: Timestamp::from_millis(r.at),
            act: None,
            abstained: r.abstained,
            question: None,
            asked: Some(r.question),
            draft: None,
            undoable: false,
            why: r.reason,
            confidence: Some(r.confidence),
            seen: unjson::<Answer>(&r.body)?.citations,
        });
    }
    entries.sort_unstable_by_key(|e| std::cmp::Reverse(e.id));
    entries.truncate(limit);
    Ok(entries)
}
