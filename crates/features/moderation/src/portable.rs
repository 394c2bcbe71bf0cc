//! What a member takes along of moderation: what the member reported, and what was decided about the member. Who
//! reported the member, who decided, and what moderators wrote for one another stays here.

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, params};

use crate::commands::Moderation;
use crate::model::Act;
use crate::store;

const FILES: &[Described] = &[
    Described {
        path: "moderation/reports.json",
        en: "what one reported: `kind` (post, member, message), `subject`, `reason`, `words`, `at`, `state`",
        zh: "自己的举报：对象、理由、说明、时间、状态",
    },
    Described {
        path: "moderation/decisions.json",
        en: "what moderators decided about one: `measure`, `post`, `reason`, `words`, `until`, `state`, `at`, `appeal`",
        zh: "版主对自己的决定：措施、内容、理由、说明、期限、状态、时间、申诉",
    },
];

#[derive(FromQueryResult)]
struct Reported {
    kind: String,
    subject: i64,
    reason: String,
    words: String,
    at: i64,
    state: String,
}

fn report(r: &Reported) -> Value {
    json!({
        "kind": r.kind,
        "subject": r.subject.to_string(),
        "reason": r.reason,
        "words": r.words,
        "at": Timestamp::from_millis(r.at),
        "state": r.state,
    })
}

fn decision(a: &Act) -> Value {
    let appeal = a.appeal.as_ref();
    json!({
        "measure": a.measure.as_str(),
        "post": a.post,
        "reason": a.reason.as_str(),
        "words": a.words,
        "until": a.until,
        "state": a.state.as_str(),
        "at": a.at,
        "appeal": appeal.map(|p| json!({ "words": p.words, "at": p.at, "granted": p.granted, "answer": p.answer })),
    })
}

#[async_trait]
impl Portable for Moderation {
    fn files(&self) -> &'static [Described] {
        FILES
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let sql = "SELECT c.kind, c.subject, r.reason, r.words, r.at, c.state FROM moderation_report r \
                   JOIN moderation_case c ON c.id = r.case_id WHERE r.by_member = $1 ORDER BY r.at, r.case_id";
        let reports: Vec<Reported> = self.store.all(sql, params![member.raw()]).await?;
        into.json("moderation/reports.json", &reports.iter().map(report).collect()).await?;
        let acts = store::of_member(&self.store, member).await?;
        into.json("moderation/decisions.json", &acts.iter().map(decision).collect()).await
    }
}
