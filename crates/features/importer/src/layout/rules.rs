//! What a path says: whether it is writing, its date, its language, its public address.

use std::sync::LazyLock;

use regex::Regex;
use time::OffsetDateTime;
use url::Url;
use xinghe_core::{LangTag, Timestamp};

use super::{Layout, Site};
use crate::dates;
use crate::front_matter::FrontMatter;

/// What a path says about its page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathFacts {
    /// The name without extension, date, language and Zola's `@0`.
    pub slug: String,
    /// The date in the name or the folders.
    pub date: Option<Timestamp>,
    /// What stands at the start of the name like a date and is none: `2020-13-45`.
    pub no_date: Option<String>,
    /// The language in the name (`x.zh-cn.md`) or the first folder (`zh/x.md`).
    pub language: Option<LangTag>,
    /// The folders that are categories: above Jekyll's `_posts`.
    pub categories: Vec<String>,
}

/// Folders that never hold writing.
const TOOL_FOLDERS: [&str; 33] = [
    "node_modules",
    "bower_components",
    "vendor",
    "target",
    "dist",
    "build",
    "_site",
    "public",
    "themes",
    "theme",
    "templates",
    "layouts",
    "_layouts",
    "_includes",
    "_sass",
    "archetypes",
    "scaffolds",
    "static",
    "assets",
    "_data",
    "data",
    "i18n",
    "resources",
    "images",
    "img",
    "image",
    "css",
    "js",
    "fonts",
    "plugins",
    "_plugins",
    "__pycache__",
    "venv",
];

/// Of those, folders that another layout may use for writing.
fn may_hold_writing(folder: &str, layout: Layout) -> bool {
    match folder {
        "build" | "target" | "data" | "image" | "images" | "assets" | "public" | "dist" | "vendor" | "resources"
        | "plugins" | "templates" | "theme" | "static" => {
            layout == Layout::MdBook && !matches!(folder, "theme" | "static" | "templates")
        }
        _ => false,
    }
}

/// Names that document a project instead of being writing of their own.
const META_NAMES: [&str; 20] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "CONTRIBUTING",
    "CODE_OF_CONDUCT",
    "CODEOWNERS",
    "CHANGELOG",
    "CHANGES",
    "HISTORY",
    "SECURITY",
    "SUPPORT",
    "AUTHORS",
    "CONTRIBUTORS",
    "MAINTAINERS",
    "PULL_REQUEST_TEMPLATE",
    "ISSUE_TEMPLATE",
    "GOVERNANCE",
    "NOTICE",
    "CLAUDE",
    "AGENTS",
];

/// Why a folder or page at this path (relative to the root, `/` between parts) is not writing; `None` when it may be.
pub fn not_writing(path: &str, is_folder: bool, site: &Site) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.starts_with('.') {
        return Some("hidden");
    }
    if is_folder {
        if name == "_drafts" {
            return Some("drafts");
        }
        // A built book or site beside its sources.
        let built = site.layout == Layout::MdBook && matches!(path, "book" | "docs/book");
        if built || (TOOL_FOLDERS.contains(&name) && !may_hold_writing(name, site.layout)) {
            return Some("a folder of a tool or theme, not of writing");
        }
        return None;
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let extension = extension.to_ascii_lowercase();
    if matches!(extension.as_str(), "rst" | "adoc" | "asciidoc" | "org" | "tex" | "textile") {
        return Some("not Markdown; only Markdown is read");
    }
    if site.summary.contains_key(path) {
        return None;
    }
    let upper = stem.to_uppercase();
    let at_root = !path.contains('/');
    let base_name = upper.split(['.', '-']).next().unwrap_or(&upper);
    if (META_NAMES.contains(&upper.as_str()) || (META_NAMES.contains(&base_name) && stem == upper))
        && (stem == upper || at_root)
    {
        return Some("it documents the project (licence, contributing, changes…)");
    }
    match (upper.as_str(), base_name) {
        ("SUMMARY" | "_SIDEBAR" | "_NAVBAR" | "_COVERPAGE", _) => Some("a table of contents; it gave titles and order"),
        ("_INDEX", _) | (_, "_INDEX") => Some("a section page"),
        ("404", _) => Some("an error page"),
        ("README", _) | (_, "README") if at_root || site.layout != Layout::Plain || site.is_meta_readme(path) => {
            Some("a README that documents the folder")
        }
        _ => None,
    }
}

