//! What an import works with: drafts of posts, people, and the report.

use serde::{Deserialize, Serialize};
use xinghe_core::{CreditRole, LangTag, PostKind, Provenance, Timestamp};

use crate::people;

/// Someone a page names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The name as written.
    pub name: String,
    /// A page about the person.
    pub url: Option<String>,
}

impl Person {
    /// Two mentions with the same key are the same person within one source: a profile at a code host says who it
    /// is; a mere name does not.
    pub fn key(&self) -> String {
        self.profile().unwrap_or_else(|| people::normal_name(&self.name))
    }

    /// `github:dtolnay` where the link is a profile at a code host, so that the same person is one author across
    /// sources.
    pub fn profile(&self) -> Option<String> {
        const HOSTS: [(&str, &str); 5] = [
            ("github.com", "github"),
            ("gitee.com", "gitee"),
            ("gitlab.com", "gitlab"),
            ("codeberg.org", "codeberg"),
            ("gitcode.com", "gitcode"),
        ];
        let url = url::Url::parse(self.url.as_deref()?).ok()?;
        let host = url.host_str()?.trim_start_matches("www.").to_owned();
        let (_, short) = HOSTS.iter().find(|(h, _)| *h == host)?;
        let mut parts = url.path_segments()?.filter(|s| !s.is_empty());
        let (owner, more) = (parts.next()?, parts.next());
        more.is_none().then(|| format!("{short}:{}", owner.to_lowercase()))
    }
}

/// One post as understood, before the port takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its place within the source.
    pub path: String,
    /// What it is.
    pub kind: PostKind,
    /// Its title.
    pub title: String,
    /// Its text; links not yet resolved.
    pub body: String,
    /// Its language.
    pub language: LangTag,
    /// Who took part, authors first.
    pub credits: Vec<(CreditRole, Person)>,
    /// Its tags as found, without repetition.
    pub tags: Vec<String>,
    /// When it first appeared.
    pub published_at: Option<Timestamp>,
    /// Its licence.
    pub licence: Option<String>,
    /// Where it first appeared.
    pub source_url: Option<String>,
    /// Of a translation: where the original is.
    pub original_url: Option<String>,
    /// Its path on the site it came from, where the page itself says it.
    pub site_path: Option<String>,
    /// Further facts, of a project.
    pub facts: Vec<(String, String)>,
    /// Its place in the source's own table of contents.
    pub order: Option<usize>,
    /// Where it says itself that it belongs; the same text elsewhere names the same address.
    pub canonical: Option<String>,
    /// Whether it says itself which language it is in.
    pub names_language: bool,
    /// What was understood only in part, as sentences for the person who imports.
    pub warnings: Vec<String>,
    /// How it came to be.
    pub provenance: Provenance,
    /// Of a reply: the place within the source of what it replies to.
    pub parent: Option<String>,
    /// Of an answer: whether it is the one that solved the question.
    pub accepted: bool,
}

impl Draft {
    /// The people of one role.
    pub fn people(&self, role: CreditRole) -> impl Iterator<Item = &Person> {
        self.credits.iter().filter(move |(r, _)| *r == role).map(|(_, p)| p)
    }
}

/// Something of the source that did not become a post, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Its place within the source.
    pub path: String,
    /// A sentence for the person who imports.
    pub reason: String,
}

impl Left {
    /// Leaves `path` for `reason`.
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// A file of the source that has another name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its path at an earlier import.
    pub from: String,
    /// Its path now.
    pub to: String,
}

/// The files of a source.
#[derive(Debug)]
pub struct Files {
    /// Their folder.
    pub root: std::path::PathBuf,
    /// The folder that goes with the plan, of what was fetched or unpacked.
    pub scratch: Option<tempfile::TempDir>,
}

