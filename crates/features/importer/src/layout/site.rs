//! A folder's own settings: which generator, its address, language, author, licence, table of contents.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use url::Url;
use xinghe_core::LangTag;
use xinghe_core::portable::{FORM_KEY, MANIFEST};

use super::Layout;
use crate::encoding;
use crate::licence;
use crate::links::normalize;
use crate::markup::inline_text;
use crate::model::Person;
use crate::source::folder::read_plain;

/// What a folder says about all of its pages.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Its generator.
    pub layout: Layout,
    /// Its public address.
    pub base_url: Option<Url>,
    /// Its language, where the settings name one.
    pub language: Option<LangTag>,
    /// What it calls itself.
    pub title: Option<String>,
    /// Who writes here, where a page names nobody.
    pub author: Option<Person>,
    /// Who publishes it, the editor of pages that name nobody: the copyright's holder, the site's title, the folder.
    pub publisher: Option<Person>,
    /// Whether nothing but the folder's name tells who publishes it.
    pub publisher_is_folder: bool,
    /// People by the short names that pages use.
    pub people: HashMap<String, Person>,
    /// The licence of all of it.
    pub licence: Option<String>,
    /// The pattern of its addresses.
    pub permalink: Option<String>,
    /// Place and title of every page in the table of contents, by path from the root.
    pub summary: HashMap<String, (usize, String)>,
    /// The address of its git repository.
    pub repository: Option<String>,
    /// Folders that hold other pages beside their README, which then documents them.
    pub crowded: std::collections::HashSet<String>,
    /// Of an archive that a member took along: what identifies its posts, however the archive is called.
    pub own: Option<String>,
    /// Folders at the top named after a language, when there are at least two or the settings list them.
    pub language_folders: Vec<String>,
}

impl Site {
    /// Reads the settings of the folder at `root`, given the paths of its files. When the folder is only the writing
    /// part of a site (`content`, `src`, `source`…), the settings are looked for above it too.
    pub fn read(root: &Path, files: &[String]) -> Self {
        let mut site = Self { layout: detect(files), ..Self::default() };
        let mut homes = vec![root.to_path_buf()];
        homes.extend(above(root));
        for home in &homes {
            site.read_settings(home);
            site.licence = site.licence.take().or_else(|| licences(home));
            site.repository = site.repository.take().or_else(|| remote_of(home));
        }
        site.read_manifest(root);
        site.read_people(&homes);
        site.name_publisher(root, &homes);
        site.read_summaries(root, files);
        site.crowded = crowded(files);
        let top = files
            .iter()
            .filter_map(|f| f.strip_prefix(site.layout.content_root())?.split_once('/').map(|(t, _)| t.to_owned()));
        let mut tops: Vec<String> = top.filter(|t| language_like(t)).collect();
        tops.sort();
        tops.dedup();
        if tops.len() >= 2 {
            site.language_folders = tops;
        }
        site
    }

    /// Whether a top folder is a language's.
    pub fn is_language_folder(&self, folder: &str) -> bool {
        self.language_folders.iter().any(|f| f == folder)
    }

    /// Whether a README describes its folder rather than being a page of its own.
    pub fn is_meta_readme(&self, path: &str) -> bool {
        path.rsplit_once('/').is_none_or(|(folder, _)| self.crowded.contains(folder))
    }

    /// Where an archive that a member took along comes from.
    fn read_manifest(&mut self, root: &Path) {
        let Some(said) = settings(&root.join(MANIFEST)) else { return };
        let address = at(&said, "site").and_then(Value::as_str).and_then(|s| Url::parse(s).ok());
        let handle = at(&said, "member.handle").and_then(Value::as_str);
        if let (Some(url), Some(handle), Some(_)) = (address, handle, at(&said, FORM_KEY)) {
            self.own = Some(format!("xinghe:{}/@{handle}", url.as_str().trim_end_matches('/')));
            self.base_url = Some(url);
        }
    }

