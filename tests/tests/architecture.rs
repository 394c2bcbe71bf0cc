//! Who may depend on whom, under which licences, and that nothing is declared without being used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    /// `None` for what the product itself needs, else `dev` or `build`.
    kind: Option<String>,
}

impl Dependency {
    fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest lies in a folder")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_path_buf()
}

/// Without the packages of other systems, which are not downloaded here; `tests/lint.sh` looks at them, too.
fn metadata() -> Metadata {
    let host = Command::new(env!("CARGO")).args(["-vV"]).output().expect("cargo runs");
    let host = String::from_utf8(host.stdout).expect("text");
    let host = host.lines().find_map(|l| l.strip_prefix("host: ")).expect("cargo names its host").to_owned();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &host])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("what cargo metadata answers")
}

impl Metadata {
    fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|p| self.workspace_members.contains(&p.id))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    App,
    Feature,
    Platform,
    Testkit,
    Tests,
}

fn layer(package: &Package) -> Layer {
    let folder = package.folder().strip_prefix(root()).expect("a member of this workspace");
    let parts: Vec<_> = folder.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["app"] => Layer::App,
        ["crates", "features", _] => Layer::Feature,
        ["crates", "platform", _] => Layer::Platform,
        ["testkit"] => Layer::Testkit,
        ["tests"] => Layer::Tests,
        _ => panic!("{} lies outside of the known layers", folder.display()),
    }
}

/// Which crates of the platform a crate of the platform may use.
const PLATFORM: &[(&str, &[&str])] = &[
    ("xinghe-core", &[]),
    ("xinghe-embedder", &[]),
    ("xinghe-net", &["xinghe-core"]),
    ("xinghe-mail", &["xinghe-core"]),
    ("xinghe-text", &["xinghe-core"]),
    ("xinghe-store", &["xinghe-core"]),
    ("xinghe-ai", &["xinghe-core", "xinghe-text", "xinghe-net", "xinghe-embedder"]),
    ("xinghe-web", &["xinghe-core", "xinghe-text", "xinghe-store"]),
];

/// What is wrong with an edge between two of our own crates, if anything.
fn forbidden(from: &Package, to: &Package, dev: bool) -> Option<&'static str> {
    match (layer(from), layer(to)) {
        (_, Layer::Tests) => Some("nothing depends on the tests of the whole"),
        (Layer::Tests, Layer::Testkit) => (!dev).then_some("the testkit is for tests only"),
        (Layer::Tests, _) => None,
        (_, Layer::Testkit) => (!dev).then_some("the testkit is for tests only"),
        (_, Layer::App) => Some("the app is the top"),
        (Layer::App, _) => None,
        (Layer::Feature, Layer::Feature) => Some("a feature depends on no feature"),
        (Layer::Platform | Layer::Testkit, Layer::Feature) => Some("the platform depends on no feature"),
        (Layer::Feature | Layer::Testkit, Layer::Platform) => None,
        (Layer::Platform, Layer::Platform) => {
            let row = PLATFORM.iter().find(|(name, _)| *name == from.name);
            let allowed = row.is_some_and(|(_, may)| may.contains(&to.name.as_str()));
            (!allowed).then_some("the table of the platform's edges does not have it")
        }
    }
}