static LANGUAGE_SUFFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.+)[._]((?:zh|en|ja|ko|de|fr|es|ru|pt|it)(?:[-_](?:hans|hant|cn|tw|hk|mo|sg|us|gb|br))?)$")
        .expect("the pattern is a constant")
});
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(.*)@\d+$").expect("the pattern is a constant"));

/// Reads what a path says.
pub fn path_facts(path: &str, site: &Site) -> PathFacts {
    let inner = path.strip_prefix(site.layout.content_root()).unwrap_or(path);
    let (folder, name) = inner.rsplit_once('/').unwrap_or(("", inner));
    let mut stem = name.rsplit_once('.').map_or(name, |(s, _)| s);
    let mut facts = PathFacts::default();
    if let Some(c) = LANGUAGE_SUFFIX.captures(stem) {
        facts.language = c[2].replace('_', "-").parse().ok();
        stem = stem.get(..c[1].len()).unwrap_or(stem);
    }
    if let Some(c) = NUMBERED.captures(stem) {
        stem = stem.get(..c[1].len()).unwrap_or(stem);
    }
    if facts.language.is_none() {
        facts.language = folder.split('/').next().filter(|f| site.is_language_folder(f)).and_then(|f| f.parse().ok());
    }
    // A page bundle has its name from its folder.
    if matches!(stem.to_ascii_lowercase().as_str(), "index" | "readme") {
        stem = folder.rsplit('/').next().unwrap_or(stem);
        if let Some(c) = NUMBERED.captures(stem) {
            stem = stem.get(..c[1].len()).unwrap_or(stem);
        }
    }
    let dated = dates::in_name(stem);
    facts.no_date = if dated.is_none() { dates::like_one(stem).map(str::to_owned) } else { None };
    facts.date = dated.map(|(d, _)| d).or_else(|| dates::in_path(inner));
    facts.slug = match dated {
        Some((_, rest)) if !rest.is_empty() => rest.to_owned(),
        _ => stem.to_owned(),
    };
    if let Some((above, _)) = folder.split_once("_posts").filter(|_| site.layout == Layout::Jekyll) {
        facts.categories =
            above.split('/').filter(|s| !s.is_empty() && !s.starts_with('_')).map(str::to_owned).collect();
    }
    facts
}

