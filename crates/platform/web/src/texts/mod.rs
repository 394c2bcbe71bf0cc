//! Texts in three languages, in Fluent syntax, merged from all features and built once.

mod check;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;
use xinghe_core::{Lang, Timestamp};

use crate::numbers;

pub use check::check;

/// The shell's own texts.
pub const LOCALES: &[(Lang, &str)] = &[
    (Lang::ZhHans, include_str!("../../locales/zh-Hans.ftl")),
    (Lang::ZhHant, include_str!("../../locales/zh-Hant.ftl")),
    (Lang::En, include_str!("../../locales/en.ftl")),
];

/// A text file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("texts of {feature} in {lang}: {problem}")]
pub struct TextError {
    /// Whose file.
    pub feature: String,
    /// Which language.
    pub lang: Lang,
    /// What is wrong.
    pub problem: String,
}

struct Language {
    bundle: FluentBundle<FluentResource>,
    /// Messages without places, ready to use: most of a page's texts need no formatting.
    plain: HashMap<String, String>,
}

/// All texts in all languages.
pub struct Catalog(HashMap<Lang, Language>);

impl Catalog {
    /// Merges the files of the features with the shell's own.
    ///
    /// # Errors
    /// When a file is not Fluent or defines a key that another one has.
    pub fn new(features: &[(&str, &[(Lang, &str)])]) -> Result<Self, TextError> {
        let mut languages = HashMap::new();
        for lang in Lang::ALL {
            let id: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![id]);
            bundle.set_use_isolating(false);
            let mut plain = HashMap::new();
            let own: (&str, &[(Lang, &str)]) = ("web", LOCALES);
            for (feature, files) in std::iter::once(&own).chain(features) {
                let fail = |problem: String| TextError { feature: (*feature).to_owned(), lang, problem };
                for (_, text) in files.iter().filter(|(l, _)| *l == lang) {
                    let resource = FluentResource::try_new((*text).to_owned()).map_err(|(_, errors)| {
                        fail(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
                    })?;
                    plain.extend(plain_messages(&resource));
                    bundle.add_resource(resource).map_err(|errors| {
                        fail(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
                    })?;
                }
            }
            languages.insert(lang, Language { bundle, plain });
        }
        Ok(Self(languages))
    }

    /// The texts of one language at one moment (for relative times).
    pub fn texts(self: &Arc<Self>, lang: Lang, now: Timestamp) -> Texts {
        Texts { catalog: Arc::clone(self), lang, now }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<_> = self.0.iter().map(|(l, texts)| (l, texts.plain.len())).collect();
        f.debug_tuple("Catalog").field(&sizes).finish()
    }
}

fn plain_messages(resource: &FluentResource) -> impl Iterator<Item = (String, String)> + '_ {
    use fluent_syntax::ast::{Entry, PatternElement};
    resource.entries().filter_map(|entry| {
        let Entry::Message(message) = entry else { return None };
        let mut text = String::new();
        for element in &message.value.as_ref()?.elements {
            match element {
                PatternElement::TextElement { value } => text.push_str(value),
                PatternElement::Placeable { .. } => return None,
            }
        }
        Some((message.id.name.to_owned(), text))
    })
}

/// The texts of a page: in the reader's language, at the moment of the request.
#[derive(Clone)]
pub struct Texts {
    catalog: Arc<Catalog>,
    lang: Lang,
    now: Timestamp,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.lang).finish()
    }
}

impl Texts {
    /// The language.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// The same texts in another language.
    #[must_use]
    pub fn in_lang(&self, lang: Lang) -> Self {
        Self { catalog: Arc::clone(&self.catalog), lang, now: self.now }
    }

    /// The moment relative times are counted from.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The text of a key. A missing key is logged and shown as itself.
    pub fn s<'a>(&'a self, key: &'a str) -> Cow<'a, str> {
        match self.catalog.0.get(&self.lang).and_then(|l| l.plain.get(key)) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.f(key, &[])),
        }
    }

    /// The text of a key with its places filled: `t.f("web-ago-days", &[("n", 3.into())])`.
    pub fn f(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let Some(language) = self.catalog.0.get(&self.lang) else { return key.to_owned() };
        let Some(pattern) = language.bundle.get_message(key).and_then(|m| m.value()) else {
            tracing::error!(key, lang = %self.lang, "a text is missing");
            return key.to_owned();
        };
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            values.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        let text = language.bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key, lang = %self.lang, ?errors, "a text could not be filled");
        }
        text
    }

    /// Whether there is a text of this key.
    pub fn has(&self, key: &str) -> bool {
        self.catalog.0.get(&self.lang).is_some_and(|l| l.bundle.has_message(key))
    }

    /// A number for reading: `12,345`, and from ten thousand on short: `1.2 万`, `1.2 萬`, `12K`.
    pub fn number(&self, n: impl TryInto<i64>) -> String {
        numbers::short(n.try_into().unwrap_or(i64::MAX), self.lang)
    }

    /// How long ago: `2 小时前`, `2 小時前`, `2 hours ago`; after a week the date.
    pub fn ago(&self, at: Timestamp) -> String {
        numbers::ago(self, at)
    }

    /// The date, UTC: `2026-11-23` in Chinese, `23 Nov 2026` in English.
    pub fn date(&self, at: Timestamp) -> String {
        numbers::date(at, self.lang)
    }

    /// Date and time, UTC.
    pub fn date_time(&self, at: Timestamp) -> String {
        numbers::date_time(at, self.lang)
    }
}
