//! The crates of the local cargo registry, as projects: README, authors, licence, keywords, links, versions.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use semver::Version;
use toml::{Table, Value};
use url::Url;
use xinghe_core::{CreditRole, PostKind, Provenance};

use super::Limits;
use super::hosts::{self, CodeHost};
use crate::encoding;
use crate::error::ImportError;
use crate::markup;
use crate::model::{Draft, Left, Person, Plan};
use crate::people::{self, References};

/// The origin of every crate, the same on every machine and whatever registry it came from; the path is the crate's
/// name, so that together they read `crate:NAME`.
pub const ORIGIN: &str = "crate:";

/// Reads the registry below `home` (`$CARGO_HOME`, else `~/.cargo`), only the crates of these names where given.
///
/// # Errors
/// When there is no registry.
pub fn read(home: Option<&Path>, names: Option<&[String]>, limits: &Limits) -> Result<Plan, ImportError> {
    let home = home.map(Path::to_path_buf).or_else(default_home).unwrap_or_else(|| PathBuf::from(".cargo"));
    let sources = home.join("registry").join("src");
    let registries =
        std::fs::read_dir(&sources).map_err(|_| ImportError::NoRegistry { path: sources.display().to_string() })?;
    let wanted: Option<HashSet<&str>> = names.map(|n| n.iter().map(String::as_str).collect());
    let mut found: BTreeMap<String, BTreeMap<Version, PathBuf>> = BTreeMap::new();
    for registry in registries.flatten() {
        for entry in std::fs::read_dir(registry.path()).into_iter().flatten().flatten() {
            let folder = entry.file_name();
            let Some((name, version)) = folder.to_str().and_then(split_version) else { continue };
            if wanted.as_ref().is_none_or(|w| w.contains(name)) && entry.path().is_dir() {
                found.entry(name.to_owned()).or_default().insert(version, entry.path());
            }
        }
    }
    let mut plan = Plan { origin: ORIGIN.to_owned(), exhaustive: wanted.is_none(), ..Plan::default() };
    for (name, versions) in &found {
        match project(name, versions, limits) {
            Ok(project) => project.add_to(&mut plan),
            Err(left) if left.skipped => plan.skipped.push(Left::new(name.clone(), left.reason)),
            Err(left) => plan.failed.push(Left::new(name.clone(), left.reason)),
        }
    }
    if found.is_empty() {
        return Err(ImportError::NoRegistry { path: sources.display().to_string() });
    }
    people::unify(&mut plan.drafts);
    Ok(plan)
}

fn default_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cargo")))
}

/// The names of the registry packages in a `Cargo.lock`, without the workspace's own.
pub fn names_in_lock(lock: &str) -> Vec<String> {
    let Ok(table) = lock.parse::<Table>() else { return Vec::new() };
    let packages = table.get("package").and_then(Value::as_array).into_iter().flatten();
    let from_registry =
        packages.filter(|p| p.get("source").and_then(Value::as_str).is_some_and(|s| s.starts_with("registry+")));
    let names: BTreeSet<String> = from_registry.filter_map(|p| p.get("name")?.as_str().map(str::to_owned)).collect();
    names.into_iter().collect()
}

/// `serde-1.0.200` → name and version; a name may hold dashes and digits.
fn split_version(folder: &str) -> Option<(&str, Version)> {
    folder.match_indices('-').find_map(|(at, _)| Some((&folder[..at], Version::parse(folder.get(at + 1..)?).ok()?)))
}

struct NoProject {
    reason: String,
    skipped: bool,
}

struct Project {
    draft: Draft,
    browse: Option<Url>,
    raw: Option<Url>,
}

impl Project {
    fn add_to(self, plan: &mut Plan) {
        let path = self.draft.path.clone();
        if let Some(browse) = self.browse {
            plan.links.base.insert(path.clone(), browse);
        }
        if let Some(raw) = self.raw {
            plan.links.image_base.insert(path, raw);
        }
        plan.drafts.push(self.draft);
    }
}

