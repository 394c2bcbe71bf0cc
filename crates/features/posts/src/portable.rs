//! What a member takes along of posts: texts as Markdown with front matter, which the importer reads back, and series.

use std::collections::HashMap;
use std::fmt::Write as _;

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::content::{CreditRole, PostKind, PostView};
use xinghe_core::id::{AuthorId, DraftId, PostId};
use xinghe_core::portable::{Described, FORM, FORM_KEY, Portable, Sink};
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorCard, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, params};

use crate::PostsPort;
use crate::model::{KeptDraft, PostDetail};
use crate::store;

const FILES: &[Described] = &[
    Described {
        path: "articles/*.md, questions/*.md, moments/*.md, news/*.md, projects/*.md, creations/*.md, books/*.md",
        en: "posts that one wrote or translated, by kind",
        zh: "自己写的或翻译的内容，按类型分",
    },
    Described {
        path: "answers/*.md, comments/*.md",
        en: "answers and comments, one's twin's among them; `parent` says to what",
        zh: "回答和评论，包括自己数字人的；parent 是所回复的对象",
    },
    Described {
        path: "deleted/*.md, hidden/*.md",
        en: "what one deleted and what moderators hid",
        zh: "自己删除的内容和被版主隐藏的内容",
    },
    Described { path: "drafts/*.md", en: "what one was still writing", zh: "尚未发布的草稿" },
    Described {
        path: "series.json",
        en: "series: `title`, `about`, `posts` (files in here, or addresses), `updated_at`",
        zh: "系列：标题、介绍、其中的文章",
    },
];

/// Posts that are read at once.
const STEP: usize = 200;

/// A post of the member's, and whether it is to be seen.
#[derive(FromQueryResult)]
struct Own {
    id: i64,
    deleted_at: Option<i64>,
    hidden_by: Option<i64>,
}

impl Own {
    fn state(&self) -> &'static str {
        match (self.deleted_at, self.hidden_by) {
            (Some(_), _) => "deleted",
            (None, Some(_)) => "hidden",
            (None, None) => "visible",
        }
    }
}

async fn own(q: &impl Queries, member: AuthorId) -> Result<Vec<Own>, StoreError> {
    let sql = "SELECT id, deleted_at, hidden_by FROM posts_post WHERE author = $1 OR id IN (SELECT post FROM \
               posts_credit WHERE author = $1 AND role IN ('author', 'translator', 'twin')) ORDER BY id";
    q.all(sql, params![member.raw()]).await
}

async fn draft_ids(q: &impl Queries, owner: AuthorId) -> Result<Vec<DraftId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let sql = "SELECT id FROM posts_draft WHERE owner = $1 AND published IS NULL AND dropped_at IS NULL ORDER BY id";
    let rows: Vec<Row> = q.all(sql, params![owner.raw()]).await?;
    Ok(rows.into_iter().map(|r| DraftId::from_raw(r.id)).collect())
}

/// The plural of a kind: the folder of its files.
const fn folder(kind: PostKind) -> &'static str {
    match kind {
        PostKind::Article => "articles",
        PostKind::Question => "questions",
        PostKind::Answer => "answers",
        PostKind::Comment => "comments",
        PostKind::Moment => "moments",
        PostKind::News => "news",
        PostKind::Project => "projects",
        PostKind::Creation => "creations",
        PostKind::Book => "books",
    }
}

fn day(at: Timestamp) -> String {
    at.rfc3339().chars().take(10).collect()
}

/// The file of a post: its day, words of its address, its id.
fn path_of(view: &PostView, state: &str) -> String {
    let folder = if state == "visible" { folder(view.kind) } else { state };
    let slug = if view.kind.is_reply() { "" } else { view.slug.as_str() };
    let words = slug.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let words: String = words.flat_map(|w| [w, "-"]).collect::<String>().chars().take(60).collect();
    let words = words.trim_end_matches('-');
    let between = if words.is_empty() { "" } else { "-" };
    format!("{folder}/{}{between}{words}-{}.md", day(view.published_at), view.id)
}