    fn read_settings(&mut self, home: &Path) {
        for name in SETTINGS {
            let Some(value) = settings(&home.join(name)) else { continue };
            if let Some(layout) = layout_of(name, &value)
                && self.layout == Layout::Plain
            {
                self.layout = layout;
            }
            let text = |keys: &[&str]| {
                keys.iter()
                    .find_map(|k| at(&value, k)?.as_str().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned))
            };
            // Jekyll's `baseurl` is a folder and its `url` the address; Hugo's `baseURL`, however written, is the address.
            let address = ["base_url", "baseURL", "baseurl", "BaseURL", "url", "site.url"]
                .iter()
                .find_map(|k| text(&[k]).filter(|u| u.starts_with("http")));
            self.base_url = self.base_url.take().or_else(|| {
                with_folder(&address?, text(&["root"]).or_else(|| text(&["baseurl"]).filter(|b| b.starts_with('/'))))
            });
            let licence =
                text(&["license", "licence", "params.license", "params.licence", "copyright", "params.copyright"]);
            self.licence = self.licence.take().or_else(|| licence::of_words(&licence?));
            let language = text(&[
                "default_language",
                "languageCode",
                "defaultContentLanguage",
                "language",
                "lang",
                "book.language",
            ]);
            self.language = self.language.take().or_else(|| language?.parse().ok());
            self.title = self.title.take().or_else(|| text(&["title", "book.title"]));
            let author = text(&[
                "author",
                "author.name",
                "params.author",
                "params.author.name",
                "extra.author",
                "Params.Author",
            ]);
            let link = text(&["author.url", "params.author.url", "extra.author_url"]);
            self.author = self.author.take().or_else(|| {
                author
                    .filter(|a| !a.eq_ignore_ascii_case("john doe") && !a.eq_ignore_ascii_case("your name"))
                    .map(|name| Person { name, url: link })
            });
            self.permalink = self
                .permalink
                .take()
                .or_else(|| text(&["permalink"]).or_else(|| at(&value, "permalinks").map(|_| "custom".to_owned())));
            self.repository = self.repository.take().or_else(|| text(&["output.html.git-repository-url"]));
            if let (Some(Value::Array(authors)), None) = (at(&value, "book.authors"), &self.author)
                && let [Value::String(only)] = authors.as_slice()
            {
                self.author = Some(Person { name: only.clone(), url: None });
            }
        }
    }

    fn name_publisher(&mut self, root: &Path, homes: &[PathBuf]) {
        let holder = homes.iter().find_map(|h| licence_texts(h).iter().find_map(|t| licence::copyright_holder(t)));
        let repository = || crate::source::hosts::parts(self.repository.as_deref()?).map(|(_, owner, _)| owner);
        let folder =
            || homes.last().unwrap_or(&root.to_path_buf()).file_name().map(|n| n.to_string_lossy().into_owned());
        let named = holder.or_else(|| self.title.clone()).or_else(repository).filter(|n| !n.trim().is_empty());
        self.publisher_is_folder = named.is_none();
        let name = named.or_else(folder).filter(|n| !n.trim().is_empty());
        let url = self.base_url.as_ref().map(ToString::to_string);
        self.publisher = name.map(|name| Person { name, url });
    }

    fn read_people(&mut self, homes: &[PathBuf]) {
        const FILES: [&str; 6] = [
            "_data/authors.yml",
            "_data/authors.yaml",
            "data/authors.yml",
            "data/authors.yaml",
            "data/authors.toml",
            "data/authors.json",
        ];
        for file in homes.iter().flat_map(|h| FILES.iter().map(move |f| h.join(f))) {
            let Some(Value::Object(people)) = settings(&file) else { continue };
            for (key, person) in people {
                let get = |names: &[&str]| names.iter().find_map(|n| at(&person, n)?.as_str().map(str::to_owned));
                let Some(name) = get(&["name", "display_name"]) else { continue };
                let url = get(&["url", "web", "website", "uri", "homepage"])
                    .or_else(|| get(&["github"]).map(|g| format!("https://github.com/{}", g.trim_start_matches('@'))));
                self.people.insert(key, Person { name, url });
            }
        }
    }

    fn read_summaries(&mut self, root: &Path, files: &[String]) {
        for file in files.iter().filter(|f| f.rsplit('/').next() == Some("SUMMARY.md")) {
            let Some(bytes) = read_plain(&root.join(file), 1 << 22) else { continue };
            let Ok(read) = encoding::decode(&bytes) else { continue };
            let folder = file.rsplit_once('/').map_or("", |(f, _)| f);
            let start = self.summary.len();
            for (i, (path, title)) in summary_links(&read.text).into_iter().enumerate() {
                if let Some(path) = normalize(&format!("{folder}/{path}")) {
                    self.summary.entry(path).or_insert((start + i, title));
                }
            }
        }
    }
}

const SETTINGS: [&str; 15] = [
    "config.toml",
    "zola.toml",
    "hugo.toml",
    "hugo.yaml",
    "hugo.yml",
    "config.yaml",
    "hugo.json",
    "config/_default/hugo.toml",
    "config/_default/hugo.yaml",
    "config/_default/config.toml",
    "config/_default/config.yaml",
    "config.yml",
    "_config.yml",
    "_config.yaml",
    "book.toml",
];

fn settings(path: &Path) -> Option<Value> {
    let bytes = read_plain(path, 1 << 20)?;
    let text = encoding::decode(&bytes).ok()?.text.into_owned();
    match path.extension()?.to_str()? {
        "toml" => serde_json::to_value(text.parse::<toml::Table>().ok()?).ok(),
        "json" => serde_json::from_str(&text).ok(),
        _ => serde_norway::from_str(&text).ok(),
    }
}

/// The value at `a.b`.
fn at<'a>(value: &'a Value, dotted: &str) -> Option<&'a Value> {
    dotted.split('.').try_fold(value, |v, key| v.get(key))
}

