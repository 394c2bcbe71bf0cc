//! One page of a folder: from its text to a draft.

use serde_json::Value;
use xinghe_core::portable::FORM_KEY;
use xinghe_core::{CreditRole, LangTag, PostKind, Provenance};

use crate::credits::{self, Credits};
use crate::dates;
use crate::front_matter::{self, FrontMatter};

use crate::layout::{self, Layout, PathFacts, Site};
use crate::licence;
use crate::markup;
use crate::model::{Draft, Person};
use crate::oddities;
use crate::own;
use crate::people::{self, References};

/// Why a page did not become a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDraft {
    /// It is not writing, or not meant to be read.
    Skipped(String),
    /// It cannot be read.
    Broken(String),
}

fn skip<T>(reason: &str) -> Result<T, NoDraft> {
    Err(NoDraft::Skipped(reason.to_owned()))
}

/// Understands a page.
///
/// # Errors
/// When it is not writing (a draft, empty, a table of contents…) or its front matter is broken.
pub fn understand(path: &str, text: &str, site: &Site) -> Result<Draft, NoDraft> {
    let whole = text;
    let split = if site.layout == Layout::Hexo { front_matter::split_hexo(text) } else { front_matter::split(text) };
    let (front, text) = split.map_err(|e| NoDraft::Broken(e.to_string()))?;
    if front.get(&[FORM_KEY]).is_some() {
        return own::understand(path, &front, text);
    }
    not_for_readers(&front, whole, site)?;
    let facts = layout::path_facts(path, site);
    let said = |name: &str| match name {
        "site.title" => site.title.clone(),
        "site.author" | "site.author.name" => site.author.as_ref().map(|a| a.name.clone()),
        _ => front.text(&[name.strip_prefix("page.")?]),
    };
    let body = markup::plain(text, site.layout, &said);
    if markup::is_contents(&body) {
        return skip("a table of contents");
    }
    let (title, body) = title_and_body(&front, &body, path, &facts, site);
    let (found, body) = credits::take(&body);
    let body = without_own_heading(&title, body);
    if markup::prose_length(&body) < 2 && !body.contains("```") {
        return skip("it has no text");
    }
    let mut credits = credits_of(&front, &found, site);
    let mut warnings = oddities::of(&front, whole);
    warnings.extend(facts.no_date.as_ref().map(|name| format!("its name begins with {name}, which is no date")));
    let date = DATE_KEYS
        .iter()
        .find_map(|key| dates::parse(&front.text(&[key])?))
        .or_else(|| front.text(&["path"]).and_then(|p| dates::in_path(&p)))
        .or(facts.date);
    let translated = found.translated
        || markup::marks_translation(&title)
        || credits.iter().any(|(r, _)| *r == CreditRole::Translator);
    let has_author = credits.iter().any(|(r, _)| *r == CreditRole::Author);
    let address = layout::page_address(path, &facts.slug, date, &front, site);
    let canonical = canonical_of(&front, site);
    let (original_url, first) = addresses(&front, found, canonical.clone(), translated, has_author);
    let shown = credits.iter().any(|(r, _)| *r == CreditRole::Translator) || original_url.is_some();
    let title = if shown { markup::without_translation_mark(&title) } else { title };
    let kept = if has_author || translated { None } else { site.author.clone() };
    credits.extend(kept.map(|p| (CreditRole::Author, p)));
    credits.sort_by_key(|(role, _)| *role);
    let (language, names_language) = language_of(&front, &facts, site, &title, &body);
    let licence = front
        .text(&["license", "licence"])
        .map(|words| licence::of_field(&words))
        .or_else(|| licence::of_words(&front.text(&["copyright", "rights"])?))
        .or_else(|| licence::at_the_end(&body))
        .or_else(|| site.licence.clone());
    Ok(Draft {
        path: path.to_owned(),
        kind: PostKind::Article,
        language,
        names_language,
        canonical,
        warnings,
        title,
        body,
        credits,
        tags: tags(&front, &facts, site.layout),
        published_at: date,
        licence,
        source_url: first.or_else(|| address.map(String::from)),
        original_url,
        site_path: front.text(&["path", "permalink", "url"]).filter(|p| !p.contains("://") && !p.contains(':')),
        facts: Vec::new(),
        order: site.summary.get(path).map(|(place, _)| *place),
        provenance: Provenance::Human,
        parent: None,
        accepted: false,
    })
}

/// Where a page keeps its date.
pub(crate) const DATE_KEYS: &[&str] = &[
    "date",
    "pub_date",
    "pubdate",
    "published_at",
    "published",
    "publishdate",
    "publish_date",
    "created",
    "created_at",
    "create_time",
    "datetime",
    "time",
    "posted",
];

