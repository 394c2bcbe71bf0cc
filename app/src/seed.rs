//! The first content: the guide, the sample members with their posts, and the crates this program is built from.

use std::collections::HashMap;

use anyhow::Context;
use serde::Deserialize;
use xinghe_core::ports::{ImportedPost, IntakeOutcome, PostIntake};
use xinghe_core::{AuthorId, CreditRole, Lang, LangTag, PostKind, Provenance, Timestamp};
use xinghe_importer::source::folder::{self, Came};
use xinghe_importer::{How, Source};
use xinghe_store::{Queries, params};

use crate::community::Community;
use crate::output;

#[derive(rust_embed::RustEmbed)]
#[folder = "../content"]
struct Content;

#[derive(Deserialize)]
struct Members {
    member: Vec<SampleMember>,
}

#[derive(Deserialize)]
struct SampleMember {
    handle: String,
    name: String,
    about: HashMap<String, String>,
}

/// Whether nothing was ever written here.
///
/// # Errors
/// The database is gone.
pub async fn is_untouched(community: &Community) -> anyhow::Result<bool> {
    let sql = "SELECT COUNT(*) AS value FROM events WHERE kind = $1";
    Ok(community.store.number(sql, params!["post_published"]).await?.unwrap_or_default() == 0)
}

/// Brings all of it. It may be run again: what is there stays as it is.
///
/// # Errors
/// The database is gone, or the content in this binary cannot be read.
pub async fn bring(community: &Community) -> anyhow::Result<()> {
    guide(community).await.context("the guide articles")?;
    samples(community).await.context("the sample members")?;
    let reach = community.reach(false);
    match xinghe_importer::import(&Source::Crates, &reach, &community.import_ports(), &How::default(), &|_| {}).await {
        Ok(report) => output::note(&format!("{} projects from the local cargo registry", report.created)),
        // A machine that runs the binary without having built it has no registry.
        Err(error) => output::note(&format!("no projects: {error}")),
    }
    Ok(())
}

async fn guide(community: &Community) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix("content-").tempdir_in(&community.settings.data_dir)?;
    for name in Content::iter().filter(|n| n.starts_with("guide/")) {
        let path = scratch.path().join(name.as_ref());
        std::fs::create_dir_all(path.parent().context("a file in a folder")?)?;
        std::fs::write(&path, Content::get(&name).context("embedded")?.data)?;
    }
    let came = Came { origin: Some("xinghe:guide".to_owned()), ..Came::default() };
    let plan = folder::read(&scratch.path().join("guide"), &came, &xinghe_importer::Limits::default())?;
    let (ports, started) = (community.import_ports(), community.store.now());
    let report = xinghe_importer::take(plan, &ports, &How::default(), started, &|_| {}).await?;
    output::note(&format!("{} guide articles", report.created));
    Ok(())
}

async fn samples(community: &Community) -> anyhow::Result<()> {
    let file = Content::get("samples/members.toml").context("samples/members.toml")?;
    let members: Members = toml::from_str(std::str::from_utf8(&file.data)?)?;
    let mut ids = HashMap::new();
    for member in &members.member {
        let about: Vec<(Lang, &str)> =
            member.about.iter().filter_map(|(tag, text)| Some((Lang::nearest(tag)?, text.as_str()))).collect();
        let id = community.accounts.ensure_sample(&member.handle, &member.name, &about).await?;
        ids.insert(member.handle.as_str(), id);
    }
    let mut posts = Vec::new();
    for name in Content::iter().filter(|n| n.starts_with("samples/posts/")) {
        let file = Content::get(&name).context("embedded")?;
        let text = std::str::from_utf8(&file.data)?;
        posts.push(sample(&name, text, &ids).with_context(|| name.to_string())?);
    }
    // A parent goes before what hangs on it: file names only grow by suffixes.
    posts.sort_by_key(|p| (p.path.matches('_').count(), p.path.clone()));
    let outcomes = community.posts.take(&posts).await?;
    for (post, outcome) in posts.iter().zip(&outcomes) {
        if let IntakeOutcome::Refused(reason) = outcome {
            tracing::warn!(path = post.path, reason, "a sample was refused");
        }
    }
    output::note(&format!("{} sample members with {} posts", members.member.len(), posts.len()));
    Ok(())
}

fn sample(name: &str, text: &str, members: &HashMap<&str, AuthorId>) -> anyhow::Result<ImportedPost> {
    let (front, body) = xinghe_importer::front_matter::split(text)?;
    let stem = |s: &str| s.trim_start_matches("samples/posts/").trim_end_matches(".md").to_owned();
    let author = front.text(&["author"]).context("no author")?;
    let author = *members.get(author.as_str()).with_context(|| format!("no member {author}"))?;
    let date = front.text(&["date"]).context("no date")?;
    let kind: PostKind = front.text(&["kind"]).unwrap_or_else(|| "article".to_owned()).parse()?;
    let language: LangTag = front.text(&["lang"]).context("no lang")?.parse()?;
    Ok(ImportedPost {
        origin: "xinghe:samples".to_owned(),
        path: stem(name),
        kind,
        title: front.text(&["title"]).unwrap_or_default(),
        body: body.trim().to_owned(),
        language,
        credits: vec![(author, CreditRole::Author)],
        tags: front.list(&["tags"]),
        published_at: Some(Timestamp::parse_rfc3339(&format!("{}T08:00:00Z", date.get(..10).unwrap_or(&date)))?),
        licence: front.text(&["licence"]),
        provenance: Provenance::Human,
        parent_path: front.text(&["parent"]),
        accepted: front.is_true(&["accepted"]),
        ..ImportedPost::default()
    })
}
