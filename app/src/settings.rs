//! Settings: one table, read from a file, then the environment, then flags; later wins.

mod check;
mod table;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use xinghe_ai::{Prices, ProviderSettings, Secret};

pub use check::{log_filter, sites};
pub use table::{Row, TABLE, table_markdown};

/// Which embedder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmbedderKind {
    /// The shipped model on this machine.
    #[default]
    Local,
    /// A provider.
    Provider,
    /// None: words only.
    None,
}

/// Limits of a day, in minor units; `None` is no limit.
pub use xinghe_observatory::Budget;

/// Models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AiSettings {
    /// Which embedder.
    pub embedder: EmbedderKind,
    /// Threads of the local one.
    pub threads: Option<usize>,
    /// The chat provider.
    pub chat: Option<ProviderSettings>,
    /// The embedding provider.
    pub embedding: Option<ProviderSettings>,
    /// What the chat provider's tokens cost.
    pub prices: Prices,
    /// What may be spent.
    pub budget: Budget,
}

/// Pictures that members add.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct PictureSettings {
    /// The largest file, in MiB.
    pub file_mb: u32,
    /// The most pixels, in millions.
    pub megapixels: u32,
    /// How many a member adds on a day.
    pub per_day: u32,
    /// How much a member's take in all, in MiB.
    pub total_mb: u32,
    /// How much copies of pictures at other hosts take in all, in MiB.
    pub copies_mb: u32,
}

impl Default for PictureSettings {
    fn default() -> Self {
        Self { file_mb: 10, megapixels: 50, per_day: 100, total_mb: 200, copies_mb: 500 }
    }
}

/// A site by which people may sign in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignInSettings {
    /// What it speaks.
    pub kind: String,
    /// Where it is; without one, where most sites of the kind are.
    pub address: Option<String>,
    /// What people call it; without one, its name, or how everybody calls the public one of its kind.
    pub label: Option<String>,
    /// How it calls this community.
    pub client_id: String,
    /// What proves to it that this is the community.
    pub client_secret: Secret,
}

/// A list of addresses, or a text of them with commas: environment variables are texts.
fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpAddr>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        List(Vec<String>),
        Text(String),
    }
    let given = match Given::deserialize(from)? {
        Given::List(list) => list,
        Given::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let parse = |a: &str| a.parse().map_err(|_| D::Error::custom(format!("{a:?} is not an IP address")));
    given.iter().map(|a| a.trim()).filter(|a| !a.is_empty()).map(parse).collect()
}

/// All settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// See [`TABLE`].
    pub data_dir: PathBuf,
    /// See [`TABLE`].
    pub listen: SocketAddr,
    /// See [`TABLE`].
    pub database_url: Option<Secret>,
    /// See [`TABLE`].
    pub log: String,
    /// See [`TABLE`].
    pub log_format: String,
    /// See [`TABLE`].
    pub public_url: Option<String>,
    /// See [`TABLE`].
    #[serde(deserialize_with = "addresses")]
    pub trusted_proxies: Vec<IpAddr>,
    /// See [`TABLE`].
    pub development: bool,
    /// See [`TABLE`].
    pub workers: usize,
    /// See [`TABLE`].
    pub database_connections: u32,
    /// See [`TABLE`].
    pub metrics_token: Option<Secret>,
    /// See [`TABLE`].
    pub smtp_url: Option<Secret>,
    /// See [`TABLE`].
    pub mail_from: Option<String>,
    /// See [`TABLE`].
    pub twins_wait_minutes: u32,
    /// See [`TABLE`].
    pub pictures: PictureSettings,
    /// See [`TABLE`]; by the word in addresses.
    pub sign_in: BTreeMap<String, SignInSettings>,
    /// See [`TABLE`].
    pub otlp_endpoint: Option<String>,
    /// See [`TABLE`].
    pub ai: AiSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: None,
            log: "info".to_owned(),
            log_format: "text".to_owned(),
            public_url: None,
            trusted_proxies: Vec::new(),
            development: false,
            workers: 2,
            database_connections: 10,
            metrics_token: None,
            smtp_url: None,
            mail_from: None,
            twins_wait_minutes: 60,
            pictures: PictureSettings::default(),
            sign_in: BTreeMap::new(),
            otlp_endpoint: None,
            ai: AiSettings::default(),
        }
    }
}