/// The public address of a page on its own site, where the site's settings tell it.
pub fn page_address(path: &str, slug: &str, date: Option<Timestamp>, front: &FrontMatter, site: &Site) -> Option<Url> {
    let base = site.base_url.as_ref()?;
    let inner = path.strip_prefix(site.layout.content_root()).unwrap_or(path);
    let (folder, name) = inner.rsplit_once('/').unwrap_or(("", inner));
    let bundle = name.to_ascii_lowercase().starts_with("index.");
    let below = |name: &str| {
        if bundle || folder.is_empty() {
            folder.trim_end_matches('/').to_owned() + if bundle { "" } else { name }
        } else {
            format!("{folder}/{name}")
        }
    };
    let slug = front.text(&["slug"]).unwrap_or_else(|| slug.to_owned());
    let address = match site.layout {
        Layout::Zola => {
            let own = front.text(&["path"]).unwrap_or_else(|| match folder.rsplit_once('/') {
                _ if !bundle => below(&slug),
                Some((section, _)) => format!("{section}/{slug}"),
                None => slug.clone(),
            });
            format!("{}{}/", language_folder(name, site), own.trim_matches('/'))
        }
        Layout::Hugo => match front.text(&["url"]) {
            Some(url) => url,
            None if site.permalink.is_some() => return None,
            None => format!("{}{}/", language_folder(name, site), below(&slug).trim_matches('/')),
        },
        Layout::Hexo | Layout::Jekyll => {
            let fallback = if site.layout == Layout::Hexo {
                ":year/:month/:day/:title/"
            } else {
                "/:categories/:year/:month/:day/:title.html"
            };
            let own = front.text(&["permalink"]);
            let pattern = own.as_deref().or(site.permalink.as_deref()).unwrap_or(fallback);
            let pattern = match pattern {
                "pretty" => "/:categories/:year/:month/:day/:title/",
                "date" => "/:categories/:year/:month/:day/:title.html",
                "none" => "/:categories/:title.html",
                other => other,
            };
            if !path.contains("_posts/") && own.is_none() {
                return None;
            }
            let post = path.rsplit_once("_posts/").map_or(inner, |(_, p)| p);
            let name = post.rsplit_once('.').map_or(post, |(s, _)| s);
            let title = if site.layout == Layout::Hexo { name.to_owned() } else { slug };
            let categories = categories(front, site.layout).join("/").to_lowercase();
            fill(pattern, date, &title, &categories)?
        }
        Layout::MdBook => format!("{}.html", inner.strip_suffix(".md").unwrap_or(inner).replace("README", "index")),
        Layout::Plain => return None,
    };
    let mut url = base.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url.join(address.trim_start_matches('/')).ok().filter(|u| u.host() == base.host())
}

/// The folder that Hugo and Zola put a page into for the language in its name: none for the site's own language.
fn language_folder(name: &str, site: &Site) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(s, _)| s);
    let Some(code) = LANGUAGE_SUFFIX.captures(stem).map(|c| c[2].replace('_', "-").to_lowercase()) else {
        return String::new();
    };
    let of = |tag: &LangTag| tag.primary().to_owned();
    let own = site.language.as_ref().map_or_else(|| "en".to_owned(), of);
    let here = code.parse::<LangTag>().as_ref().map(of).unwrap_or_default();
    if here == own { String::new() } else { format!("{code}/") }
}

/// Jekyll splits `categories: a b` at spaces, as it does with tags.
fn categories(front: &FrontMatter, layout: Layout) -> Vec<String> {
    let all = front.list(&["category", "categories"]);
    match front.get(&["categories"]) {
        Some(serde_json::Value::String(text)) if layout == Layout::Jekyll && !text.contains([',', '，']) => {
            all.iter().flat_map(|c| c.split_whitespace()).map(str::to_owned).collect()
        }
        _ => all,
    }
}