#[test]
fn dependencies_point_one_way() {
    let metadata = metadata();
    let own: BTreeMap<&str, &Package> = metadata.own().map(|p| (p.name.as_str(), p)).collect();
    assert!(own.len() > 12, "the workspace was read: {:?}", own.keys());
    let mut wrong = Vec::new();
    for from in own.values() {
        for dependency in &from.dependencies {
            let Some(to) = own.get(dependency.name.as_str()) else { continue };
            if let Some(why) = forbidden(from, to, dependency.is_dev()) {
                wrong.push(format!("{} → {}: {why}", from.name, to.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_forbidden_edge_is_noticed() {
    let metadata = metadata();
    let of = |name: &str| metadata.own().find(|p| p.name == name).expect("a member");
    for (from, to, dev) in [
        ("xinghe-posts", "xinghe-accounts", false),
        ("xinghe-posts", "xinghe-accounts", true),
        ("xinghe-web", "xinghe-posts", false),
        ("xinghe-core", "xinghe-text", false),
        ("xinghe-embedder", "xinghe-core", false),
        ("xinghe-store", "xinghe-testkit", false),
        ("xinghe-search", "xinghe", false),
    ] {
        assert!(forbidden(of(from), of(to), dev).is_some(), "{from} → {to}");
    }
    assert!(forbidden(of("xinghe-store"), of("xinghe-testkit"), true).is_none());
    assert!(forbidden(of("xinghe-posts"), of("xinghe-web"), false).is_none());
}

/// The one list of licences: that of `deny.toml`.
fn allowed_licences() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    let table: toml::Table = text.parse().expect("deny.toml is TOML");
    let allow = table["licenses"]["allow"].as_array().expect("a list of licences");
    allow.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Whether an SPDX expression can be met with these licences alone. `AND` binds tighter than `OR`, and `/`, from
/// before there were expressions, means `OR`.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    fn any(words: &mut &[String], allowed: &[String]) -> bool {
        let mut met = all(words, allowed);
        while words.first().is_some_and(|w| w == "OR") {
            *words = &words[1..];
            // Read in any case: what follows stands behind it.
            met |= all(words, allowed);
        }
        met
    }
    fn all(words: &mut &[String], allowed: &[String]) -> bool {
        let mut met = one(words, allowed);
        while words.first().is_some_and(|w| w == "AND") {
            *words = &words[1..];
            met &= one(words, allowed);
        }
        met
    }
    fn one(words: &mut &[String], allowed: &[String]) -> bool {
        let Some((first, rest)) = words.split_first() else { return false };
        *words = rest;
        if first == "(" {
            let met = any(words, allowed);
            let closed = words.first().is_some_and(|w| w == ")");
            *words = words.get(1..).unwrap_or_default();
            return met && closed;
        }
        let mut name = first.clone();
        if words.first().is_some_and(|w| w == "WITH") {
            name = format!("{name} WITH {}", words.get(1).map_or("", String::as_str));
            *words = words.get(2..).unwrap_or_default();
        }
        allowed.contains(&name)
    }
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) && rest.is_empty()
}

#[test]
fn every_licence_is_one_we_may_ship() {
    let allowed = allowed_licences();
    let wrong: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|p| !p.license.as_deref().is_some_and(|l| is_met(l, &allowed)))
        .map(|p| format!("{} {}: {}", p.name, p.version, p.license.as_deref().unwrap_or("names no licence")))
        .collect();
    assert!(wrong.is_empty(), "not in deny.toml:\n{}", wrong.join("\n"));
    assert!(!allowed.iter().any(|l| l.contains("GPL")), "copyleft of the whole is not for us: {allowed:?}");
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0-only OR MIT",
        "GPL-3.0 AND Foo OR MIT",
        "(MIT OR GPL-3.0) AND Apache-2.0",
        "Apache-2.0 WITH LLVM-exception AND MIT",
    ] {
        assert!(is_met(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR GPL-3.0) AND Foo", "MIT WITH Foo", "(MIT", "MIT)", "MIT MIT"]
    {
        assert!(!is_met(bad, &allowed), "{bad}");
    }
}

/// Whether code names a crate: its name as the beginning of a path, as a macro, or after `use` or `extern crate`.
fn names(code: &str, krate: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(krate).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + krate.len()..]);
        if before.ends_with(word) {
            return false;
        }
        let leads = !before.ends_with("::") || before[..before.len() - 2].ends_with(|c: char| !word(c) && c != '>');
        let brought = before.ends_with("use ") || before.ends_with("extern crate ");
        leads && (after.starts_with("::") || after.starts_with('!')) || brought && !after.starts_with(word)
    })
}

/// A derive macro names its crate only in what it becomes.
const BY_DERIVE: &[(&str, &str)] = &[("sea_orm", "FromQueryResult")];

fn code_below(path: &Path, into: &mut String) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder").flatten() {
            code_below(&entry.path(), into);
        }
    } else if path.is_file() && path.extension().is_some_and(|e| e == "rs") {
        let text = std::fs::read_to_string(path).expect("source text");
        // A crate that only a plain comment mentions is not used; documentation may hold code that runs.
        let plain = |line: &&str| !line.starts_with("//") || line.starts_with("///") || line.starts_with("//!");
        for line in text.lines().map(str::trim_start).filter(plain) {
            into.push_str(line);
            into.push('\n');
        }
    }
}

#[test]
fn what_is_declared_is_used() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata.own() {
        let read = |folders: &[&str]| {
            let mut code = String::new();
            folders.iter().for_each(|f| code_below(&package.folder().join(f), &mut code));
            code
        };
        let (product, build, tests) =
            (read(&["src"]), read(&["build.rs"]), read(&["src", "tests", "benches", "examples"]));
        for dependency in &package.dependencies {
            let name = dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
            let (code, place) = match dependency.kind.as_deref() {
                None => (&product, "src"),
                Some("build") => (&build, "build.rs"),
                _ => (&tests, "its tests"),
            };
            let derived = BY_DERIVE.iter().any(|(krate, derive)| *krate == name && code.contains(derive));
            if !names(code, &name) && !derived {
                wrong.push(format!("{} declares {}, which {place} does not use", package.name, dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_seen_where_code_names_it() {
    for code in ["use time::Date;", "time::now()", "x(time!{})", "use ::time::Date;", "use time;", "{time::Date}"] {
        assert!(names(code, "time"), "{code}");
    }
    for code in ["tokio::time::sleep(x)", "let time = 1;", "datetime::x()", "core::time::x", "use times;", "time()"] {
        assert!(!names(code, "time"), "{code}");
    }
}

/// The embedder stands alone: not even the product's name is in it, outside of what names its own package.
#[test]
fn the_embedder_knows_nothing_of_the_product() {
    let mut code = String::new();
    code_below(&root().join("crates/platform/embedder/src"), &mut code);
    let known: Vec<&str> = code
        .lines()
        .filter(|l| l.replace("xinghe_embedder", "").replace("xinghe-embedder", "").to_lowercase().contains("xinghe"))
        .collect();
    assert!(known.is_empty(), "{known:#?}");
}
