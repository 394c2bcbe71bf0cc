//! JSON Feed 1.1.

use serde_json::{Value, json};

use super::{Entry, Feed, Writer};

/// The feed. What the format has no field for stands under `_xinghe`, as it asks of extensions.
pub(super) fn feed(feed: &Feed, own: &str, page: &str, lang: &str) -> String {
    let items: Vec<Value> = feed.entries.iter().map(item).collect();
    let mut whole = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": page,
        "feed_url": own,
        "language": lang,
        "items": items,
    });
    if !feed.about.is_empty() {
        whole["description"] = feed.about.as_str().into();
    }
    whole.to_string()
}

fn item(e: &Entry) -> Value {
    let author = |w: &Writer| json!({ "name": w.name, "url": w.url });
    let mut item = json!({
        "id": e.id,
        "url": e.url,
        "title": e.title,
        "summary": e.summary,
        "date_published": e.published,
        "date_modified": e.updated,
        "language": e.language,
        "authors": e.authors.iter().map(author).collect::<Vec<_>>(),
        "tags": e.tags,
        "_xinghe": { "provenance": e.provenance, "label": e.label, "licence": e.licence },
    });
    // One of the two must be there; what is too long to be sent in full has its summary.
    if e.content.is_empty() {
        item["content_text"] = e.summary.as_str().into();
    } else {
        item["content_html"] = e.content.as_str().into();
    }
    if let Some(source) = &e.source {
        item["external_url"] = source.as_str().into();
    }
    item
}
