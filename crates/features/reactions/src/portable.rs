//! What a member takes along of votes, thanks, bookmarks and follows.

use std::collections::HashMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, FollowKind, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, params};

use crate::commands::Reactions;
use crate::store;

const FILES: &[Described] = &[
    Described {
        path: "reactions/votes.json",
        en: "votes: `post`, `value` (1 or -1), `at`",
        zh: "投票：内容、赞成或反对、时间",
    },
    Described { path: "reactions/thanks.json", en: "thanks: `post`, `at`", zh: "感谢：内容、时间" },
    Described {
        path: "reactions/bookmarks.json",
        en: "`folders`: id and name; `bookmarks`: `post`, `folder`, `note`, `at`",
        zh: "书签夹和书签：内容、所在的夹、备注、时间",
    },
    Described {
        path: "reactions/follows.json",
        en: "what one follows: `kind` (member, tag, post), `member`, `tag` or `post`, `at`",
        zh: "关注的成员、标签和内容",
    },
];

#[derive(FromQueryResult)]
struct Reacted {
    post: i64,
    value: i32,
    at: i64,
}

#[derive(FromQueryResult)]
struct Marked {
    post: i64,
    folder: Option<i64>,
    note: String,
    at: i64,
}

#[derive(FromQueryResult)]
struct Followed {
    kind: String,
    id: i64,
    tag: String,
    at: i64,
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

/// A post as an archive names it; the address leads there also when its title is not known any more.
fn post(site: &str, id: i64) -> Value {
    json!({ "id": PostId::from_raw(id), "url": format!("{site}/posts/{id}") })
}

#[async_trait]
impl Portable for Reactions {
    fn files(&self) -> &'static [Described] {
        FILES
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let (db, site) = (&self.store, into.site().to_owned());
        let sql = "SELECT post, value, at FROM reactions_vote WHERE member = $1 ORDER BY at, post";
        let votes: Vec<Reacted> = db.all(sql, params![member.raw()]).await?;
        let vote = |r: &Reacted| json!({ "post": post(&site, r.post), "value": r.value, "at": at(r.at) });
        into.json("reactions/votes.json", &votes.iter().map(vote).collect()).await?;
        let sql = "SELECT post, 1 AS value, at FROM reactions_thanks WHERE member = $1 ORDER BY at, post";
        let thanks: Vec<Reacted> = db.all(sql, params![member.raw()]).await?;
        let thank = |r: &Reacted| json!({ "post": post(&site, r.post), "at": at(r.at) });
        into.json("reactions/thanks.json", &thanks.iter().map(thank).collect()).await?;
        let folders = store::folders(db, member).await?.folders;
        let sql = "SELECT post, folder, note, at FROM reactions_bookmark WHERE member = $1 ORDER BY at, post";
        let marks: Vec<Marked> = db.all(sql, params![member.raw()]).await?;
        let mark = |r: &Marked| {
            let folder = r.folder.map(|f| f.to_string());
            json!({ "post": post(&site, r.post), "folder": folder, "note": r.note, "at": at(r.at) })
        };
        let bookmarks = json!({
            "folders": folders.iter().map(|f| json!({ "id": f.id, "name": f.name })).collect::<Value>(),
            "bookmarks": marks.iter().map(mark).collect::<Value>(),
        });
        into.json("reactions/bookmarks.json", &bookmarks).await?;
        let sql = "SELECT kind, id, tag, at FROM reactions_follow WHERE member = $1 ORDER BY at, id";
        let rows: Vec<Followed> = db.all(sql, params![member.raw()]).await?;
        let of_members = |r: &&Followed| r.kind == FollowKind::Member.as_str();
        let ids: Vec<AuthorId> = rows.iter().filter(of_members).map(|r| AuthorId::from_raw(r.id)).collect();
        let cards = if ids.is_empty() { HashMap::new() } else { self.authors.cards(&ids).await? };
        let follow = |r: &Followed| {
            let mut one = json!({ "kind": r.kind, "at": at(r.at) });
            match r.kind.parse() {
                Ok(FollowKind::Member) => {
                    let card = cards.get(&AuthorId::from_raw(r.id));
                    let url = card.map(|c| format!("{site}{}", c.url()));
                    one["member"] = json!({ "id": r.id.to_string(), "name": card.map(|c| &c.name), "url": url });
                }
                Ok(FollowKind::Tag) => one["tag"] = json!(r.tag),
                _ => one["post"] = post(&site, r.id),
            }
            one
        };
        into.json("reactions/follows.json", &rows.iter().map(follow).collect()).await
    }
}