fn project(name: &str, versions: &BTreeMap<Version, PathBuf>, limits: &Limits) -> Result<Project, NoProject> {
    let broken = |reason: String| NoProject { reason, skipped: false };
    // A release comes before a newer pre-release.
    let newest = versions.iter().rev().find(|(v, _)| v.pre.is_empty()).or_else(|| versions.iter().next_back());
    let (version, folder) = newest.ok_or_else(|| broken("it has no version".to_owned()))?;
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))
        .map_err(|e| broken(format!("its Cargo.toml cannot be read: {e}")))?;
    let manifest: Table = manifest
        .parse()
        .map_err(|e: toml::de::Error| broken(format!("its Cargo.toml cannot be read: {}", e.message())))?;
    let package = manifest
        .get("package")
        .and_then(Value::as_table)
        .ok_or_else(|| broken("its Cargo.toml names no package".to_owned()))?;
    let text = |key: &str| {
        package
            .get(key)
            .and_then(Value::as_str)
            .map(|s| s.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|s| !s.is_empty())
    };
    let description = text("description");
    let (readme_path, readme) = readme(folder, package, limits).unwrap_or_default();
    let body = body(name, description.as_deref(), &readme);
    if markup::prose_length(&body) < 2 {
        return Err(NoProject { reason: "it has no README and no description".to_owned(), skipped: true });
    }
    let repository = text("repository");
    let (browse, raw) = bases(repository.as_deref(), folder, &readme_path);
    let licence = text("license").map(|l| l.replace(" / ", "/").replace('/', " OR "));
    let mut facts = vec![("version".to_owned(), version.to_string())];
    let older: Vec<String> = versions.keys().rev().filter(|v| *v != version).map(ToString::to_string).collect();
    let mut fact = |key: &str, value: Option<String>| facts.extend(value.map(|v| (key.to_owned(), v)));
    fact("other_versions", (!older.is_empty()).then(|| older.join(", ")));
    fact("repository", repository.clone().filter(|u| is_web(u)));
    fact(
        "documentation",
        text("documentation").filter(|u| is_web(u)).or_else(|| Some(format!("https://docs.rs/{name}"))),
    );
    fact("homepage", text("homepage").filter(|u| is_web(u)));
    fact("licence", licence.clone());
    fact("rust_version", text("rust-version"));
    let tags = tags(package);
    fact("keywords", (!tags.is_empty()).then(|| tags.join(", ")));
    let draft = Draft {
        path: name.to_owned(),
        kind: PostKind::Project,
        title: name.to_owned(),
        language: xinghe_text::detect(&markup::sample("", &body)),
        body,
        credits: authors(name, package, repository.as_deref()).into_iter().map(|p| (CreditRole::Author, p)).collect(),
        tags,
        published_at: None,
        licence,
        source_url: repository.filter(|u| is_web(u)).or_else(|| text("homepage").filter(|u| is_web(u))),
        original_url: None,
        site_path: None,
        facts,
        order: None,
        canonical: None,
        names_language: false,
        warnings: Vec::new(),
        provenance: Provenance::Human,
        parent: None,
        accepted: false,
    };
    Ok(Project { draft, browse, raw })
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The README's path in the crate and its text.
fn readme(folder: &Path, package: &Table, limits: &Limits) -> Option<(String, String)> {
    let named = match package.get("readme") {
        Some(Value::Boolean(false)) => return None,
        Some(Value::String(path)) => vec![path.as_str()],
        _ => vec!["README.md", "readme.md", "Readme.md", "README"],
    };
    for path in named {
        let Some(inner) = crate::links::normalize(path) else { continue };
        let other_kind = [".rst", ".adoc", ".org", ".txt"].iter().any(|e| inner.to_ascii_lowercase().ends_with(e));
        let file = folder.join(&inner);
        if other_kind || !file.metadata().is_ok_and(|m| m.is_file() && m.len() <= limits.file_bytes) {
            continue;
        }
        let bytes = std::fs::read(&file).ok()?;
        let text = encoding::decode(&bytes).ok()?.text.into_owned();
        return Some((inner, text));
    }
    None
}