fn not_for_readers(front: &FrontMatter, whole: &str, site: &Site) -> Result<(), NoDraft> {
    if front.is_true(&["draft"]) || front.is_false("published") {
        return skip("marked as a draft");
    }
    // Who marks a page as a draft in words of their own does not want it published.
    if let Some(said) = front.text(&["draft"]).filter(|_| !front.is_false("draft")) {
        let line = oddities::line_of(whole, "draft").unwrap_or(1);
        return skip(&format!("line {line}: its draft is {said:?}, neither true nor false, so it counts as a draft"));
    }
    if front.is_true(&["private", "headless"]) {
        return skip("marked as private");
    }
    if front.text(&["password"]).is_some() {
        return skip("protected by a password");
    }
    let layout = front.text(&["layout", "type"]).unwrap_or_default().to_lowercase();
    let pages = [
        "page",
        "about",
        "tags",
        "tag",
        "categories",
        "category",
        "archives",
        "archive",
        "links",
        "friends",
        "404",
        "search",
        "home",
        "default",
    ];
    if matches!(site.layout, Layout::Hexo | Layout::Hugo | Layout::Jekyll) && pages.contains(&layout.as_str()) {
        return skip("a page of the site, not a post");
    }
    Ok(())
}

fn title_and_body(front: &FrontMatter, body: &str, path: &str, facts: &PathFacts, site: &Site) -> (String, String) {
    if let Some(title) = front.text(&["title", "标题"]).map(|t| markup::inline_text(&t)).filter(|t| !t.is_empty()) {
        return (title, body.to_owned());
    }
    if let Some(found) = markup::take_heading(body) {
        return found;
    }
    if let Some((_, title)) = site.summary.get(path) {
        let title = title.clone();
        let rest = markup::take_first_line(body).filter(|(line, _)| same_title(line, &title));
        return (title, rest.map_or_else(|| body.to_owned(), |(_, rest)| rest));
    }
    if let Some(subject) = front.text(&["subject"]) {
        return (subject, body.to_owned());
    }
    markup::take_first_line(body).unwrap_or_else(|| (words_of(&facts.slug), body.to_owned()))
}

/// `hello-world` → `Hello world`.
fn words_of(slug: &str) -> String {
    let words = slug.replace(['-', '_'], " ");
    let words = words.trim();
    let mut chars = words.chars();
    chars.next().map_or_else(|| slug.to_owned(), |first| first.to_uppercase().chain(chars).collect())
}

fn same_title(a: &str, b: &str) -> bool {
    let squeeze = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    squeeze(a) == squeeze(b)
}

/// The page shows the title; a heading that repeats it goes.
fn without_own_heading(title: &str, body: String) -> String {
    match markup::take_heading(&body) {
        Some((heading, rest)) if same_title(&heading, title) => rest,
        _ => body,
    }
}

/// Where a page names its people.
const PEOPLE_KEYS: &[(CreditRole, &[&str]); 4] = &[
    (
        CreditRole::Author,
        &[
            "author",
            "authors",
            "writer",
            "writers",
            "original_author",
            "taxonomies.authors",
            "extra.author",
            "extra.authors",
            "params.author",
            "作者",
        ],
    ),
    (
        CreditRole::Translator,
        &["translator", "translators", "translated_by", "extra.translator", "extra.translators", "译者", "翻译"],
    ),
    (
        CreditRole::Reviewer,
        &["reviewer", "reviewers", "proofreader", "proofreaders", "extra.reviewers", "校对", "审校"],
    ),
    (CreditRole::Editor, &["editor", "editors", "collector", "选题", "编辑"]),
];

/// Every key under which a page names people.
pub(crate) fn person_keys() -> impl Iterator<Item = &'static str> {
    PEOPLE_KEYS.iter().flat_map(|(_, keys)| keys.iter().copied())
}

fn credits_of(front: &FrontMatter, found: &Credits, site: &Site) -> Vec<(CreditRole, Person)> {
    let mut credits: Vec<(CreditRole, Person)> = Vec::new();
    let mut add = |role: CreditRole, person: Person| {
        let key = person.key();
        match credits.iter_mut().find(|(r, p)| {
            *r == role && (p.key() == key || people::normal_name(&p.name) == people::normal_name(&person.name))
        }) {
            // The mention with a link says more.
            Some((_, known)) if known.url.is_none() => known.url = person.url,
            Some(_) => {}
            None => credits.push((role, person)),
        }
    };
    for (role, keys) in PEOPLE_KEYS {
        for key in *keys {
            for person in front.get(&[key]).map(|v| people_of(v, site)).unwrap_or_default() {
                add(*role, person);
            }
        }
    }
    if let Some(url) = front.text(&["author_url", "author_link", "extra.author_url"])
        && let [(CreditRole::Author, only)] = credits.as_mut_slice()
    {
        only.url = only.url.take().or(Some(url));
    }
    let mut add = |role: CreditRole, person: Person| {
        let name = people::normal_name(&person.name);
        match credits.iter_mut().find(|(r, p)| *r == role && people::normal_name(&p.name) == name) {
            Some((_, known)) => known.url = known.url.take().or(person.url),
            None => credits.push((role, person)),
        }
    };
    for (role, person) in &found.people {
        add(*role, person.clone());
    }
    credits
}

