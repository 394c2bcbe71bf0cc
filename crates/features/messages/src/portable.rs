//! What a member takes along of messages: conversations, with what others wrote in them to the member, and choices.

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::AuthorId;
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::PortResult;

use crate::commands::Messages;
use crate::store;

const FILES: &[Described] = &[
    Described {
        path: "messages/*.json",
        en: "conversations: `with` (`handle`, `name`; null where the account is gone), `messages` (`own`, `body`, `at`), the oldest first",
        zh: "私信：对方的用户名和名字（账号已注销则为空），消息按时间先后，是否自己写的、正文、时间",
    },
    Described {
        path: "messages/settings.json",
        en: "`who` may write to one, and `blocked` members with `at`",
        zh: "谁可以发私信给自己、拉黑的成员",
    },
];

/// Conversations and messages that are read at once.
const STEP: usize = 200;

impl Messages {
    async fn whole(&self, member: AuthorId, listed: &crate::read::Listed) -> PortResult<Value> {
        let (mut all, mut before): (Vec<Value>, _) = (Vec::new(), None);
        loop {
            let some = store::messages(&self.store, listed.conversation.id, before, STEP).await?;
            all.extend(some.iter().map(|m| json!({ "own": m.author == member, "body": m.body, "at": m.at })));
            before = some.last().map(|m| m.id);
            if some.len() < STEP {
                break;
            }
        }
        all.reverse();
        let with = listed.other.as_ref().map(|c| json!({ "handle": c.handle, "name": c.name }));
        Ok(json!({ "with": with, "messages": all }))
    }
}

#[async_trait]
impl Portable for Messages {
    fn files(&self) -> &'static [Described] {
        FILES
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let mut after = None;
        loop {
            let inbox = self.inbox(member, after, STEP).await.map_err(xinghe_core::ports::PortError::new)?;
            for listed in &inbox.items {
                let whole = self.whole(member, listed).await?;
                into.json(&format!("messages/{}.json", listed.conversation.id), &whole).await?;
            }
            after = inbox.next;
            if after.is_none() {
                break;
            }
        }
        let blocked = self.blocked(member).await.map_err(xinghe_core::ports::PortError::new)?;
        let blocked: Value = blocked.iter().map(|b| json!({ "handle": b.card.handle, "at": b.at })).collect();
        let who = store::who(&self.store, member).await?;
        into.json("messages/settings.json", &json!({ "who": who.as_str(), "blocked": blocked })).await
    }
}