fn with_folder(address: &str, folder: Option<String>) -> Option<Url> {
    let mut url = Url::parse(address).ok().filter(Url::has_host)?;
    // Addresses that nobody replaced.
    if matches!(url.host_str(), Some("example.com" | "example.org" | "yoursite.com" | "localhost" | "yourdomain.com")) {
        return None;
    }
    if let Some(folder) = folder.filter(|f| url.path() == "/" && f != "/") {
        url.set_path(&folder);
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
}

fn layout_of(name: &str, value: &Value) -> Option<Layout> {
    let has = |key| at(value, key).is_some();
    match name {
        "book.toml" => Some(Layout::MdBook),
        "zola.toml" => Some(Layout::Zola),
        "config.toml" if has("base_url") => Some(Layout::Zola),
        "config.toml" | "config.yaml" | "config.yml" if has("baseURL") || has("baseurl") || has("languageCode") => {
            Some(Layout::Hugo)
        }
        _ if name.contains("hugo.") || name.starts_with("config/_default/") => Some(Layout::Hugo),
        "_config.yml" | "_config.yaml" if has("source_dir") || has("public_dir") || has("new_post_name") => {
            Some(Layout::Hexo)
        }
        "_config.yml" | "_config.yaml" => Some(Layout::Jekyll),
        _ => None,
    }
}

/// The generator that the paths alone tell.
fn detect(files: &[String]) -> Layout {
    let any = |test: &dyn Fn(&str) -> bool| files.iter().any(|f| test(f));
    if any(&|f| f == "book.toml" || f == "SUMMARY.md" || f == "src/SUMMARY.md" || f.ends_with("/src/SUMMARY.md")) {
        Layout::MdBook
    } else if any(&|f| f.starts_with("source/_posts/") || f == "scaffolds/post.md") {
        Layout::Hexo
    } else if any(&|f| f.starts_with("archetypes/") || f.starts_with("hugo.") || f.starts_with("config/_default/")) {
        Layout::Hugo
    } else if any(&|f| f == "zola.toml") {
        Layout::Zola
    } else if any(&|f| f.starts_with("_posts/") || f.contains("/_posts/") || f == "_config.yml") {
        Layout::Jekyll
    } else {
        Layout::Plain
    }
}

/// The folders above one that is only the writing part of a site.
fn above(root: &Path) -> Vec<PathBuf> {
    const PARTS: [&str; 8] = ["content", "src", "source", "_posts", "posts", "docs", "blog", "post"];
    let mut homes = Vec::new();
    let mut here = root;
    while homes.len() < 2
        && here.file_name().and_then(|n| n.to_str()).is_some_and(|n| PARTS.contains(&n))
        && let Some(parent) = here.parent()
    {
        homes.push(parent.to_path_buf());
        here = parent;
    }
    homes
}

fn licences(home: &Path) -> Option<String> {
    licence::expression(&licence_texts(home))
}

fn licence_texts(home: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
    let mut names: Vec<PathBuf> =
        entries.filter(|e| e.file_name().to_str().is_some_and(licence::is_licence_file)).map(|e| e.path()).collect();
    names.sort();
    names
        .iter()
        .filter_map(|p| read_plain(p, 1 << 18))
        .filter_map(|b| encoding::decode(&b).ok().map(|d| d.text.into_owned()))
        .collect()
}

/// The address of `origin` in a work tree's `.git/config`.
fn remote_of(home: &Path) -> Option<String> {
    let config = String::from_utf8(read_plain(&home.join(".git/config"), 1 << 20)?).ok()?;
    let section = config.split("[remote \"origin\"]").nth(1)?;
    let line =
        section.lines().take_while(|l| !l.trim_start().starts_with('[')).find_map(|l| l.trim().strip_prefix("url"))?;
    Some(line.trim().strip_prefix('=')?.trim().to_owned())
}

fn summary_links(text: &str) -> Vec<(String, String)> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:[-*+]\s+|\d+[.)]\s+)?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^()\s<>]*)>?\s*\)")
            .expect("the pattern is a constant")
    });
    LINK.captures_iter(text)
        .filter(|c| c[2].ends_with(".md"))
        .map(|c| (percent_encoding::percent_decode_str(&c[2]).decode_utf8_lossy().into_owned(), inline_text(&c[1])))
        .collect()
}

fn crowded(files: &[String]) -> std::collections::HashSet<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for file in files.iter().filter(|f| f.to_ascii_lowercase().ends_with(".md")) {
        let folder = file.rsplit_once('/').map_or("", |(f, _)| f);
        // A README above folders of pages documents them, too.
        let mut here = folder;
        *count.entry(here).or_default() += 1;
        while let Some((parent, _)) = here.rsplit_once('/') {
            *count.entry(parent).or_default() += 1;
            here = parent;
        }
    }
    count.into_iter().filter(|(_, n)| *n > 1).map(|(f, _)| f.to_owned()).collect()
}

fn language_like(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let primary = lower.split('-').next().unwrap_or_default();
    matches!(primary, "zh" | "en" | "ja" | "ko" | "de" | "fr" | "es" | "ru" | "pt" | "it") && lower.len() <= 7
}

#[cfg(test)]
#[path = "site_tests.rs"]
mod tests;