/// Fills `:year` and the like; `None` when something else remains to be filled.
fn fill(pattern: &str, date: Option<Timestamp>, title: &str, categories: &str) -> Option<String> {
    let mut address = pattern.replace(":categories", categories).replace(":category", categories);
    if address.contains(":year") || address.contains(":month") || address.contains(":day") {
        let at: OffsetDateTime = date?.to_datetime();
        address = address
            .replace(":year", &format!("{:04}", at.year()))
            .replace(":month", &format!("{:02}", u8::from(at.month())))
            .replace(":i_month", &u8::from(at.month()).to_string())
            .replace(":day", &format!("{:02}", at.day()))
            .replace(":i_day", &at.day().to_string());
    }
    let address = address.replace(":title", title).replace(":name", title).replace(":slug", title);
    let address = address.replace("//", "/");
    (!address.contains(":") || address.contains("://")).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(layout: Layout) -> Site {
        Site { layout, base_url: Url::parse("https://b.example/").ok(), ..Site::default() }
    }

    #[test]
    fn paths_speak() {
        let facts = |path, layout| path_facts(path, &site(layout));
        let day = dates::parse("2020-01-02");
        let f = facts("_posts/2020-01-02-hello.md", Layout::Jekyll);
        assert_eq!((f.slug.as_str(), f.date), ("hello", day));
        assert_eq!(facts("rust/_posts/2020-01-02-hello.md", Layout::Jekyll).categories, ["rust"]);
        assert_eq!(facts("content/blog/hello@0.md", Layout::Zola).slug, "hello");
        let f = facts("content/posts/hello/index.zh-cn.md", Layout::Hugo);
        assert_eq!((f.slug.as_str(), f.language.as_ref().map(LangTag::as_str)), ("hello", Some("zh-Hans")));
        assert_eq!(facts("content/2020/01/02/hello.md", Layout::Zola).date, day);
        assert_eq!(facts("content/a.b.md", Layout::Hugo).language, None);
        assert_eq!(facts("src/ch/02-x.md", Layout::MdBook).slug, "02-x");
    }

    #[test]
    fn what_is_not_writing() {
        let plain = Site::default();
        for (path, folder) in [
            ("node_modules", true),
            (".git", true),
            ("a/_drafts", true),
            ("themes", true),
            ("README.md", false),
            ("LICENSE.md", false),
            ("docs/CONTRIBUTING.md", false),
            ("SUMMARY.md", false),
            ("content/_index.md", false),
            ("content/_index.zh.md", false),
            ("notes.rst", false),
            ("404.md", false),
            (".github/x.md", false),
            ("README-zh.md", false),
            ("CHANGELOG.md", false),
        ] {
            assert_eq!(not_writing(path, folder, &plain).is_some(), path != ".github/x.md", "{path}");
        }
        for path in ["a.md", "licensing-explained.md", "a/history.md", "posts/security.md", "changes-in-the-team.md"] {
            assert_eq!(not_writing(path, false, &plain), None, "{path}");
        }
    }

    #[test]
    fn addresses_follow_the_generator() {
        let day = dates::parse("2020-01-02");
        let none = FrontMatter::default();
        let at = |layout, path: &str| page_address(path, "hello", day, &none, &site(layout)).map(String::from);
        assert_eq!(at(Layout::Hexo, "source/_posts/hello.md").as_deref(), Some("https://b.example/2020/01/02/hello/"));
        assert_eq!(
            at(Layout::Jekyll, "_posts/2020-01-02-hello.md").as_deref(),
            Some("https://b.example/2020/01/02/hello.html")
        );
        assert_eq!(at(Layout::Hugo, "content/posts/hello.md").as_deref(), Some("https://b.example/posts/hello/"));
        assert_eq!(at(Layout::Hugo, "content/posts/hello/index.md").as_deref(), Some("https://b.example/posts/hello/"));
        assert_eq!(at(Layout::Zola, "content/blog/hello/index.md").as_deref(), Some("https://b.example/blog/hello/"));
        assert_eq!(at(Layout::MdBook, "src/ch/hello.md").as_deref(), Some("https://b.example/ch/hello.html"));
        assert_eq!(at(Layout::Plain, "hello.md"), None);
        assert_eq!(
            at(Layout::Hugo, "content/posts/hello.zh-cn.md").as_deref(),
            Some("https://b.example/zh-cn/posts/hello/"),
            "a translation has an address of its own"
        );
        assert_eq!(at(Layout::Hugo, "content/posts/hello.en.md").as_deref(), Some("https://b.example/posts/hello/"));
        let (front, _) = crate::front_matter::split("---\ncategories: Cat1 cat2\n---\n").expect("it is read");
        let path = "_posts/2020-01-02-hello.md";
        assert_eq!(
            page_address(path, "hello", day, &front, &site(Layout::Jekyll)).map(String::from).as_deref(),
            Some("https://b.example/cat1/cat2/2020/01/02/hello.html")
        );
    }
}
