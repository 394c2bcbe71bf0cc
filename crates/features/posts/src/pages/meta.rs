//! What the page of a post tells programs: structured data of its kind, and what a shared card says.

use serde_json::{Value, json};
use xinghe_core::Lang;
use xinghe_core::content::{CreditRole, PostKind, PostView, Provenance};
use xinghe_core::id::AuthorId;
use xinghe_core::picture::PictureName;
use xinghe_web::{Card, Page, PageContext};

use super::view::{People, Person};
use crate::model::{PostDetail, Reply};

/// Characters of an answer's text in structured data, and how many answers.
const TEXT: usize = 300;
const ANSWERS: usize = 10;

/// Adds all that to a page; `picture` is the first of this site's own that the text shows.
pub(super) fn about<'a>(
    ctx: &PageContext,
    page: Page<'a>,
    d: &PostDetail,
    (people, replies): (&People, &[Reply]),
    picture: Option<PictureName>,
) -> Page<'a> {
    let v = &d.view;
    let (name, list) = match v.kind {
        PostKind::Question => ("posts-tab-questions", "/questions"),
        PostKind::Project => ("posts-tab-projects", "/projects"),
        PostKind::Moment => ("posts-moments", "/moments"),
        PostKind::News => ("posts-news", "/news"),
        _ => ("posts-tab-articles", "/articles"),
    };
    let card = Card {
        kind: "article",
        published: Some(v.published_at),
        modified: (v.updated_at > v.published_at).then_some(v.updated_at),
        authors: named(v).filter_map(|a| people.get(a)).map(|p| p.url).collect(),
        tags: v.tags.clone(),
        locale: Lang::nearest(v.language.as_str()),
        picture,
    };
    page.card(card)
        .data(data(ctx, d, (people, replies), picture))
        .crumbs(&[(&ctx.t.s(name), list), (&v.title, &v.url())])
}

fn named(v: &PostView) -> impl Iterator<Item = AuthorId> + '_ {
    v.credits.iter().filter(|c| c.role == CreditRole::Author).map(|c| c.author)
}

fn person(ctx: &PageContext, p: &Person) -> Value {
    json!({ "@type": "Person", "name": p.name, "url": ctx.absolute(&p.url) })
}

/// The schema.org object of a post.
fn data(
    ctx: &PageContext,
    d: &PostDetail,
    (people, replies): (&People, &[Reply]),
    picture: Option<PictureName>,
) -> Value {
    let v = &d.view;
    let kind = match v.kind {
        PostKind::Question => "QAPage",
        PostKind::Project => "SoftwareSourceCode",
        PostKind::Moment => "SocialMediaPosting",
        PostKind::News => "NewsArticle",
        _ => "TechArticle",
    };
    let authors: Vec<Value> = named(v).filter_map(|a| people.get(a)).map(|p| person(ctx, &p)).collect();
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": kind,
        "name": v.title,
        "description": d.excerpt,
        "inLanguage": v.language,
        "author": authors,
        "datePublished": v.published_at,
        "dateModified": v.updated_at,
        "url": ctx.absolute(&v.url()),
    });
    let mut put = |name: &str, value: Value| data[name] = value;
    if !v.tags.is_empty() {
        put("keywords", json!(v.tags));
    }
    if let Some(licence) = &v.licence {
        put("license", json!(licence));
    }
    if let Some(picture) = picture {
        put("image", json!(ctx.absolute(&picture.path())));
    }
    if let Some(based) = d.original_url.as_ref().or(v.source_url.as_ref()) {
        put("isBasedOn", json!(based));
    }
    if v.provenance == Provenance::Ai {
        put("digitalSourceType", json!("https://schema.org/TrainedAlgorithmicMediaDigitalSource"));
    }
    match v.kind {
        PostKind::Question => put("mainEntity", question(ctx, d, &authors, people, replies)),
        PostKind::Project => {
            let fact = |name: &str| d.facts.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
            for (fact, name) in [(fact("repository"), "codeRepository"), (fact("version"), "version")] {
                if let Some(value) = fact {
                    put(name, json!(value));
                }
            }
        }
        _ => put("headline", json!(v.title)),
    }
    data
}

fn question(ctx: &PageContext, d: &PostDetail, authors: &[Value], people: &People, replies: &[Reply]) -> Value {
    let v = &d.view;
    let seen = || replies.iter().filter_map(|r| r.post.as_ref()).filter(|p| p.kind == PostKind::Answer);
    let accepted = seen().find(|p| Some(p.id) == d.accepted_answer);
    let others = seen().filter(|p| Some(p.id) != d.accepted_answer).take(ANSWERS);
    let mut question = json!({
        "@type": "Question",
        "name": v.title,
        "text": xinghe_text::excerpt(&v.body, TEXT),
        "answerCount": d.answers,
        "author": authors,
        "datePublished": v.published_at,
        "suggestedAnswer": others.map(|p| answer(ctx, p, people)).collect::<Vec<_>>(),
    });
    if let Some(accepted) = accepted {
        question["acceptedAnswer"] = answer(ctx, accepted, people);
    }
    question
}

fn answer(ctx: &PageContext, v: &PostView, people: &People) -> Value {
    json!({
        "@type": "Answer",
        "text": xinghe_text::excerpt(&v.body, TEXT),
        "url": ctx.absolute(&v.url()),
        "datePublished": v.published_at,
        "author": people.writer(v, &ctx.t).map(|p| person(ctx, &p)),
    })
}