static BADGE: LazyLock<Regex> = LazyLock::new(|| {
    re(r"\[!\[[^\[\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])?\](?:\([^()]*\)|\[[^\[\]]*\])?")
});
/// What is left of a badge whose image was HTML.
static EMPTY_LINK: LazyLock<Regex> = LazyLock::new(|| re(r"\[\s*\](?:\([^()]*\)|\[[^\[\]]*\])"));
static REFERENCE_IMAGE: LazyLock<Regex> = LazyLock::new(|| re(r"!\[([^\[\]]*)\](?:\[([^\[\]]*)\])"));
static BADGE_HOST: LazyLock<Regex> =
    LazyLock::new(|| re(r"(?i)shields\.io|badge|codecov|travis-ci|appveyor|coveralls|deps\.rs|/workflows/|buildstats"));
static BADGE_IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?i)!\[[^\[\]]*\]\([^()]*(?:shields\.io|badge|codecov|travis-ci|appveyor|coveralls|deps\.rs|/workflows/|buildstats)[^()]*\)",
    )
});
static BADGE_HTML: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r#"(?is)<a\b[^>]*>\s*<img\b[^>]*(?:shields\.io|badge|codecov|deps\.rs|/workflows/)[^>]*>\s*</a>|<img\b[^>]*(?:shields\.io|badge|codecov|deps\.rs|/workflows/)[^>]*>"#,
    )
});
static EMPTY_DIV: LazyLock<Regex> = LazyLock::new(|| re(r"(?is)<(div|p|center|h1)\b[^>]*>\s*</(?:div|p|center|h1)>"));

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// The README without badges and without a heading that only repeats the name, led by the description.
fn body(name: &str, description: Option<&str>, readme: &str) -> String {
    let text = BADGE_HTML.replace_all(readme, "");
    let text = BADGE.replace_all(&text, "");
    let text = BADGE_IMAGE.replace_all(&text, "");
    let references = crate::credits::references(readme);
    let text = REFERENCE_IMAGE.replace_all(&text, |c: &regex::Captures<'_>| {
        let label = if c[2].is_empty() { &c[1] } else { &c[2] };
        let badge = references.get(&label.to_lowercase()).is_some_and(|url| BADGE_HOST.is_match(url));
        if badge { String::new() } else { c[0].to_owned() }
    });
    let text = EMPTY_LINK.replace_all(&text, "");
    let text = EMPTY_DIV.replace_all(&text, "");
    let text = text.lines().map(|l| if l.trim().is_empty() { "" } else { l }).collect::<Vec<_>>().join("\n");
    let text = squeeze_blank_lines(text.trim());
    let same = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let text = match markup::take_heading(&text) {
        Some((heading, rest))
            if [same(name), format!("{}rs", same(name)), same(description.unwrap_or(name))]
                .contains(&same(&heading)) =>
        {
            rest
        }
        _ => text,
    };
    let said = same(&text);
    match description {
        Some(d) if !said.contains(&same(d)) => format!("{}\n\n{text}", d.trim()).trim().to_owned(),
        _ => text.trim().to_owned(),
    }
}

