//! What a member takes along of the twin: what it may do, all that it did, and what the member asked.

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::{PortError, PortResult};
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, params};

use crate::acts::{ledger, store as acts};
use crate::ask::Asker;
use crate::memory::model::Statement;
use crate::memory::store as memory;
use crate::model::Answer;

const FILES: &[Described] = &[
    Described {
        path: "twin/settings.json",
        en: "what the twin may do: `paused`, `never_about`, `answer`; `excluded`: posts kept from it",
        zh: "数字人的权限：是否停用、不谈的话题、回答的条件；不给它用的内容",
    },
    Described {
        path: "twin/ledger.json",
        en: "all that the twin did, the newest first: `at`, `act` (none: a reader asked it), `question`, `asked`, `why`, `confidence`, `seen` (addresses of what it cited)",
        zh: "数字人的账本：时间、行为、问题、原因、把握、引用了什么",
    },
    Described {
        path: "twin/drafts.json",
        en: "what it wrote: `question`, `state`, `owners_part`, `body`, `post`, `at`",
        zh: "数字人的草稿：问题、状态、本人的参与、正文、时间",
    },
    Described {
        path: "twin/corrections.json",
        en: "what one said to its drafts: `twin_said`, `owner_said`, `reason`, `at`",
        zh: "对草稿的修改与理由",
    },
    Described {
        path: "twin/statements.json",
        en: "what one said to the twin: `kind` (correction, fact), `state`, `at`, `question`, `text`, `post` (that it leans on or was read in), `quote` (the sentence there), `about` (the post that it corrects)",
        zh: "对数字人说过的话：更正与事实，时间、问题、正文、依据",
    },
    Described {
        path: "twin/asked.json",
        en: "what one asked the guide and twins: `question`, `twin`, `at`, `abstained`, `answer`, `cited` (addresses)",
        zh: "自己向向导和数字人提过的问题与回答",
    },
];

/// Lines of the ledger that are read at once.
const PAGE: usize = 500;

#[derive(FromQueryResult)]
struct DraftRow {
    question: i64,
    state: String,
    owners_part: String,
    body: String,
    post: i64,
    at: i64,
}

#[derive(FromQueryResult)]
struct Correction {
    question: i64,
    at: i64,
    twin_said: String,
    owner_said: Option<String>,
    reason: Option<String>,
}

#[derive(FromQueryResult)]
struct Asked {
    id: i64,
    at: i64,
    twin: Option<i64>,
    question: String,
    abstained: bool,
    body: String,
}

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn asked(row: &Asked) -> Result<Value, StoreError> {
    let answer: Answer = serde_json::from_str(&row.body).map_err(|e| StoreError::Value(e.to_string()))?;
    let cited: Vec<&str> = answer.citations.iter().map(|c| c.url.as_str()).collect();
    Ok(json!({
        "id": row.id.to_string(),
        "at": moment(row.at),
        "twin": row.twin.map(|t| t.to_string()),
        "question": row.question,
        "abstained": row.abstained,
        "answer": answer.answer,
        "cited": cited,
    }))
}

async fn whole_ledger(asker: &Asker, owner: AuthorId) -> PortResult<Vec<Value>> {
    let (mut lines, mut before) = (Vec::new(), None);
    loop {
        let page = ledger::ledger(&asker.deps().store, owner, before, PAGE).await?;
        let more = page.len() == PAGE;
        before = page.last().map(|e| e.id);
        for e in page {
            lines.push(json!({
                "at": e.at,
                "act": e.act,
                "abstained": e.abstained,
                "question": e.question,
                "asked": e.asked,
                "why": e.why,
                "confidence": e.confidence,
                "seen": e.seen.iter().map(|c| c.url.as_str()).collect::<Value>(),
            }));
        }
        if !more {
            return Ok(lines);
        }
    }
}

#[async_trait]
impl Portable for Asker {
    fn files(&self) -> &'static [Described] {
        FILES
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let db = &self.deps().store;
        let grants = acts::grants_of(db, member).await?;
        let mut settings = serde_json::to_value(&grants).map_err(PortError::new)?;
        settings["excluded"] = json!(acts::kept_from(db, member).await?);
        into.json("twin/settings.json", &settings).await?;
        into.json("twin/ledger.json", &json!(whole_ledger(self, member).await?)).await?;
        let sql = "SELECT question, state, owners_part, body, post, at FROM twins_draft WHERE owner = $1 ORDER BY id";
        let drafts: Vec<DraftRow> = db.all(sql, params![member.raw()]).await?;
        let draft = |d: &DraftRow| {
            let post = Some(d.post).filter(|_| d.state == "published").map(|p| p.to_string());
            json!({ "question": d.question.to_string(), "state": d.state, "owners_part": d.owners_part,
                    "body": d.body, "post": post, "at": moment(d.at) })
        };
        into.json("twin/drafts.json", &drafts.iter().map(draft).collect()).await?;
        let sql =
            "SELECT question, at, twin_said, owner_said, reason FROM twins_correction WHERE owner = $1 ORDER BY id";
        let said: Vec<Correction> = db.all(sql, params![member.raw()]).await?;
        let correction = |c: &Correction| {
            json!({ "question": c.question.to_string(), "at": moment(c.at), "twin_said": c.twin_said,
                    "owner_said": c.owner_said, "reason": c.reason })
        };
        into.json("twin/corrections.json", &said.iter().map(correction).collect()).await?;
        let said = memory::whole(db, member).await?;
        let statement = |s: &Statement| {
            json!({ "kind": s.kind, "state": s.state, "at": s.at, "question": s.question, "text": s.text,
                    "language": s.language, "post": s.post, "quote": s.quote, "about": s.about })
        };
        into.json("twin/statements.json", &said.iter().rev().map(statement).collect()).await?;
        let sql = "SELECT id, at, twin, question, abstained, body FROM twins_answer WHERE asker = $1 ORDER BY id";
        let rows: Vec<Asked> = db.all(sql, params![member.raw()]).await?;
        let questions = rows.iter().map(asked).collect::<Result<Value, _>>()?;
        into.json("twin/asked.json", &questions).await
    }
}
