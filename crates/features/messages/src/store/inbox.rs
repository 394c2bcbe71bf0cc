//! Conversations and what is in them.

use std::collections::HashMap;

use xinghe_core::{AuthorId, ConversationId, MessageId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use crate::model::{Conversation, Cursor, Message};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    conversation: i64,
    author: i64,
    body: String,
    at: i64,
}

impl From<Row> for Message {
    fn from(r: Row) -> Self {
        Self {
            id: MessageId::from_raw(r.id),
            conversation: ConversationId::from_raw(r.conversation),
            author: AuthorId::from_raw(r.author),
            body: r.body,
            at: Timestamp::from_millis(r.at),
        }
    }
}

const COLUMNS: &str = "m.id, m.conversation, m.author, m.body, m.at";

/// Makes a conversation of these members, which somebody begins.
pub(crate) async fn begin(
    unit: &mut UnitOfWork,
    id: ConversationId,
    (by, other): (AuthorId, AuthorId),
) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO messages_conversation (id, made_at, last) VALUES ($1, $2, 0)";
    unit.execute(sql, params![id.raw(), now]).await?;
    let sql = "INSERT INTO messages_pair (low, high, conversation) VALUES ($1, $2, $3)";
    unit.execute(sql, params![by.raw().min(other.raw()), by.raw().max(other.raw()), id.raw()]).await?;
    let sql = "INSERT INTO messages_begun (conversation, member, at) VALUES ($1, $2, $3)";
    unit.execute(sql, params![id.raw(), by.raw(), now]).await?;
    for member in [by, other] {
        let sql = "INSERT INTO messages_member (conversation, member, last, read_to, unread) VALUES ($1, $2, 0, 0, 0)";
        unit.execute(sql, params![id.raw(), member.raw()]).await?;
    }
    Ok(())
}

/// Adds a message; to its author it is read, to the others not.
pub(crate) async fn add(unit: &mut UnitOfWork, message: &Message) -> Result<(), StoreError> {
    let sql = "INSERT INTO messages_message (id, conversation, author, body, at) VALUES ($1, $2, $3, $4, $5)";
    let (id, conversation, author) = (message.id.raw(), message.conversation.raw(), message.author.raw());
    unit.execute(sql, params![id, conversation, author, message.body.as_str(), message.at.as_millis()]).await?;
    unit.execute("UPDATE messages_conversation SET last = $2 WHERE id = $1", params![conversation, id]).await?;
    let sql = "UPDATE messages_member SET last = $2, unread = CASE WHEN member = $3 THEN 0 ELSE unread + 1 END, \
               read_to = CASE WHEN member = $3 THEN $2 ELSE read_to END WHERE conversation = $1";
    unit.execute(sql, params![conversation, id, author]).await?;
    Ok(())
}

/// Whether somebody takes part in a conversation.
pub(crate) async fn member_of(
    q: &impl Queries,
    conversation: ConversationId,
    member: AuthorId,
) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_member WHERE conversation = $1 AND member = $2";
    Ok(q.number(sql, params![conversation.raw(), member.raw()]).await?.unwrap_or_default() > 0)
}

#[derive(FromQueryResult)]
struct Seen {
    conversation: i64,
    last: i64,
    unread: i32,
}

async fn with_others(q: &impl Queries, member: AuthorId, rows: Vec<Seen>) -> Result<Vec<Conversation>, StoreError> {
    #[derive(FromQueryResult)]
    struct Other {
        conversation: i64,
        member: i64,
    }
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT conversation, member FROM messages_member WHERE member <> $1 AND conversation IN ({}) ORDER BY member",
        list(2, rows.len())
    );
    let mut values = params![member.raw()];
    values.extend(rows.iter().map(|r| Value::from(r.conversation)));
    let mut others: HashMap<i64, Vec<AuthorId>> = HashMap::new();
    for other in q.all::<Other>(&sql, values).await? {
        others.entry(other.conversation).or_default().push(AuthorId::from_raw(other.member));
    }
    let one = |r: Seen| Conversation {
        id: ConversationId::from_raw(r.conversation),
        others: others.remove(&r.conversation).unwrap_or_default(),
        unread: r.unread.unsigned_abs(),
        last: MessageId::from_raw(r.last),
    };
    Ok(rows.into_iter().map(one).collect())
}

/// A conversation as one of its members sees it; `None` to everybody else.
pub(crate) async fn conversation(
    q: &impl Queries,
    id: ConversationId,
    member: AuthorId,
) -> Result<Option<Conversation>, StoreError> {
    let sql = "SELECT conversation, last, unread FROM messages_member WHERE conversation = $1 AND member = $2";
    let rows: Vec<Seen> = q.all(sql, params![id.raw(), member.raw()]).await?;
    Ok(with_others(q, member, rows).await?.pop())
}

