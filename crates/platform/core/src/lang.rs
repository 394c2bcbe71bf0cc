//! Languages: the three of the interface, and tags of content.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Lang {
    /// 简体中文, `zh-Hans`.
    #[default]
    #[serde(rename = "zh-Hans")]
    ZhHans,
    /// 繁體中文, `zh-Hant`.
    #[serde(rename = "zh-Hant")]
    ZhHant,
    /// English, `en`.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// All of them, in the order a switch shows them.
    pub const ALL: [Self; 3] = [Self::ZhHans, Self::ZhHant, Self::En];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
            Self::En => "en",
        }
    }

    /// The language's own name.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::ZhHans => "简体中文",
            Self::ZhHant => "繁體中文",
            Self::En => "English",
        }
    }

    /// The interface language nearest to a BCP 47 tag: `zh-TW`, `zh-HK`, `zh-MO` and `zh-Hant…` are Traditional,
    /// any other `zh` Simplified, `en…` English; anything else is `None`.
    pub fn nearest(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
        let mut parts = tag.split('-');
        match parts.next()? {
            "zh" | "cmn" | "yue" => {
                let hant = parts.any(|p| matches!(p, "hant" | "tw" | "hk" | "mo"));
                Some(if hant { Self::ZhHant } else { Self::ZhHans })
            }
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The best interface language for an `Accept-Language` header (RFC 9110, section 12.5.4).
    pub fn negotiate(accept: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, Self)> = accept
            .split(',')
            .filter_map(|part| {
                let mut fields = part.split(';');
                let lang = Self::nearest(fields.next()?)?;
                let q = fields.find_map(|f| f.trim().strip_prefix("q=")?.trim().parse::<f32>().ok()).unwrap_or(1.0);
                (q > 0.0).then_some((q, lang))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.first().map(|w| w.1)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// What speakers call their languages, by primary subtag.
const NAMES: &[(&str, &str)] = &[
    ("ar", "العربية"),
    ("bg", "Български"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("eo", "Esperanto"),
    ("es", "Español"),
    ("et", "Eesti"),
    ("fa", "فارسی"),
    ("fi", "Suomi"),
    ("fr", "Français"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hr", "Hrvatski"),
    ("hu", "Magyar"),
    ("id", "Bahasa Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("la", "Latina"),
    ("lt", "Lietuvių"),
    ("lv", "Latviešu"),
    ("nb", "Norsk"),
    ("nl", "Nederlands"),
    ("no", "Norsk"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sk", "Slovenčina"),
    ("sl", "Slovenščina"),
    ("sr", "Српски"),
    ("sv", "Svenska"),
    ("th", "ไทย"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
];

/// The language of a content, as a BCP 47 tag in canonical case, for instance `zh-Hans`, `en`, `ja`; `und` when
/// it is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LangTag(String);

/// A text that is not a language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag: expected a form like zh-Hans, en or pt-BR")]
pub struct ParseLangTagError;

impl LangTag {
    /// Not known.
    pub fn undetermined() -> Self {
        Self("und".to_owned())
    }

    /// Chinese in either script: `zh`, which no content carries but a filter may ask for.
    pub fn any_chinese() -> Self {
        Self("zh".to_owned())
    }

    /// The tag's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What its speakers call the language, of those that are often met here.
    pub fn own_name(&self) -> Option<&'static str> {
        if let Some(lang) = self.interface().filter(|_| self.0 != "zh") {
            return Some(lang.own_name());
        }
        NAMES.iter().find(|(tag, _)| *tag == self.primary()).map(|(_, name)| *name)
    }

    /// The primary language subtag: `zh` of `zh-Hant`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or("und")
    }

    /// The interface language nearest to it.
    pub fn interface(&self) -> Option<Lang> {
        Lang::nearest(&self.0)
    }
}

/// The languages of ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii \
    ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr \
    ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl \
    sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh \
    zu";

impl LangTag {
    /// Whether it names a language that there is. Of the many with three letters, any counts.
    pub fn is_known(&self) -> bool {
        let primary = self.0.split('-').next().unwrap_or_default();
        primary.len() == 3 || LANGUAGES.split(' ').any(|known| known == primary)
    }
}

impl From<Lang> for LangTag {
    fn from(lang: Lang) -> Self {
        Self(lang.tag().to_owned())
    }
}

impl From<LangTag> for String {
    fn from(tag: LangTag) -> Self {
        tag.0
    }
}

impl TryFrom<String> for LangTag {
    type Error = ParseLangTagError;
    fn try_from(s: String) -> Result<Self, ParseLangTagError> {
        s.parse()
    }
}

impl FromStr for LangTag {
    type Err = ParseLangTagError;

    /// Chinese becomes `zh-Hans` or `zh-Hant`; of others the language, script and region are kept.
    fn from_str(s: &str) -> Result<Self, ParseLangTagError> {
        let s = s.trim().replace('_', "-");
        let mut parts = s.split('-');
        let primary = parts.next().unwrap_or_default().to_ascii_lowercase();
        if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_lowercase()) || s.len() > 35 {
            return Err(ParseLangTagError);
        }
        if let Some(Lang::ZhHans | Lang::ZhHant) = Lang::nearest(&s) {
            return Ok(Lang::nearest(&s).unwrap_or_default().into());
        }
        let mut tag = primary;
        for part in parts {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(ParseLangTagError);
            }
            match part.len() {
                4 if part.bytes().all(|b| b.is_ascii_alphabetic()) => {
                    tag.push('-');
                    tag.push_str(&part[..1].to_ascii_uppercase());
                    tag.push_str(&part[1..].to_ascii_lowercase());
                }
                2 | 3 => {
                    tag.push('-');
                    tag.push_str(&part.to_ascii_uppercase());
                }
                _ => break,
            }
        }
        Ok(Self(tag))
    }
}

impl fmt::Display for LangTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_that_there_are_not_are_told_apart() {
        let known = |tag: &str| tag.parse::<LangTag>().is_ok_and(|t| t.is_known());
        assert!(["zh-Hans", "en", "ja", "pt-BR", "und", "yue", "zh"].into_iter().all(known));
        assert!(!["zz", "xx-XX", "e"].into_iter().any(known));
    }

    #[test]
    fn languages_have_names_of_their_own() {
        let name = |tag: &str| tag.parse::<LangTag>().ok().and_then(|t| t.own_name());
        assert_eq!((name("ja"), name("pt-BR")), (Some("日本語"), Some("Português")));
        assert_eq!(LangTag::any_chinese().own_name(), Some("中文"));
        assert_eq!((name("zh-TW"), name("en-GB"), name("und")), (Some("繁體中文"), Some("English"), None));
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn accept_language_prefers_the_highest_weight_that_exists_here() {
        assert_eq!(Lang::negotiate("fr, zh-TW;q=0.8, en;q=0.9"), Some(Lang::En));
        assert_eq!(Lang::negotiate("zh-HK"), Some(Lang::ZhHant));
        assert_eq!(Lang::negotiate("zh"), Some(Lang::ZhHans));
        assert_eq!(Lang::negotiate("en;q=0, fr"), None);
        assert_eq!(Lang::negotiate(""), None);
    }

    #[test]
    fn tags_are_canonical() {
        for (given, want) in
            [("zh_tw", "zh-Hant"), ("ZH-cn", "zh-Hans"), ("pt-br", "pt-BR"), ("EN", "en"), ("sr-latn-rs", "sr-Latn-RS")]
        {
            assert_eq!(given.parse::<LangTag>().expect(given).as_str(), want);
        }
        for bad in ["", "x", "english", "e n", "en-<script>"] {
            assert!(bad.parse::<LangTag>().is_err(), "{bad}");
        }
    }
}
