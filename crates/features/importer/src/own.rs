//! A page of an archive that a member took along from a community such as this one ([`xinghe_core::portable`]). It says
//! everything itself, so nothing is guessed, and its text is taken as it stands.

use serde_json::Value;
use xinghe_core::portable::{FORM, FORM_KEY};
use xinghe_core::{CreditRole, LangTag, PostKind, Provenance, Timestamp};

use crate::front_matter::FrontMatter;
use crate::model::{Draft, Person};
use crate::page::NoDraft;

/// Understands a page; `text` is what stands behind its front matter.
///
/// # Errors
/// When it is a draft, not to be seen, a reply to what is not in the archive, or of a newer form.
pub(crate) fn understand(path: &str, front: &FrontMatter, text: &str) -> Result<Draft, NoDraft> {
    let form = front.get(&[FORM_KEY]).and_then(Value::as_i64);
    if !form.is_some_and(|form| (1..=FORM).contains(&form)) {
        return Err(NoDraft::Broken("it was written by a newer program than this one".to_owned()));
    }
    let kind = front.text(&["kind"]).unwrap_or_default();
    let kind: PostKind = kind.parse().map_err(|_| NoDraft::Broken(format!("its kind is {kind:?}, which is none")))?;
    let parent = front.text(&["parent"]).filter(|p| !p.contains("://"));
    let state = front.text(&["state"]).unwrap_or_default();
    let skipped = if front.is_true(&["draft"]) {
        Some("marked as a draft")
    } else if state != "visible" {
        Some("it was deleted or hidden where it comes from")
    } else if kind.is_reply() && parent.is_none() {
        Some("a reply to what is not in this archive")
    } else {
        None
    };
    if let Some(reason) = skipped {
        return Err(NoDraft::Skipped(reason.to_owned()));
    }
    let body = text.strip_prefix('\n').unwrap_or(text);
    let body = body.strip_suffix('\n').unwrap_or(body).to_owned();
    let (url, canonical) = (front.text(&["url"]), front.text(&["canonical"]));
    let language = front.text(&["lang"]).and_then(|l| l.parse().ok()).unwrap_or_else(LangTag::undetermined);
    Ok(Draft {
        path: path.to_owned(),
        kind,
        title: front.text(&["title"]).unwrap_or_default(),
        body,
        names_language: true,
        language,
        credits: credits_of(front),
        tags: front.list(&["tags"]),
        published_at: front.text(&["date"]).and_then(|d| Timestamp::parse_rfc3339(&d).ok()),
        licence: front.text(&["license"]),
        // A reply has no page of its own, neither to be linked to nor to be the same as one elsewhere.
        site_path: url
            .as_deref()
            .filter(|_| !kind.is_reply())
            .and_then(|u| url::Url::parse(u).ok())
            .map(|u| u.path().to_owned()),
        source_url: canonical.clone().or(url).filter(|_| !kind.is_reply()),
        original_url: front.text(&["original"]),
        facts: facts_of(front),
        // Replies come behind what they reply to: ids rise with time.
        order: front.text(&["id"]).and_then(|id| id.parse().ok()),
        canonical,
        warnings: Vec::new(),
        provenance: front.text(&["provenance"]).and_then(|p| p.parse().ok()).unwrap_or(Provenance::Human),
        parent: parent.filter(|_| kind.is_reply()),
        accepted: front.is_true(&["accepted"]),
    })
}

fn credits_of(front: &FrontMatter) -> Vec<(CreditRole, Person)> {
    const KEYS: [(CreditRole, &str); 5] = [
        (CreditRole::Author, "authors"),
        (CreditRole::Translator, "translators"),
        (CreditRole::Reviewer, "reviewers"),
        (CreditRole::Editor, "editors"),
        (CreditRole::Twin, "twins"),
    ];
    let mut credits = Vec::new();
    for (role, key) in KEYS {
        for person in front.get(&[key]).and_then(Value::as_array).into_iter().flatten() {
            let text = |key| person.get(key).and_then(Value::as_str).map(str::to_owned);
            if let Some(name) = text("name") {
                credits.push((role, Person { name, url: text("url") }));
            }
        }
    }
    credits
}

fn facts_of(front: &FrontMatter) -> Vec<(String, String)> {
    let pairs = front.get(&["facts"]).and_then(Value::as_array).into_iter().flatten();
    pairs
        .filter_map(|pair| match pair.as_array()?.as_slice() {
            [name, value] => Some((name.as_str()?.to_owned(), value.as_str()?.to_owned())),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front_matter;

    fn read(page: &str) -> Result<Draft, NoDraft> {
        let (front, text) = front_matter::split(page).expect("front matter");
        understand("articles/a.md", &front, text)
    }

    #[test]
    fn everything_is_taken_as_it_stands() {
        let page = "---\nxinghe: 1\nid: \"77\"\nurl: \"https://old.example/posts/77-a\"\nkind: \"question\"\nstate: \"visible\"\n\
                    title: \"译: a \\\"b\\\"\"\ndate: \"2026-01-02T03:04:05.678Z\"\ntags: [\"rust\",\"所有权\"]\nlang: \"zh-Hant\"\n\
                    license: \"CC-BY-4.0\"\nauthors: [{\"name\":\"小明\",\"url\":\"https://old.example/@ming\"}]\n\
                    provenance: \"ai_assisted\"\nfacts: [[\"version\",\"1\"]]\n---\n\n# 作者：別人\n\n正文。\n\n---\n末\n";
        let draft = read(page).expect("it is one");
        assert_eq!((draft.kind, draft.title.as_str()), (PostKind::Question, "译: a \"b\""));
        assert_eq!(draft.body, "# 作者：別人\n\n正文。\n\n---\n末");
        assert_eq!(draft.published_at.map(Timestamp::rfc3339).as_deref(), Some("2026-01-02T03:04:05.678Z"));
        assert_eq!((draft.language.as_str(), draft.provenance), ("zh-Hant", Provenance::AiAssisted));
        assert_eq!(draft.source_url.as_deref(), Some("https://old.example/posts/77-a"));
        assert_eq!((draft.credits.len(), draft.facts.len(), draft.order), (1, 1, Some(77)));
    }

    #[test]
    fn what_is_not_to_be_seen_stays_out() {
        let why = |facts: &str| match read(&format!("---\nxinghe: 1\n{facts}\n---\n\ntext\n")) {
            Err(NoDraft::Skipped(reason) | NoDraft::Broken(reason)) => reason,
            Ok(_) => String::new(),
        };
        assert!(why("kind: article\nstate: visible").is_empty());
        assert!(why("kind: article\ndraft: true").contains("draft"));
        assert!(why("kind: article\nstate: deleted").contains("deleted"));
        assert!(why("kind: comment\nstate: visible").contains("not in this archive"));
        assert!(
            why("kind: answer\nstate: visible\nparent: https://old.example/posts/1").contains("not in this archive")
        );
        assert!(why("kind: answer\nstate: visible\nparent: questions/a.md").is_empty());
        assert!(why("kind: poem\nstate: visible").contains("poem"));
        let newer = front_matter::split("---\nxinghe: 9\nkind: article\n---\n\ntext\n").expect("front matter");
        assert!(matches!(understand("a.md", &newer.0, newer.1), Err(NoDraft::Broken(_))));
    }
}