/// What flags say.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--log`.
    pub log: Option<String>,
}

/// A setting that is not understood.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The named settings file is not there.
    #[error("there is no settings file {0}")]
    NoFile(PathBuf),
    /// A value has the wrong form, or a key is not known.
    #[error("settings: {0}")]
    Wrong(String),
}

impl Settings {
    /// Reads them. The file is the one named, else `xinghe.toml` in the data folder if it is there.
    ///
    /// # Errors
    /// A named file is not there, a key is not known, or a value is of the wrong form or could never work.
    pub fn load(flags: &Flags) -> Result<Self, SettingsError> {
        Self::merge(flags, Env::prefixed("XINGHE_").split("__"))
    }

    fn merge(flags: &Flags, env: Env) -> Result<Self, SettingsError> {
        let wrong = |e: &figment::Error| SettingsError::Wrong(explain(e));
        let mut figment = Figment::from(Serialized::defaults(Self::default())).merge(env.clone());
        if let Some(dir) = &flags.data_dir {
            figment = figment.merge(("data_dir", dir));
        }
        let data_dir: PathBuf = figment.extract_inner("data_dir").map_err(|e| wrong(&e))?;
        let file = match &flags.config {
            Some(path) if path.is_file() => Some(path.clone()),
            Some(path) => return Err(SettingsError::NoFile(path.clone())),
            None => Some(data_dir.join("xinghe.toml")).filter(|p| p.is_file()),
        };
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = &file {
            refuse_unknown(file)?;
            figment = figment.merge(Toml::file_exact(file));
        }
        figment = figment.merge(env);
        if let Some(dir) = &flags.data_dir {
            figment = figment.merge(("data_dir", dir));
        }
        if let Some(listen) = &flags.listen {
            figment = figment.merge(("listen", listen));
        }
        if let Some(url) = &flags.database_url {
            figment = figment.merge(("database_url", url));
        }
        if let Some(log) = &flags.log {
            figment = figment.merge(("log", log));
        }
        let settings: Self = figment.extract().map_err(|e| wrong(&e))?;
        check::all(&settings)?;
        Ok(settings)
    }

    /// The address of the database.
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.reveal().to_owned(),
            None => format!("sqlite:{}", self.data_dir.join("xinghe.db").display()),
        }
    }

    /// The address that people type, without a slash at its end.
    pub fn public_url(&self) -> String {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        url.trim_end_matches('/').to_owned()
    }

    /// Threads of the local embedder.
    pub fn embedder_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.ai.threads.unwrap_or(cores.min(4)).max(1)
    }
}

fn explain(error: &figment::Error) -> String {
    error.clone().into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("; ")
}

/// Where a file breaks off and why, without the line itself, which may hold a key.
fn at(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
    line.map_or_else(String::new, |line| format!(", line {line}")) + ": " + error.message()
}

/// A mistyped key in a file would else be silently without effect.
fn refuse_unknown(file: &Path) -> Result<(), SettingsError> {
    let text = std::fs::read_to_string(file).map_err(|e| SettingsError::Wrong(format!("{}: {e}", file.display())))?;
    let table: toml::Table = text
        .parse()
        .map_err(|e: toml::de::Error| SettingsError::Wrong(format!("{}{}", file.display(), at(&text, &e))))?;
    let mut keys = Vec::new();
    flatten("", &table, &mut keys);
    for key in keys {
        let known = TABLE.iter().any(|r| r.key == general(&key)) || key.starts_with("ai.budget.purpose_day.");
        if !known {
            let near = TABLE.iter().map(|r| r.key).min_by_key(|k| strsim_distance(k, &key)).unwrap_or_default();
            return Err(SettingsError::Wrong(format!(
                "{}: there is no setting {key:?}; did you mean {near:?}? See docs/settings.md",
                file.display()
            )));
        }
    }
    Ok(())
}

