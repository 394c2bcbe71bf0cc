//! Posts and people as templates show them.

use std::collections::HashMap;
use std::sync::Arc;

use xinghe_core::content::{AuthorCard, CreditRole, PostKind, PostView, Provenance};
use xinghe_core::id::AuthorId;
use xinghe_core::ports::Authors;
use xinghe_web::SlotPost;
use xinghe_web::{AppError, Html, PageContext, Texts};

use super::kind_key;
use crate::model::PostSummary;

/// Somebody named on a page.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub name: String,
    pub url: String,
    pub letter: String,
    pub hue: u8,
    pub claimed: bool,
}

impl Person {
    fn of(card: &AuthorCard) -> Self {
        let letter = card.name.chars().find(|c| c.is_alphanumeric());
        let letter = letter.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect());
        let hue = xinghe_web::ui::hue(card.id.raw());
        Self { name: card.name.clone(), url: card.url(), letter, hue, claimed: card.claimed }
    }
}

/// The people of a page, asked for once.
#[derive(Debug, Default)]
pub(super) struct People(HashMap<AuthorId, AuthorCard>);

impl People {
    pub(super) async fn load(authors: &Arc<dyn Authors>, mut ids: Vec<AuthorId>) -> Result<Self, AppError> {
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(if ids.is_empty() { HashMap::new() } else { authors.cards(&ids).await? }))
    }

    pub(super) fn get(&self, id: AuthorId) -> Option<Person> {
        self.0.get(&id).map(Person::of)
    }

    /// Who wrote a post, as it is to be shown: of a twin's, the twin and never its owner.
    pub(super) fn writer(&self, post: &PostView, t: &Texts) -> Option<Person> {
        let person = self.get(post.author()?)?;
        if !post.by_twin() {
            return Some(person);
        }
        let name = t.f("posts-twin-of", &[("name", person.name.as_str().into())]);
        Some(Person { name, url: format!("{}/twin", person.url), ..person })
    }

    /// What the owner of the twin that wrote a post had to do with it, in words.
    pub(super) fn owners_part(&self, post: &PostView, t: &Texts) -> Option<String> {
        let owner = self.get(post.author().filter(|_| post.by_twin())?)?;
        let name = [("name", owner.name.as_str().into())];
        let has = |role| post.credits.iter().any(|c| c.role == role);
        Some(match (has(CreditRole::Editor), has(CreditRole::Reviewer)) {
            (true, _) => t.f("posts-twin-changed", &name),
            (_, true) => t.f("posts-twin-read", &name),
            _ => t.f("posts-twin-alone", &name),
        })
    }

    pub(super) fn card(&self, id: AuthorId) -> Option<&AuthorCard> {
        self.0.get(&id)
    }
}

/// The key of the label that says AI took part; `None` where it did not.
pub(super) const fn ai_key(provenance: Provenance) -> Option<&'static str> {
    match provenance {
        Provenance::Human => None,
        Provenance::AiAssisted => Some("posts-ai-assisted"),
        Provenance::Ai => Some("posts-ai"),
    }
}

/// A post in a list.
#[derive(Debug)]
pub(super) struct Row {
    pub url: String,
    pub question: bool,
    pub kind: &'static str,
    pub title: String,
    pub excerpt: String,
    pub lang: String,
    pub person: Option<Person>,
    pub when: String,
    pub at: String,
    pub tags: Vec<String>,
    pub answers: u32,
    pub comments: u32,
    pub accepted: bool,
    pub ai: Option<&'static str>,
    pub version: Option<String>,
    /// Its words are all there is: they stand in the place of a title.
    pub moment: bool,
    /// Of news: the site that tells the story.
    pub site: Option<String>,
    /// What other features say of it, beside its figures.
    pub tools: Html,
    /// Why it is shown, where a list has a reason.
    pub why: Option<String>,
}

/// The host of an address, without `www.`.
pub(super) fn site(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

impl Row {
    fn of(post: &PostSummary, people: &People, t: &Texts, tools: Html) -> Self {
        let url = if post.kind.is_reply() { format!("/posts/{}", post.id) } else { post.url() };
        Self {
            url,
            question: post.kind == PostKind::Question,
            kind: kind_key(post.kind),
            title: if post.kind == PostKind::Moment { post.excerpt.clone() } else { post.title.clone() },
            excerpt: if post.kind == PostKind::Moment { String::new() } else { post.excerpt.clone() },
            lang: post.language.to_string(),
            person: people.get(post.author),
            when: t.ago(post.published_at),
            at: post.published_at.rfc3339(),
            tags: post.tags.clone(),
            answers: post.answers,
            comments: post.comments,
            accepted: post.accepted,
            ai: ai_key(post.provenance),
            moment: post.kind == PostKind::Moment,
            site: post.source_url.as_deref().filter(|_| post.kind == PostKind::News).and_then(site),
            version: post.facts.iter().find(|(n, _)| n.eq_ignore_ascii_case("version")).map(|(_, v)| v.clone()),
            tools,
            why: None,
        }
    }
}

/// The rows of a list with their authors, and what other features say of each post. To be called once per page.
pub(super) async fn rows(
    authors: &Arc<dyn Authors>,
    posts: &[PostSummary],
    ctx: &PageContext,
) -> Result<Vec<Row>, AppError> {
    let row = |p: &PostSummary| SlotPost { id: p.id, kind: p.kind, credited: vec![p.author] };
    let named = People::load(authors, posts.iter().map(|p| p.author).collect());
    let (people, mut tools) = futures::join!(named, ctx.slots_of("row.tools", posts.iter().map(row)));
    let people = people?;
    Ok(posts.iter().map(|p| Row::of(p, &people, &ctx.t, tools.remove(&p.id).unwrap_or_default())).collect())
}