/// Up to `limit` conversations of a member behind a cursor, the latest first.
pub(crate) async fn conversations(
    q: &impl Queries,
    member: AuthorId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Conversation>, StoreError> {
    let sql = format!(
        "SELECT conversation, last, unread FROM messages_member WHERE member = $1 AND last > 0 AND last < $2 \
         ORDER BY last DESC LIMIT {limit}"
    );
    let rows: Vec<Seen> = q.all(&sql, params![member.raw(), after.map_or(i64::MAX, |c| c.0.raw())]).await?;
    with_others(q, member, rows).await
}

/// These messages.
pub(crate) async fn last_words(q: &impl Queries, ids: &[MessageId]) -> Result<HashMap<MessageId, Message>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!("SELECT {COLUMNS} FROM messages_message m WHERE m.id IN ({})", list(1, ids.len()));
    let rows: Vec<Row> = q.all(&sql, ids.iter().map(|id| id.raw().into()).collect()).await?;
    Ok(rows.into_iter().map(Message::from).map(|m| (m.id, m)).collect())
}

/// Up to `limit` messages of a conversation before one, the latest first.
pub(crate) async fn messages(
    q: &impl Queries,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages_message m WHERE m.conversation = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT {limit}"
    );
    let rows: Vec<Row> = q.all(&sql, params![conversation.raw(), before.map_or(i64::MAX, MessageId::raw)]).await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Whether a message of a member's has this path in its text.
pub(crate) async fn shows(q: &impl Queries, author: AuthorId, path: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_message WHERE author = $1 AND body LIKE $2";
    Ok(q.number(sql, params![author.raw(), format!("%{path}%")]).await?.unwrap_or_default() > 0)
}

/// A message that a member received from somebody else.
pub(crate) async fn received(q: &impl Queries, id: MessageId, member: AuthorId) -> Result<Option<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages_message m JOIN messages_member p ON p.conversation = m.conversation \
         AND p.member = $2 WHERE m.id = $1 AND m.author <> $2"
    );
    Ok(q.one::<Row>(&sql, params![id.raw(), member.raw()]).await?.map(Message::from))
}

/// Marks all of a conversation up to a message as read by a member; answers whether something was unread.
pub(crate) async fn read(
    unit: &mut UnitOfWork,
    conversation: ConversationId,
    member: AuthorId,
    to: MessageId,
) -> Result<bool, StoreError> {
    let sql = "UPDATE messages_member SET read_to = $3, unread = (SELECT COUNT(*) FROM messages_message m \
               WHERE m.conversation = $1 AND m.id > $3 AND m.author <> $2) \
               WHERE conversation = $1 AND member = $2 AND read_to < $3 AND unread > 0";
    Ok(unit.execute(sql, params![conversation.raw(), member.raw(), to.raw()]).await? > 0)
}

/// In how many conversations a member has something unread.
pub(crate) async fn unread(q: &impl Queries, member: AuthorId) -> Result<u32, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_member WHERE member = $1 AND unread > 0";
    let count = q.number(sql, params![member.raw()]).await?.unwrap_or_default();
    Ok(u32::try_from(count).unwrap_or_default())
}

/// How many messages a member wrote since a moment.
pub(crate) async fn author_since(q: &impl Queries, member: AuthorId, since: Timestamp) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_message WHERE author = $1 AND at > $2";
    Ok(q.number(sql, params![member.raw(), since.as_millis()]).await?.unwrap_or_default())
}

/// How many conversations a member began since a moment.
pub(crate) async fn begun_since(q: &impl Queries, member: AuthorId, since: Timestamp) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_begun WHERE member = $1 AND at > $2";
    Ok(q.number(sql, params![member.raw(), since.as_millis()]).await?.unwrap_or_default())
}

/// Whether somebody ever wrote in a conversation.
pub(crate) async fn wrote_in(
    q: &impl Queries,
    conversation: ConversationId,
    member: AuthorId,
) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM (SELECT 1 AS one FROM messages_message WHERE conversation = $1 \
               AND author = $2 LIMIT 1) AS any_of";
    Ok(q.number(sql, params![conversation.raw(), member.raw()]).await?.unwrap_or_default() > 0)
}

/// How many messages a member wrote in a conversation since anybody else last did.
pub(crate) async fn since_answer(
    q: &impl Queries,
    conversation: ConversationId,
    member: AuthorId,
) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_message WHERE conversation = $1 AND author = $2 AND id > \
               COALESCE((SELECT MAX(o.id) FROM messages_message o WHERE o.conversation = $1 AND o.author <> $2), 0)";
    Ok(q.number(sql, params![conversation.raw(), member.raw()]).await?.unwrap_or_default())
}

/// Removes a conversation in which nobody takes part any more, or nothing is left to be read.
pub(crate) async fn drop_empty(unit: &mut UnitOfWork, conversation: ConversationId) -> Result<(), StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM messages_member WHERE conversation = $1) * \
               (SELECT COUNT(*) FROM messages_message WHERE conversation = $1) AS value";
    if unit.number(sql, params![conversation.raw()]).await?.unwrap_or_default() > 0 {
        return Ok(());
    }
    for table in ["messages_member", "messages_message", "messages_begun", "messages_pair"] {
        let sql = format!("DELETE FROM {table} WHERE conversation = $1");
        unit.execute(&sql, params![conversation.raw()]).await?;
    }
    unit.execute("DELETE FROM messages_conversation WHERE id = $1", params![conversation.raw()]).await?;
    Ok(())
}
