//! Every text of the whole product exists in all languages with the same places, and each one is used.

use std::path::PathBuf;

use xinghe::community::Community;
use xinghe::settings::{EmbedderKind, Settings};
use xinghe_core::Lang;
use xinghe_testkit::TestDb;
use xinghe_web::texts;

#[tokio::test]
async fn texts_are_complete_and_used() {
    let (db, data) = (TestDb::sqlite().await, tempfile::tempdir().expect("a folder"));
    let mut settings = Settings { data_dir: data.path().to_path_buf(), ..Settings::default() };
    settings.ai.embedder = EmbedderKind::None;
    let community = Community::over(settings, db.store().clone(), String::new).expect("the features fit together");
    let mut all: Vec<(&str, &[(Lang, &str)])> = vec![("web", texts::LOCALES)];
    all.extend(community.features.iter().map(|f| (f.name(), f.locales())));
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf();
    let folders = |below: &str| {
        let entries = std::fs::read_dir(root.join(below)).expect("a folder").flatten();
        entries.flat_map(|e| [e.path().join("src"), e.path().join("templates")]).collect::<Vec<_>>()
    };
    let mut sources = folders("crates/features");
    sources.extend(folders("crates/platform"));
    sources.push(root.join("app/src"));
    let wrong: Vec<String> = texts::check(&all, &sources)
        .into_iter()
        // The check's own example names texts that do not exist.
        .filter(|w| !(w.contains("texts/check.rs") && w.ends_with("does not exist")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named = all.iter().filter(|(_, files)| !files.is_empty()).count();
    assert!(named >= 5, "the features' texts were there: {named}");
}
