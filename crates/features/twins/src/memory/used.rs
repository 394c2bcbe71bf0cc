//! Which answers used a post, or what the owner said.

use xinghe_core::{AuthorId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, params};

/// How many are told of each sort.
const MOST: i64 = 20;

/// An answer of an owner's twin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Used {
    /// When it was given.
    pub at: Timestamp,
    /// What was asked.
    pub question: String,
    /// The post that it is, where it appeared below a question.
    pub post: Option<PostId>,
}

/// The answers of this owner's twin that cite a post or a statement, by its id: those that readers were given and those
/// that appeared below questions, the newest first.
pub(crate) async fn used(q: &impl Queries, owner: AuthorId, id: i64) -> Result<Vec<Used>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        at: i64,
        question: String,
    }
    #[derive(FromQueryResult)]
    struct Draft {
        at: i64,
        answer: String,
        post: i64,
    }
    let values = || params![owner.raw(), format!("%\"{id}\"%"), MOST];
    let sql = "SELECT at, question FROM twins_answer WHERE twin = $1 AND NOT abstained AND body LIKE $2 \
               ORDER BY id DESC LIMIT $3";
    let given: Vec<Row> = q.all(sql, values()).await?;
    let sql = "SELECT at, answer, post FROM twins_draft WHERE owner = $1 AND state = 'published' AND answer LIKE $2 \
               ORDER BY id DESC LIMIT $3";
    let appeared: Vec<Draft> = q.all(sql, values()).await?;
    let moment = Timestamp::from_millis;
    let mut all: Vec<Used> =
        given.into_iter().map(|r| Used { at: moment(r.at), question: r.question, post: None }).collect();
    for draft in appeared {
        let answer: crate::model::Answer =
            serde_json::from_str(&draft.answer).map_err(|e| StoreError::Value(e.to_string()))?;
        let post = Some(PostId::from_raw(draft.post));
        all.push(Used { at: moment(draft.at), question: answer.question, post });
    }
    all.sort_by_key(|u| std::cmp::Reverse(u.at));
    Ok(all)
}
