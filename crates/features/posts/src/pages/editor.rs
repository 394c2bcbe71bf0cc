//! The words that the editor in the page shows. The editor itself is a script around a plain text field.

use xinghe_web::Texts;

/// What the script calls each, and the key of its text.
const WORDS: &[(&str, &str)] = &[
    ("toolbar", "posts-editor-toolbar"),
    ("bold", "posts-editor-bold"),
    ("italic", "posts-editor-italic"),
    ("heading", "posts-editor-heading"),
    ("link", "posts-editor-link"),
    ("code", "posts-editor-code"),
    ("quote", "posts-editor-quote"),
    ("bullets", "posts-editor-bullets"),
    ("numbers", "posts-editor-numbers"),
    ("table", "posts-editor-table"),
    ("picture", "posts-editor-picture"),
    ("linkWords", "posts-editor-link-words"),
    ("column", "posts-editor-column"),
    ("view", "posts-editor-view"),
    ("write", "posts-editor-write"),
    ("both", "posts-editor-both"),
    ("preview", "posts-preview"),
    ("nothing", "posts-editor-nothing"),
    ("tab", "posts-editor-tab"),
    ("uploading", "posts-editor-uploading"),
    ("uploadFailed", "posts-editor-upload-failed"),
    ("uploadWait", "posts-editor-upload-wait"),
    ("altHint", "posts-editor-alt-hint"),
    ("done", "posts-editor-alt-done"),
];

/// The words as JSON.
pub(super) fn words(t: &Texts) -> String {
    let mut words: serde_json::Map<String, serde_json::Value> =
        WORDS.iter().map(|(name, key)| ((*name).to_owned(), t.s(key).into_owned().into())).collect();
    // The script fills the places, again and again.
    let figures = t.f("posts-editor-figures", &[("n", "{n}".into()), ("m", "{m}".into())]);
    words.insert("figures".to_owned(), figures.into());
    words.insert("alt".to_owned(), t.f("posts-editor-alt", &[("name", "{name}".into())]).into());
    serde_json::Value::Object(words).to_string()
}
