//! What may be written: tags, addresses, lengths.

use xinghe_core::content::{PostKind, Provenance};
use xinghe_core::lang::LangTag;

use super::{
    BODY_MAX, COMMENT_MAX, Checked, Draft, Fault, FieldError, LICENCE_MAX, MENTIONS_MAX, MOMENT_MAX, MOMENT_TITLE,
    NOTE_MAX, TAG_MAX, TAGS_MAX, TITLE_MAX, URL_MAX, canonical_tag,
};

/// The tags of a text field: parted by commas (of either width), `、`, `;` or line ends.
pub fn split_tags(field: &str) -> Vec<String> {
    field.split([',', '，', '、', ';', '；', '\n']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

/// One line of plain text: white space joined, without control characters and without the invisible ones that
/// reorder or hide text.
pub fn one_line(given: &str) -> String {
    let kept: String =
        given.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    kept.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Markdown as stored: `\n` line ends, no NUL, no byte order mark, no white space at the end.
pub fn tidy_body(given: &str) -> String {
    let text = given.strip_prefix('\u{feff}').unwrap_or(given);
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    text.trim_end().trim_start_matches('\n').to_owned()
}

/// An http or https address in normal form.
pub fn web_address(given: &str) -> Option<String> {
    let url = url::Url::parse(given.trim()).ok()?;
    let whole = matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none();
    (whole && url.as_str().len() <= URL_MAX).then(|| url.to_string())
}

/// What makes two addresses the same story: host without `www.` or `m.`, path without a slash at the end, and the
/// parameters that are not there to count who came from where. `None` for what is no web address.
pub fn story_key(address: &str) -> Option<String> {
    const COUNTING: [&str; 12] =
        ["from", "ref", "source", "spm", "share", "fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "scene", "chksm"];
    let url = url::Url::parse(&web_address(address)?).ok()?;
    let host = url.host_str()?;
    let host =
        ["www.", "m.", "mobile."].iter().find_map(|p| host.strip_prefix(p)).filter(|h| h.contains('.')).unwrap_or(host);
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let path = url.path().trim_end_matches("index.html").trim_end_matches('/');
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !COUNTING.contains(&name.as_ref()))
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    pairs.sort_unstable();
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!("{host}{port}{path}{mark}{query}"))
}

/// Checks a draft by the rules of its kind.
///
/// # Errors
/// What is wrong, field by field; several at once.
pub fn check(kind: PostKind, draft: &Draft, before: Provenance) -> Result<Checked, Vec<FieldError>> {
    let mut faults = Faults::default();
    let mut title = faults.line("title", &draft.title, TITLE_MAX);
    let body = tidy_body(&draft.body);
    if kind.is_reply() {
        if !title.is_empty() {
            faults.add("title", Fault::NotForReplies);
        }
    } else if kind == PostKind::Moment {
        title = xinghe_text::excerpt(&body, MOMENT_TITLE);
    } else if title.is_empty() {
        faults.add("title", Fault::Missing);
    }
    let body_max = match kind {
        PostKind::Comment => COMMENT_MAX,
        PostKind::Moment => MOMENT_MAX,
        _ => BODY_MAX,
    };
    if body.trim().is_empty() {
        faults.add("body", Fault::Missing);
    } else if body.chars().count() > body_max {
        faults.add("body", Fault::TooLong { max: body_max });
    } else if let Err(what) = xinghe_web::markdown::check(&body) {
        faults.add("body", Fault::Beyond { what });
    }
    let mut tags = draft.tags.clone();
    if kind == PostKind::Moment {
        tags.extend(xinghe_web::markdown::named(&body).topics);
    }
    let mut tags = faults.tags(&tags);
    if kind == PostKind::Moment {
        tags.truncate(TAGS_MAX);
    }
    let source_url = faults.address("source_url", &draft.source_url);
    if kind == PostKind::News && draft.source_url.trim().is_empty() {
        faults.add("source_url", Fault::Missing);
    }
    let original_url = faults.address("original_url", &draft.original_url);
    let licence = Some(faults.line("licence", &draft.licence, LICENCE_MAX)).filter(|l| !l.is_empty());
    let note = faults.line("note", &draft.note, NOTE_MAX);
    if draft.provenance < before {
        faults.add("provenance", Fault::Lowered);
    }
    let facts = faults.facts(&draft.facts);
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    let language = draft.language.clone().unwrap_or_else(|| detect(&title, &body));
    let provenance = draft.provenance;
    let quote = draft.quote.filter(|_| kind == PostKind::Moment);
    let mut mentions = draft.mentions.clone();
    mentions.truncate(MENTIONS_MAX);
    Ok(Checked {
        title,
        body,
        tags,
        language,
        licence,
        source_url,
        original_url,
        provenance,
        note,
        facts,
        quote,
        mentions,
    })
}

/// The language of a text that names none.
pub fn detect(title: &str, body: &str) -> LangTag {
    xinghe_text::detect(&format!("{title}\n\n{body}"))
}

/// Errors as they are found.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: &'static str, fault: Fault) {
        self.0.push(FieldError { field, fault });
    }

    fn line(&mut self, field: &'static str, given: &str, max: usize) -> String {
        let line = one_line(given);
        if line.chars().count() > max {
            self.add(field, Fault::TooLong { max });
        }
        line
    }

    fn address(&mut self, field: &'static str, given: &str) -> Option<String> {
        if given.trim().is_empty() {
            return None;
        }
        let address = web_address(given);
        if address.is_none() {
            let fault = if given.len() > URL_MAX { Fault::TooLong { max: URL_MAX } } else { Fault::NotAnAddress };
            self.add(field, fault);
        }
        address
    }

    fn tags(&mut self, given: &[String]) -> Vec<String> {
        let mut tags: Vec<String> = vec![];
        for tag in given.iter().filter(|t| !t.trim().is_empty()) {
            match canonical_tag(tag) {
                Some(tag) if tags.contains(&tag) => {}
                Some(tag) => tags.push(tag),
                None if tag.chars().count() > TAG_MAX => {
                    self.add("tags", Fault::TooLong { max: TAG_MAX });
                    return tags;
                }
                None => {
                    self.add("tags", Fault::NotATag);
                    return tags;
                }
            }
        }
        if tags.len() > TAGS_MAX {
            self.add("tags", Fault::TooMany { max: TAGS_MAX });
        }
        tags
    }

    fn facts(&mut self, given: &[(String, String)]) -> Vec<(String, String)> {
        let facts: Vec<_> = given
            .iter()
            .map(|(n, v)| (one_line(n), one_line(v)))
            .filter(|(n, v)| !n.is_empty() && !v.is_empty())
            .collect();
        if facts.len() > 32 {
            self.add("facts", Fault::TooMany { max: 32 });
        } else if facts.iter().any(|(n, v)| n.chars().count() > 60 || v.chars().count() > 500) {
            self.add("facts", Fault::TooLong { max: 500 });
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Cursor, address, id_of_address};
    use super::*;
    use xinghe_core::id::PostId;
    use xinghe_core::time::Timestamp;

    #[test]
    fn what_is_more_than_a_page_takes_is_told() {
        let body = format!("{}\n\n[^1]: once", "[^1] ".repeat(2_000));
        let draft = Draft { title: "T".into(), body, ..Draft::default() };
        let errors = check(PostKind::Article, &draft, Provenance::Human).expect_err("too many");
        let what = xinghe_web::markdown::Beyond::Footnotes;
        assert_eq!(errors, [FieldError { field: "body", fault: Fault::Beyond { what } }]);
    }

    #[test]
    fn tags_have_one_form() {
        for (given, want) in
            [("#Rust", "rust"), (" Ｒｕｓｔ ", "rust"), ("C++", "c++"), ("C#", "c#"), ("异步 编程", "异步-编程")]
        {
            assert_eq!(canonical_tag(given).as_deref(), Some(want));
        }
        for bad in ["", "#", "--", "a/b", "<b>", "a\u{202e}b", "a\u{200b}b", "..", &"x".repeat(33)] {
            assert_eq!(canonical_tag(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_web_addresses_pass() {
        assert_eq!(web_address(" https://例子.中国/a b ").as_deref(), Some("https://xn--fsqu00a.xn--fiqs8s/a%20b"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "/a", "https://", "http://u:p@h/", "ftp://h/"] {
            assert_eq!(web_address(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_draft_says_all_that_is_wrong_at_once() {
        let draft = Draft { title: "x".repeat(201), source_url: "nope".into(), ..Draft::default() };
        let errors = check(PostKind::Article, &draft, Provenance::Ai).expect_err("much is wrong");
        let fields: Vec<_> = errors.iter().map(|e| e.field).collect();
        assert_eq!(fields, ["title", "body", "source_url", "provenance"]);
        let comment = Draft { title: "no".into(), body: "y".repeat(10_001), ..Draft::default() };
        let errors = check(PostKind::Comment, &comment, Provenance::Human).expect_err("two things");
        assert_eq!(errors.len(), 2);
    }

    #[test]
    fn a_moment_takes_its_title_and_topics_from_its_words() {
        let draft =
            Draft { body: "今天把 #异步编程# 的笔记整理完了，`#no` #Rust".into(), ..Draft::default() };
        let checked = check(PostKind::Moment, &draft, Provenance::Human).expect("fine");
        assert_eq!(checked.tags, ["异步编程", "rust"]);
        assert!(checked.title.starts_with("今天把"), "{}", checked.title);
        let long = Draft { body: "x".repeat(MOMENT_MAX + 1), ..Draft::default() };
        assert!(check(PostKind::Moment, &long, Provenance::Human).is_err());
    }

    #[test]
    fn the_same_story_has_one_key() {
        let key = Some("blog.example.org/a/b?id=7".to_owned());
        for same in [
            "https://blog.example.org/a/b?id=7",
            "http://www.blog.example.org/a/b/?utm_source=x&id=7#top",
            "https://m.blog.example.org/a/b?id=7&spm=1.2",
        ] {
            assert_eq!(story_key(same), key, "{same}");
        }
        assert_ne!(story_key("https://blog.example.org/a/b?id=8"), key);
        assert_eq!(story_key("nope"), None);
        let news = Draft { title: "t".into(), body: "b".into(), ..Draft::default() };
        let errors = check(PostKind::News, &news, Provenance::Human).expect_err("no source");
        assert_eq!(errors, [FieldError { field: "source_url", fault: Fault::Missing }]);
    }

    proptest! {
        #[test]
        fn a_canonical_tag_stays_as_it_is(given in "\\PC{0,40}") {
            if let Some(tag) = canonical_tag(&given) {
                prop_assert_eq!(canonical_tag(&tag), Some(tag));
            }
        }

        #[test]
        fn cursors_read_back(ms in any::<i64>(), id in 1..i64::MAX) {
            let cursor = Cursor { published_at: Timestamp::from_millis(ms), id: PostId::from_raw(id) };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().ok(), Some(cursor));
        }

        #[test]
        fn an_address_leads_back_to_its_post(id in 1..i64::MAX, title in "\\PC{0,80}") {
            let id = PostId::from_raw(id);
            let address = address(id, &xinghe_text::slug(&title));
            prop_assert_eq!(id_of_address(address.trim_start_matches("/posts/")), Some(id));
            prop_assert!(!address[7..].contains(['/', '?', '#', '%', ' ']));
        }
    }
}