/// Front matter: each value as JSON, which is YAML, too.
#[derive(Default)]
struct Front(String);

impl Front {
    fn new() -> Self {
        let mut front = Self::default();
        front.put(FORM_KEY, &json!(FORM));
        front
    }

    /// Adds a fact; what is empty is left out.
    fn put(&mut self, key: &str, value: &Value) {
        let empty = match value {
            Value::Null => true,
            Value::String(s) => s.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(o) => o.is_empty(),
            _ => false,
        };
        if !empty {
            let _ = write!(self.0, "{key}: ");
            for c in value.to_string().chars() {
                // What JSON lets stand and YAML does not, or takes for the end of a line.
                match c {
                    '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                        let _ = write!(self.0, "\\u{:04x}", c as u32);
                    }
                    c => self.0.push(c),
                }
            }
            self.0.push('\n');
        }
    }

    fn page(&self, body: &str) -> Vec<u8> {
        format!("---\n{}---\n\n{body}\n", self.0).into_bytes()
    }
}

const PEOPLE: [(CreditRole, &str); 5] = [
    (CreditRole::Author, "authors"),
    (CreditRole::Translator, "translators"),
    (CreditRole::Reviewer, "reviewers"),
    (CreditRole::Editor, "editors"),
    (CreditRole::Twin, "twins"),
];

/// What the pages of an archive need to know of one another.
struct Book {
    site: String,
    paths: HashMap<PostId, String>,
    people: HashMap<AuthorId, AuthorCard>,
}

impl Book {
    /// How a post is named: by its file where it is in here, else by its address.
    fn name(&self, post: PostId) -> String {
        self.paths.get(&post).cloned().unwrap_or_else(|| format!("{}/posts/{post}", self.site))
    }

    fn people_of(&self, view: &PostView, role: CreditRole) -> Value {
        let those = view.credits.iter().filter(|c| c.role == role).filter_map(|c| self.people.get(&c.author));
        those.map(|c| json!({ "name": c.name, "url": format!("{}{}", self.site, c.url()) })).collect()
    }

    fn page(&self, detail: &PostDetail, state: &str, sources: &[String]) -> Vec<u8> {
        let view = &detail.view;
        let mut front = Front::new();
        front.put("id", &json!(view.id));
        front.put("url", &json!(format!("{}{}", self.site, view.url())));
        front.put("kind", &json!(view.kind.as_str()));
        front.put("state", &json!(state));
        front.put("title", &json!(view.title));
        front.put("date", &json!(view.published_at));
        front.put("updated", &json!(view.updated_at));
        front.put("tags", &json!(view.tags));
        front.put("lang", &json!(view.language.as_str()));
        front.put("license", &json!(view.licence));
        front.put("canonical", &json!(view.source_url));
        front.put("original", &json!(detail.original_url));
        for (role, key) in PEOPLE {
            front.put(key, &self.people_of(view, role));
        }
        front.put("provenance", &json!(view.provenance.as_str()));
        front.put("parent", &json!(view.parent.map(|p| self.name(p))));
        if view.kind == PostKind::Answer && view.accepted {
            front.put("accepted", &json!(true));
        }
        let facts: Value = detail.facts.iter().map(|(n, v)| json!([n, v])).collect();
        front.put("facts", &facts);
        front.put("sources", &json!(sources));
        front.put("quote", &json!(detail.quote.map(|q| self.name(q))));
        front.page(&view.body)
    }

    fn draft(&self, draft: &KeptDraft) -> Vec<u8> {
        let typed = &draft.typed;
        let mut front = Front::new();
        front.put("draft", &json!(true));
        front.put("kind", &json!(draft.kind.as_str()));
        front.put("title", &json!(typed.title));
        front.put("changes", &json!(draft.change.map(|(post, _)| self.name(post))));
        front.put("updated", &json!(draft.updated_at));
        front.put("publish_at", &json!(draft.publish_at));
        front.put("tags", &json!(typed.tags));
        front.put("lang", &json!(typed.language));
        front.put("license", &json!(typed.licence));
        front.put("canonical", &json!(typed.source_url));
        front.put("original", &json!(typed.original_url));
        front.put("provenance", &json!(typed.provenance));
        front.put("facts", &json!(typed.facts));
        front.page(&typed.body)
    }
}