/// A key as the table has it: what people name themselves is `NAME` there.
fn general(key: &str) -> String {
    match key.strip_prefix("sign_in.").and_then(|rest| rest.split_once('.')) {
        Some((_, field)) => format!("sign_in.NAME.{field}"),
        None => key.to_owned(),
    }
}

fn flatten(prefix: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

/// How many letters differ, counted roughly: enough to name the likeliest setting.
fn strsim_distance(a: &str, b: &str) -> usize {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    a.len().max(b.len()) - common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(value: &serde_json::Value, prefix: &str, out: &mut Vec<String>) {
        if let serde_json::Value::Object(map) = value {
            for (key, value) in map {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                if value.is_object() { keys_of(value, &key, out) } else { out.push(key) }
            }
        }
    }

    #[test]
    fn every_setting_is_in_the_table() {
        let mut keys = Vec::new();
        keys_of(&serde_json::to_value(Settings::default()).unwrap(), "", &mut keys);
        for key in keys {
            let listed = TABLE.iter().any(|r| r.key == key || r.key.starts_with(&format!("{key}.")));
            assert!(listed, "{key} is not in the table");
        }
        for row in TABLE {
            let env = format!("XINGHE_{}", row.key.replace('.', "__").to_uppercase());
            assert_eq!(row.env, env, "{}", row.key);
        }
    }

    #[test]
    fn addresses_are_a_list_or_a_text() {
        let read = |toml: &str| toml::from_str::<Settings>(toml).map(|s| s.trusted_proxies);
        let both: Vec<IpAddr> = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(read("trusted_proxies = ['127.0.0.1', '::1']").unwrap(), both);
        assert_eq!(read("trusted_proxies = '127.0.0.1, ::1'").unwrap(), both);
        assert!(read("trusted_proxies = ''").unwrap().is_empty());
        assert!(read("trusted_proxies = 'proxy'").unwrap_err().to_string().contains("\"proxy\" is not an IP address"));
    }

    #[test]
    fn the_table_in_the_documentation_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, table_markdown(), "run: xinghe settings > docs/settings.md");
    }

    #[test]
    fn later_sources_win_and_mistyped_keys_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("xinghe.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1111\"\nlog = \"warn\"\n[ai.chat]\nurl = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\nkey = \"sk-x\"\n").unwrap();
        let flags = Flags { config: Some(file.clone()), log: Some("debug".into()), ..Flags::default() };
        let none = || Env::prefixed("XINGHE_TEST_THAT_IS_NOT_SET_");
        let settings = Settings::merge(&flags, none()).unwrap();
        assert_eq!((settings.listen.port(), settings.log.as_str()), (1111, "debug"));
        assert!(!format!("{settings:?}").contains("sk-x"));
        let site = "[sign_in.github]\nkind = \"github\"\nclient_id = \"a\"\nclient_secret = \"hush\"\n";
        std::fs::write(&file, site).unwrap();
        let settings = Settings::merge(&flags, none()).unwrap();
        assert_eq!(sites(&settings).unwrap()[0].client_secret.as_deref(), Some("hush"));
        assert!(!format!("{settings:?} {:?}", sites(&settings)).contains("hush"));
        std::fs::write(&file, "lisen = \"127.0.0.1:1111\"\n").unwrap();
        let error = Settings::merge(&flags, none()).unwrap_err().to_string();
        assert!(error.contains("\"lisen\"") && error.contains("\"listen\""), "{error}");
    }
}
