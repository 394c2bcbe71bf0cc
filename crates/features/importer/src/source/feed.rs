//! Feeds: RSS, Atom and JSON Feed, from a file or an address; their HTML becomes Markdown.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use feed_rs::model::{Entry, Feed, FeedType, Text};
use feed_rs::parser::generate_id;
use pulldown_cmark::{Event, Parser};
use regex::Regex;
use sha2::{Digest, Sha256};
use url::Url;
use xinghe_core::{CreditRole, LangTag, PostKind, Provenance, Timestamp};
use xinghe_net::without_secrets;

use super::{Limits, Reach, archive, folder};
use crate::credits;
use crate::encoding;
use crate::error::ImportError;
use crate::html;
use crate::licence;
use crate::markup;
use crate::model::{Draft, Left, Person, Plan};
use crate::people::{self, References};

/// Reads a feed in a file.
///
/// # Errors
/// When it is not there, too large, or not a feed.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Plan, ImportError> {
    let shown = path.display().to_string();
    let unreadable = |e: std::io::Error| ImportError::Unreadable { path: shown.clone(), reason: e.to_string() };
    let size = path.metadata().map_err(unreadable)?.len();
    if size > limits.feed_bytes {
        let reason = format!("it has {} MB; a feed may have {} MB", size / 1_000_000, limits.feed_bytes / 1_000_000);
        return Err(ImportError::Feed { address: shown, reason });
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let origin = path.canonicalize().map_err(unreadable)?.display().to_string();
    parse(&bytes, &origin, None)
}

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.5, */*;q=0.1";

/// Reads what stands at an address: a feed, a page that names its feed, or an archive of a folder.
///
/// # Errors
/// When the address may not be reached, does not answer, or holds nothing that is read.
pub async fn read_address(url: &Url, reach: &Reach) -> Result<Plan, ImportError> {
    let limits = &reach.limits;
    let fetcher = reach.fetcher.clone().with_bytes(limits.feed_bytes);
    // Only what is packed may be large; a feed that grows beyond its room is left there and then.
    let room = |start: &[u8]| if is_packed(start) { limits.download_bytes } else { limits.feed_bytes };
    let mut got = fetcher.get_judged(url, ACCEPT, &room).await?;
    let mut origin = without_secrets(url);
    if let Some(kind) = archive_kind(&got.bytes, url.path()) {
        return read_archive(&got.bytes, kind, url, reach).await;
    }
    if let Some(feed) = feed_named_by(&got.bytes, &got.url) {
        origin = without_secrets(&feed);
        got = fetcher.get(&feed, ACCEPT).await?;
    }
    origin.set_fragment(None);
    let base = without_secrets(&got.url);
    tokio::task::spawn_blocking(move || parse(&got.bytes, origin.as_str(), Some(&base)))
        .await
        .map_err(|e| ImportError::Stopped(e.to_string()))?
}

fn is_packed(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(&[0x1f, 0x8b])
}

fn archive_kind(bytes: &[u8], path: &str) -> Option<&'static str> {
    if bytes.starts_with(b"PK\x03\x04") {
        Some("zip")
    } else if bytes.starts_with(&[0x1f, 0x8b]) && (path.ends_with(".tar.gz") || path.ends_with(".tgz")) {
        Some("tar.gz")
    } else {
        None
    }
}

async fn read_archive(bytes: &[u8], kind: &str, url: &Url, reach: &Reach) -> Result<Plan, ImportError> {
    let refuse = |e: std::io::Error| ImportError::Archive { path: without_secrets(url).into(), reason: e.to_string() };
    std::fs::create_dir_all(&reach.scratch).map_err(refuse)?;
    let file = tempfile::Builder::new().suffix(&format!(".{kind}")).tempfile_in(&reach.scratch).map_err(refuse)?;
    std::fs::write(file.path(), bytes).map_err(refuse)?;
    let reach = reach.clone();
    let read = tokio::task::spawn_blocking(move || archive::read(file.path(), &reach));
    let mut plan = read.await.map_err(|e| ImportError::Stopped(e.to_string()))?.map_err(|e| match e {
        // The file that it lay in means nothing to who gave the address.
        ImportError::Archive { reason, .. } => ImportError::Archive { path: without_secrets(url).into(), reason },
        other => other,
    })?;
    plan.origin = without_secrets(url).into();
    Ok(plan)
}

/// The feed that a web page names in its head.
fn feed_named_by(bytes: &[u8], page: &Url) -> Option<Url> {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?is)<link\b[^>]*>").expect("the pattern is a constant"));
    static HREF: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?is)\bhref\s*=\s*["']?([^"'\s>]+)"#).expect("the pattern is a constant"));
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200_000)]);
    let start = head.trim_start().to_ascii_lowercase();
    if !start.starts_with("<!doctype html") && !start.starts_with("<html") {
        return None;
    }
    LINK.find_iter(&head)
        .map(|m| m.as_str())
        .filter(|l| {
            let l = l.to_ascii_lowercase();
            l.contains("alternate")
                && ["application/rss+xml", "application/atom+xml", "application/feed+json"]
                    .iter()
                    .any(|t| l.contains(t))
        })
        .find_map(|l| page.join(&HREF.captures(l)?[1]).ok())
}

/// Reads a feed's bytes; `base` is the address they came from.
///
/// # Errors
/// When they are not a feed.
pub fn parse(bytes: &[u8], origin: &str, base: Option<&Url>) -> Result<Plan, ImportError> {
    let fail = |reason: String| ImportError::Feed { address: origin.to_owned(), reason };
    let named = declared_encoding(bytes);
    let read = encoding::decode_named(bytes, named.as_deref()).map_err(|e| fail(e.to_string()))?;
    // Of an encoding that the feed names itself, nothing is guessed.
    let note = read.note().filter(|_| read.broken > 0 || named.is_none());
    let text = read.text;
    // The text is UTF-8 now, whatever its declaration says.
    static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']"#).expect("the pattern is a constant")
    });
    let text = DECLARED.replace(&text, "$1");
    let start = text.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err(fail("it is a web page that names no feed; give the address of its feed".to_owned()));
    }
    let text = without_empty(with_text_ids(text));
    let names = not_addresses(&text);
    // What has neither an id nor a link is known by what it says, or it would be new each time.
    let by_content = |links: &[feed_rs::model::Link], title: &Option<Text>, at: Option<&str>| {
        if links.is_empty() && (title.is_none() || at.is_none()) {
            String::new()
        } else {
            generate_id(links, title, at)
        }
    };
    let parser = feed_rs::parser::Builder::new().base_uri(base.map(Url::as_str)).id_generator(by_content).build();
    let mut feed = parser.parse(text.as_bytes()).map_err(|e| fail(explain(&e.to_string())))?;
    for entry in &mut feed.entries {
        if entry.id.is_empty() {
            entry.id = key_of(entry);
        }
    }
    let mut plan = Plan { origin: origin.to_owned(), ..Plan::default() };
    plan.warnings.extend(note.map(|n| Left::new("", n)));
    for entry in &feed.entries {
        if plan.drafts.iter().any(|d| d.path == entry.id) {
            plan.skipped.push(Left::new(entry.id.clone(), "the feed names it twice"));
            continue;
        }
        match draft(entry, &feed, &names) {
            Some(draft) => {
                let at = draft.source_url.as_deref().and_then(|u| Url::parse(u).ok()).or_else(|| base.cloned());
                if let Some(at) = at {
                    plan.links.base.insert(draft.path.clone(), at);
                }
                plan.drafts.push(draft);
            }
            None => plan.skipped.push(Left::new(entry.id.clone(), "the feed gives no text of it")),
        }
    }
    let title = feed.title.as_ref().map(|t| title_of(t, true)).filter(|t| !t.is_empty());
    let name =
        title.or_else(|| Url::parse(origin).ok()?.host_str().map(str::to_owned)).unwrap_or_else(|| origin.to_owned());
    let url = feed.links.iter().map(|l| l.href.clone()).find(|u| u.starts_with("http"));
    people::unify(&mut plan.drafts);
    folder::credit_publisher(&mut plan.drafts, Some(&Person { name, url }));
    Ok(plan)
}

/// The encoding that an XML declaration names.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']+)["']"#).expect("the pattern is a constant")
    });
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    NAME.captures(&head).map(|c| c[1].to_owned())
}

/// Without elements that hold nothing, for which the parser would refuse the whole feed.
fn without_empty(text: Cow<'_, str>) -> Cow<'_, str> {
    static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"<(?:title|summary|subtitle|rights)(?:\s[^<>]*)?(?:/>|>\s*</(?:title|summary|subtitle|rights)\s*>)")
            .expect("the pattern is a constant")
    });
    if EMPTY.is_match(&text) { Cow::Owned(EMPTY.replace_all(&text, "").into_owned()) } else { text }
}

/// The `guid`s that say themselves that they are no address; all others are one, says RSS.
fn not_addresses(text: &str) -> HashSet<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)<guid\b[^>]*\bisPermaLink\s*=\s*["']\s*false\s*["'][^>]*>\s*(?:<!\[CDATA\[)?\s*([^<\]]*)"#)
            .expect("the pattern is a constant")
    });
    NAME.captures_iter(text).map(|c| c[1].trim().replace("&amp;", "&")).collect()
}

/// A JSON feed whose ids are numbers, as the standard asks readers to accept them.
fn with_text_ids(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.trim_start().starts_with('{') {
        return text;
    }
    let Ok(mut feed) = serde_json::from_str::<serde_json::Value>(&text) else { return text };
    let mut changed = false;
    for item in feed.get_mut("items").and_then(|i| i.as_array_mut()).into_iter().flatten() {
        if let Some(id) = item.get_mut("id").filter(|id| id.is_number() || id.is_boolean()) {
            *id = serde_json::Value::String(id.to_string());
            changed = true;
        }
    }
    if changed { Cow::Owned(feed.to_string()) } else { text }
}

/// What identifies an entry that has neither an id nor a link.
fn key_of(entry: &Entry) -> String {
    let mut hash = Sha256::new();
    let content = entry.content.as_ref().and_then(|c| c.body.as_deref());
    let summary = entry.summary.as_ref().map(|s| s.content.as_str());
    let title = entry.title.as_ref().map(|t| t.content.as_str());
    for part in [title, summary, content] {
        hash.update(part.unwrap_or_default().as_bytes());
        hash.update([0]);
    }
    let at = entry.published.or(entry.updated).map(|t| t.timestamp_millis());
    hash.update(at.unwrap_or_default().to_be_bytes());
    format!("content:{}", hex::encode(&hash.finalize()[..16]))
}

fn explain(error: &str) -> String {
    let short: String = error.chars().take(200).collect();
    format!("{short}; RSS, Atom and JSON Feed are read")
}

fn draft(entry: &Entry, feed: &Feed, names: &HashSet<String>) -> Option<Draft> {
    let content = entry.content.as_ref().and_then(|c| Some((c.body.as_deref()?, c.content_type.to_string())));
    let summary = entry.summary.as_ref().map(|s| (s.content.as_str(), s.content_type.to_string()));
    let (text, kind) = content.filter(|(t, _)| !t.trim().is_empty()).or(summary)?;
    // RSS does not say whether a text is marked up; Atom and JSON Feed do, and mean it.
    let untold = matches!(feed.feed_type, FeedType::RSS0 | FeedType::RSS1 | FeedType::RSS2);
    let marked_up = kind.contains("html") || kind.contains("xml") || (untold && looks_like_html(text));
    let body = if marked_up {
        html::to_markdown(text)
    } else if untold {
        text.trim().to_owned()
    } else {
        text.trim().replace('&', "&amp;").replace('<', "&lt;")
    };
    let (found, body) = credits::take(&body);
    if markup::prose_length(&body) < 2 {
        return None;
    }
    let licence = licence::at_the_end(&body);
    let title = entry.title.as_ref().map(|t| title_of(t, untold)).filter(|t| !t.is_empty());
    let title = title.unwrap_or_else(|| xinghe_text::excerpt(&body, 60));
    let mut credits = authors(entry, feed);
    let from_text = found.people.into_iter().filter(|(r, _)| *r != CreditRole::Author || credits.is_empty());
    let from_text: Vec<_> = from_text.collect();
    credits.extend(from_text);
    credits.sort_by_key(|(role, _)| *role);
    let seen = xinghe_text::detect(&markup::sample(&title, &body));
    let named: Option<LangTag> = entry.language.as_ref().or(feed.language.as_ref()).and_then(|l| l.parse().ok());
    let said = named.is_some();
    let language = if seen == LangTag::undetermined() { named.unwrap_or(seen) } else { seen };
    let mut tags: Vec<String> = Vec::new();
    for category in &entry.categories {
        let tag = category.label.as_deref().unwrap_or(&category.term).trim();
        if !tag.is_empty() && !tag.contains("://") && !tags.iter().any(|t| t.eq_ignore_ascii_case(tag)) {
            tags.push(tag.to_owned());
        }
    }
    let guid = untold && entry.id.starts_with("http") && !names.contains(&entry.id);
    let guid = Some(entry.id.clone()).filter(|_| guid);
    let rights = entry.rights.as_ref().or(feed.rights.as_ref()).map(|r| title_of(r, true));
    let link = entry.links.iter().find(|l| l.rel.as_deref().is_none_or(|r| r == "alternate")).or(entry.links.first());
    let at = entry.published.or(entry.updated).map(|t| Timestamp::from_millis(t.timestamp_millis()));
    Some(Draft {
        path: entry.id.clone(),
        kind: PostKind::Article,
        title,
        body,
        language,
        credits,
        tags,
        published_at: at,
        licence: licence.or_else(|| licence::of_rights(&rights?)),
        source_url: link.map(|l| l.href.clone()).filter(|u| u.starts_with("http")).or(guid),
        original_url: found.original.filter(|_| found.translated),
        site_path: None,
        facts: Vec::new(),
        order: None,
        canonical: None,
        names_language: said,
        warnings: Vec::new(),
        provenance: Provenance::Human,
        parent: None,
        accepted: false,
    })
}

fn authors(entry: &Entry, feed: &Feed) -> Vec<(CreditRole, Person)> {
    let people = if entry.authors.is_empty() { &feed.authors } else { &entry.authors };
    let mut found: Vec<(CreditRole, Person)> = Vec::new();
    for person in people {
        // RSS writes `ann@example.org (Ann Lee)`.
        let name = person.name.as_deref().unwrap_or_default();
        let inner = name.split_once('(').filter(|(mail, _)| mail.contains('@')).map(|(_, n)| n.trim_end_matches(')'));
        let written = inner.unwrap_or(name).trim();
        let mut names = people::parse(written, &References::new()).names;
        if names.is_empty() && !written.is_empty() {
            // It stands where a name belongs, so it is one, also if it would be none within a text.
            names.push(Person { name: written.to_owned(), url: None });
        }
        for mut one in names {
            if one.name.contains('@') {
                continue;
            }
            one.url = one.url.or_else(|| person.uri.clone().filter(|u| u.starts_with("http")));
            found.push((CreditRole::Author, one));
        }
    }
    found
}

fn looks_like_html(text: &str) -> bool {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)</?(?:p|br|div|a|h[1-6]|ul|ol|li|pre|code|em|strong|img|blockquote|b|i|u|s|span|sub|sup|small|del|kbd)(?:\s[^>]*)?/?>")
            .expect("the pattern is a constant")
    });
    TAG.is_match(text)
}

/// A title without its marks; `untold` is whether the format leaves open that it has any.
fn title_of(title: &Text, untold: bool) -> String {
    let (text, kind) = (&title.content, title.content_type.to_string());
    let marked_up = kind.contains("html") || (untold && (looks_like_html(text) || text.contains('&')));
    if marked_up {
        let marked = html::to_markdown(text);
        let words = Parser::new(&marked).filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.into_string()),
            Event::SoftBreak | Event::HardBreak => Some(" ".to_owned()),
            _ => None,
        });
        return words.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if untold { markup::inline_text(text) } else { text.split_whitespace().collect::<Vec<_>>().join(" ") }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