/// People in front matter: a text, a list, or tables with `name` and a link.
fn people_of(value: &Value, site: &Site) -> Vec<Person> {
    match value {
        Value::String(text) => match site.people.get(text.trim()) {
            Some(known) => vec![known.clone()],
            None => names_in(text),
        },
        Value::Number(number) => names_in(&number.to_string()),
        Value::Array(items) => items.iter().flat_map(|i| people_of(i, site)).collect(),
        Value::Object(map) => {
            let get = |keys: &[&str]| {
                keys.iter()
                    .find_map(|k| map.get(*k)?.as_str().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned))
            };
            let github = get(&["github"]).map(|g| {
                format!("https://github.com/{}", g.trim_start_matches("https://github.com/").trim_start_matches('@'))
            });
            let url = get(&["url", "link", "homepage", "website"]).or(github);
            let number = || map.get("name").filter(|n| n.is_number()).map(ToString::to_string);
            get(&["name"]).or_else(number).map(|name| vec![Person { name, url }]).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The names in a text that stands where a name belongs: also `007`, which would be none within a sentence.
pub(crate) fn names_in(text: &str) -> Vec<Person> {
    let names = people::parse(text, &References::new()).names;
    let name = text.trim();
    let plain = !name.is_empty()
        && name.chars().count() <= 40
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '\''))
        && name.chars().any(char::is_numeric);
    if names.is_empty() && plain { vec![Person { name: name.to_owned(), url: None }] } else { names }
}

/// Where a page says that it belongs; a path is one on its own site.
fn canonical_of(front: &FrontMatter, site: &Site) -> Option<String> {
    let said = front.text(&["canonical", "canonical_url", "canonicalurl", "extra.canonical"])?;
    if said.starts_with("http://") || said.starts_with("https://") {
        return Some(said);
    }
    let path = said.strip_prefix('/').filter(|p| !p.starts_with('/'))?;
    site.base_url.as_ref()?.join(path).ok().map(String::from)
}

/// The address of the original, and where this text first appeared.
fn addresses(
    front: &FrontMatter,
    found: Credits,
    canonical: Option<String>,
    translated: bool,
    has_author: bool,
) -> (Option<String>, Option<String>) {
    let url = |keys: &[&str]| front.text(keys).filter(|u| u.starts_with("http://") || u.starts_with("https://"));
    let original = url(&[
        "original",
        "original_url",
        "original_link",
        "original-url",
        "translation_of",
        "via",
        "source_url",
        "extra.original",
        "extra.original_url",
        "原文",
    ]);
    let first = canonical.or_else(|| url(&["url", "first_published", "source", "external_url"]));
    let original = original.or(found.original);
    let first = first.or(found.first_published);
    // 「原文」 of a page that names an author and no translator is where that author first published it.
    if !translated && has_author { (None, first.or(original)) } else { (original, first) }
}

fn tags(front: &FrontMatter, facts: &PathFacts, layout: Layout) -> Vec<String> {
    const KEYS: [&str; 9] = [
        "tags",
        "tag",
        "categories",
        "category",
        "keywords",
        "taxonomies.tags",
        "taxonomies.categories",
        "series",
        "topics",
    ];
    let mut tags: Vec<String> = Vec::new();
    for key in KEYS {
        let one_text = matches!(front.get(&[key]), Some(Value::String(_)));
        for text in front.list(&[key]) {
            let words: Vec<&str> = match layout {
                // Jekyll splits a text at spaces.
                Layout::Jekyll if one_text && !text.contains([',', '，']) && key != "keywords" => {
                    text.split_whitespace().collect()
                }
                _ if one_text || key == "keywords" => text.split([',', '，', ';', '；', '、']).collect(),
                _ => vec![text.as_str()],
            };
            for word in words.into_iter().map(|w| w.trim().trim_start_matches('#')) {
                if !word.is_empty() && word.chars().count() <= 60 && !tags.iter().any(|t| t.eq_ignore_ascii_case(word))
                {
                    tags.push(word.to_owned());
                }
            }
        }
    }
    for category in &facts.categories {
        if !tags.iter().any(|t| t.eq_ignore_ascii_case(category)) {
            tags.push(category.clone());
        }
    }
    tags
}

/// The language of a page, and whether the page says it itself.
fn language_of(front: &FrontMatter, facts: &PathFacts, site: &Site, title: &str, body: &str) -> (LangTag, bool) {
    let said = front
        .text(&["lang", "language", "locale"])
        .and_then(|l| l.parse::<LangTag>().ok().map(|tag| (tag, l.len() > 2)))
        .or_else(|| facts.language.clone().map(|tag| (tag, true)));
    if let Some((tag, exact)) = &said
        && (*exact || tag.primary() != "zh")
    {
        return (tag.clone(), true);
    }
    let named = said.is_some();
    let seen = xinghe_text::detect(&markup::sample(title, body));
    if seen != LangTag::undetermined() {
        // `zh` alone does not say which script; the text does.
        return (seen, named);
    }
    (said.map(|(tag, _)| tag).or_else(|| site.language.clone()).unwrap_or(seen), named)
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