fn squeeze_blank_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let code = crate::credits::code_mask(&lines);
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for (line, code) in lines.iter().zip(code) {
        if line.is_empty() && blank && !code {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Where relative links and images of the README lead: into the repository, at the crate's place in it.
fn bases(repository: Option<&str>, folder: &Path, readme: &str) -> (Option<Url>, Option<Url>) {
    let Some(host) = repository.and_then(CodeHost::of) else { return (None, None) };
    let info = std::fs::read_to_string(folder.join(".cargo_vcs_info.json")).ok();
    let info: Option<serde_json::Value> = info.and_then(|i| serde_json::from_str(&i).ok());
    let inside = info.as_ref().and_then(|i| i.get("path_in_vcs")?.as_str()).unwrap_or_default();
    let place = readme.rsplit_once('/').map_or("", |(folder, _)| folder);
    let join = |root: &str| {
        let mut url = crate::links::join(&Url::parse(root).ok()?, &format!("{inside}/{place}"))?;
        url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
        Some(url)
    };
    (join(&host.browse), join(&host.raw))
}

fn tags(package: &Table) -> Vec<String> {
    let list = |key: &str| package.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(|v| v.as_str());
    let mut tags: Vec<String> = Vec::new();
    let categories = list("categories").filter_map(|c| c.rsplit("::").next());
    for tag in list("keywords").chain(categories).map(str::trim) {
        if !tag.is_empty() && !tags.iter().any(|t| t.eq_ignore_ascii_case(tag)) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Whom the manifest names; else whom the repository belongs to. An address of mail is never kept, but where its name
/// is the owner's at the code host, the two are one person.
fn authors(name: &str, package: &Table, repository: Option<&str>) -> Vec<Person> {
    let host = repository.and_then(CodeHost::of);
    let owner = repository.and_then(hosts::parts).map(|(_, owner, _)| owner).filter(|_| host.is_some());
    let page = host.as_ref().and_then(|h| h.web.rsplit_once('/')).map(|(page, _)| page.to_owned());
    let named = package.get("authors").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut found: Vec<Person> = Vec::new();
    for entry in named {
        let (name, mail) = entry.split_once('<').map_or((entry, ""), |(n, m)| (n, m.trim_end_matches('>')));
        let names = people::parse(name, &References::new()).names;
        let single = names.len() == 1;
        for mut person in names {
            let local = mail.split('@').next().unwrap_or_default();
            let local = local.rsplit('+').next().unwrap_or(local);
            let squeeze =
                |t: &str| t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
            let is_owner = owner
                .as_ref()
                .is_some_and(|o| squeeze(o) == squeeze(&person.name) || (single && squeeze(o) == squeeze(local)));
            if is_owner {
                person.url = page.clone();
            }
            if !found.iter().any(|p| p.key() == person.key()) {
                found.push(person);
            }
        }
    }
    if found.is_empty() {
        found.push(match owner {
            Some(name) => Person { name, url: page },
            None => Person { name: format!("Authors of {name}"), url: None },
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_at(home: &Path, folder: &str, manifest: &str, readme: &str) {
        let at = home.join("registry/src/registry.example-1/").join(folder);
        std::fs::create_dir_all(&at).expect("made");
        std::fs::write(at.join("Cargo.toml"), manifest).expect("written");
        if !readme.is_empty() {
            std::fs::write(at.join("README.md"), readme).expect("written");
        }
        std::fs::write(at.join(".cargo_vcs_info.json"), "{\"git\":{\"sha1\":\"x\"},\"path_in_vcs\":\"crates/web\"}")
            .expect("written");
    }

    fn registry() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        let manifest = |version: &str| {
            format!(
                "[package]\nname = \"my-web\"\nversion = \"{version}\"\nauthors = [\"Ann Lee <ann@x.example>\"]\ndescription = \"A small web framework.\"\nlicense = \"MIT/Apache-2.0\"\nrepository = \"https://github.com/ann/my-web\"\nkeywords = [\"http\", \"web\"]\ncategories = [\"web-programming::http-server\"]\nreadme = \"README.md\"\nrust-version = \"1.80\"\n"
            )
        };
        let readme = "# my-web\n\n[![Crates](https://img.shields.io/x.svg)](https://registry.example/my-web)\n\nRoutes requests to handlers. See [the examples](examples) and ![logo art](art/logo.png).\n";
        crate_at(home.path(), "my-web-1.2.0", &manifest("1.2.0"), readme);
        crate_at(home.path(), "my-web-0.9.0", &manifest("0.9.0"), "# my-web\n\nOld.");
        crate_at(home.path(), "my-web-2.0.0-rc.1", &manifest("2.0.0-rc.1"), "# my-web\n\nNext.");
        crate_at(home.path(), "bare-1.0.0", "[package]\nname = \"bare\"\nversion = \"1.0.0\"\n", "");
        crate_at(
            home.path(),
            "owned-1.0.0",
            "[package]\nname = \"owned\"\ndescription = \"Owned things.\"\nrepository = \"https://github.com/dtolnay/owned\"\n",
            "",
        );
        crate_at(home.path(), "broken-1.0.0", "[package", "");
        home
    }

    #[test]
    fn crates_become_projects() {
        let home = registry();
        let plan = read(Some(home.path()), None, &Limits::default()).expect("there is a registry");
        let names: Vec<&str> = plan.drafts.iter().map(|d| d.path.as_str()).collect();
        assert_eq!(names, ["my-web", "owned"]);
        let d = &plan.drafts[0];
        assert_eq!((d.kind, d.licence.as_deref()), (PostKind::Project, Some("MIT OR Apache-2.0")));
        assert_eq!(d.credits[0].1, Person { name: "Ann Lee".into(), url: Some("https://github.com/ann".into()) });
        assert_eq!(d.tags, ["http", "web", "http-server"]);
        assert_eq!((plan.origin.as_str(), d.path.as_str()), ("crate:", "my-web"));
        assert_eq!(d.source_url.as_deref(), Some("https://github.com/ann/my-web"), "its own address");
        let fact = |key: &str| d.facts.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        assert_eq!((fact("version"), fact("other_versions")), (Some("1.2.0"), Some("2.0.0-rc.1, 0.9.0")));
        assert_eq!((fact("documentation"), fact("rust_version")), (Some("https://docs.rs/my-web"), Some("1.80")));
        assert!(d.body.starts_with("A small web framework.\n\nRoutes requests"), "{}", d.body);
        let resolved =
            crate::links::rewrite(&d.body, &|dest, image| plan.links.target(&d.path, dest, image, &|_| None));
        assert!(resolved.contains("(https://github.com/ann/my-web/blob/HEAD/crates/web/examples)"), "{resolved}");
        assert!(
            resolved.contains("(https://raw.githubusercontent.com/ann/my-web/HEAD/crates/web/art/logo.png)"),
            "{resolved}"
        );
        assert_eq!(plan.drafts[1].credits[0].1.profile().as_deref(), Some("github:dtolnay"));
        assert_eq!((plan.skipped[0].path.as_str(), plan.failed[0].path.as_str()), ("bare", "broken"));
    }

    #[test]
    fn badges_and_repeated_headings_leave_a_readme() {
        for (readme, want) in [
            (
                "# x-y\n\n[<img alt=\"version\" src=\"https://img.shields.io/c.svg\">](https://registry.example)\n\nText.",
                "Does y.\n\nText.",
            ),
            (
                "Does y\n===\n\n![build][3] [![Docs badge]][docs]\n\nText.\n\n[3]: https://img.shields.io/b",
                "Does y.\n\nText.\n\n[3]: https://img.shields.io/b",
            ),
            ("# xy.rs\n\n![a diagram][d]\n\n[d]: d.png", "Does y.\n\n![a diagram][d]\n\n[d]: d.png"),
        ] {
            assert_eq!(body("x-y", Some("Does y."), readme), want, "{readme}");
        }
    }

    #[test]
    fn only_the_wanted_crates_are_read() {
        let home = registry();
        let plan =
            read(Some(home.path()), Some(&["owned".to_owned()]), &Limits::default()).expect("there is a registry");
        assert_eq!((plan.drafts.len(), plan.exhaustive), (1, false));
        let lock = "[[package]]\nname = \"xinghe\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"registry+https://registry.example/index\"\n";
        assert_eq!(names_in_lock(lock), ["serde"]);
    }

    #[test]
    fn no_registry_is_said() {
        let home = tempfile::tempdir().expect("a folder");
        assert!(matches!(read(Some(home.path()), None, &Limits::default()), Err(ImportError::NoRegistry { .. })));
    }

    #[test]
    fn names_and_versions_are_split() {
        for (folder, name, version) in [
            ("serde-1.0.2", "serde", "1.0.2"),
            ("sha2-asm-0.6.0-rc.1", "sha2-asm", "0.6.0-rc.1"),
            ("utf-8-0.7.6", "utf-8", "0.7.6"),
        ] {
            assert_eq!(split_version(folder), Some((name, Version::parse(version).expect("a version"))));
        }
    }
}