impl PostsPort {
    async fn people(&self, details: &HashMap<PostId, PostDetail>) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let mut ids: Vec<AuthorId> = details.values().flat_map(|d| &d.view.credits).map(|c| c.author).collect();
        ids.sort_unstable();
        ids.dedup();
        self.authors.cards(&ids).await
    }

    async fn put_posts(&self, all: &[Own], book: &mut Book, into: &mut dyn Sink) -> PortResult<()> {
        for some in all.chunks(STEP) {
            let ids: Vec<PostId> = some.iter().map(|o| PostId::from_raw(o.id)).collect();
            let details = store::any_details(&self.store, &ids).await?;
            book.people.extend(self.people(&details).await?);
            for one in some {
                let Some(detail) = details.get(&PostId::from_raw(one.id)) else { continue };
                let sources = match detail.view.kind {
                    PostKind::News => store::sources(&self.store, detail.view.id).await?,
                    _ => vec![],
                };
                let sources: Vec<String> = sources.into_iter().map(|s| s.url).collect();
                let path = book.name(detail.view.id);
                into.file(&path, &book.page(detail, one.state(), &sources)).await?;
            }
        }
        Ok(())
    }

    /// The file of each post.
    async fn paths(&self, all: &[Own]) -> Result<HashMap<PostId, String>, StoreError> {
        let mut paths = HashMap::with_capacity(all.len());
        for some in all.chunks(STEP) {
            let ids: Vec<PostId> = some.iter().map(|o| PostId::from_raw(o.id)).collect();
            let views = store::any_views(&self.store, &ids).await?;
            for one in some {
                if let Some(view) = views.get(&PostId::from_raw(one.id)) {
                    paths.insert(view.id, path_of(view, one.state()));
                }
            }
        }
        Ok(paths)
    }
}

#[async_trait]
impl Portable for PostsPort {
    fn files(&self) -> &'static [Described] {
        FILES
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let all = own(&self.store, member).await?;
        let paths = self.paths(&all).await?;
        let mut book = Book { site: into.site().to_owned(), paths, people: HashMap::new() };
        self.put_posts(&all, &mut book, into).await?;
        for id in draft_ids(&self.store, member).await? {
            if let Some(draft) = store::draft(&self.store, member, id).await? {
                into.file(&format!("drafts/{}-{id}.md", day(draft.updated_at)), &book.draft(&draft)).await?;
            }
        }
        let (mut series, mut before): (Vec<Value>, _) = (Vec::new(), None);
        loop {
            let page = store::series_list(&self.store, Some(member), before, STEP).await?;
            let more = page.len() == STEP;
            before = page.last().map(|s| s.id);
            series.extend(page.iter().map(|s| {
                let posts: Vec<String> = s.parts.iter().map(|p| book.name(*p)).collect();
                json!({ "title": s.title, "about": s.about, "posts": posts, "updated_at": s.updated_at })
            }));
            if !more {
                break;
            }
        }
        into.json("series.json", &json!(series)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_one_line_a_fact_and_leaves_out_what_is_empty() {
        let mut front = Front::new();
        front.put("title", &json!("a: \"b\"\n---\nc"));
        front.put("tags", &json!(["Rust", "所有权"]));
        front.put("license", &json!(null));
        front.put("canonical", &json!(""));
        let page = String::from_utf8(front.page("正文\n---\n")).expect("text");
        let expected =
            "---\nxinghe: 1\ntitle: \"a: \\\"b\\\"\\n---\\nc\"\ntags: [\"Rust\",\"所有权\"]\n---\n\n正文\n---\n\n";
        assert_eq!(page, expected);
    }
}