/// A source that was read: what it holds, before anything is written.
#[derive(Debug, Default)]
pub struct Plan {
    /// The canonical form of the source; with a path it identifies a post.
    pub origin: String,
    /// The posts, in the order in which to take them.
    pub drafts: Vec<Draft>,
    /// What is not writing.
    pub skipped: Vec<Left>,
    /// What could not be read.
    pub failed: Vec<Left>,
    /// What was taken, but not as it stands there.
    pub warnings: Vec<Left>,
    /// Where its files lie, for as long as the plan is there; `None` where there are none.
    pub files: Option<Files>,
    /// Resolves links between the drafts and to their files.
    pub links: crate::links::Resolver,
    /// Whether every path of the origin was seen; a feed shows only its latest entries, so nothing of it vanishes.
    pub exhaustive: bool,
}

/// What was understood of one post, for a person to look over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Its place within the source.
    pub path: String,
    /// Its kind.
    pub kind: PostKind,
    /// Its title.
    pub title: String,
    /// Its language.
    pub language: LangTag,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Who translated it.
    pub translators: Vec<String>,
    /// Who read it over.
    pub reviewers: Vec<String>,
    /// Who chose or arranged it.
    pub editors: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it first appeared.
    pub published_at: Option<Timestamp>,
    /// Its licence.
    pub licence: Option<String>,
    /// Where it first appeared.
    pub source_url: Option<String>,
    /// Of a translation: where the original is.
    pub original_url: Option<String>,
    /// How long its text is, in characters.
    pub characters: usize,
    /// The first words of its text.
    pub beginning: String,
}

impl From<&Draft> for Preview {
    fn from(d: &Draft) -> Self {
        let names = |role| d.people(role).map(|p| p.name.clone()).collect();
        Self {
            path: d.path.clone(),
            kind: d.kind,
            title: d.title.clone(),
            language: d.language.clone(),
            authors: names(CreditRole::Author),
            translators: names(CreditRole::Translator),
            reviewers: names(CreditRole::Reviewer),
            editors: names(CreditRole::Editor),
            tags: d.tags.clone(),
            published_at: d.published_at,
            licence: d.licence.clone(),
            source_url: d.source_url.clone(),
            original_url: d.original_url.clone(),
            characters: d.body.chars().count(),
            beginning: d.body.chars().take(120).collect(),
        }
    }
}

/// What an import did, or with a dry run would do. This is the JSON that `xinghe import --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The canonical form of the source.
    pub source: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// How many posts the source holds.
    pub found: usize,
    /// How many were new.
    pub created: usize,
    /// How many had changed.
    pub revised: usize,
    /// How many were the same.
    pub unchanged: usize,
    /// What is not writing.
    pub skipped: Vec<Left>,
    /// What could not be read or was refused.
    pub failed: Vec<Left>,
    /// What is another post already, by the address where it says it belongs.
    #[serde(default)]
    pub duplicates: Vec<Left>,
    /// What was taken, but not as it stands there: images that stay behind, dates that cannot be, nobody named.
    #[serde(default)]
    pub warnings: Vec<Left>,
    /// Files that have another name than at an earlier import; their posts are the same as before.
    #[serde(default)]
    pub moved: Vec<Moved>,
    /// Paths taken earlier that the source no longer has; their posts stay.
    pub vanished: Vec<String>,
    /// How many pictures came along.
    #[serde(default)]
    pub pictures: usize,
    /// How many different people are credited.
    pub authors: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Found posts a second.
    pub posts_per_second: f64,
    /// With a dry run: what was understood of each post.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preview: Vec<Preview>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(url: &str) -> Person {
        Person { name: "Some One".to_owned(), url: Some(url.to_owned()) }
    }

    #[test]
    fn a_profile_identifies_a_person_and_a_project_does_not() {
        assert_eq!(person("https://github.com/DTolnay").profile().as_deref(), Some("github:dtolnay"));
        assert_eq!(person("https://www.github.com/wxy/").profile().as_deref(), Some("github:wxy"));
        assert_eq!(person("https://github.com/rust-lang/rust").profile(), None);
        assert_eq!(person("https://example.org/wxy").profile(), None);
    }
}
