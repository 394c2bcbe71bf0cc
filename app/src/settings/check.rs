//! What each setting may be: values of the right form that could never work are refused before anything starts.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;
use xinghe_ai::ProviderSettings;

use super::{Settings, SettingsError};

/// Jobs at once: more only wait for the database.
const WORKERS: std::ops::RangeInclusive<usize> = 1..=256;
/// Connections: PostgreSQL itself stops far below.
const CONNECTIONS: std::ops::RangeInclusive<u32> = 1..=1_000;
/// Threads of the embedder.
const THREADS: std::ops::RangeInclusive<usize> = 1..=256;
/// The file of a picture in MiB, and its pixels in millions: each is held in memory while it is worked on.
const PICTURE_MB: std::ops::RangeInclusive<u32> = 1..=1_000;
const MEGAPIXELS: std::ops::RangeInclusive<u32> = 1..=1_000;
/// A year, in minutes.
const LONGEST_WAIT: u32 = 366 * 24 * 60;

/// The filter of the log.
///
/// # Errors
/// It is none. A bare word that is no level would be the name of a module of which nobody has heard, and silence
/// everything else: it is refused.
pub fn log_filter(text: &str) -> Result<EnvFilter, String> {
    let bare = |d: &str| !d.contains(['=', '[']) && d.parse::<LevelFilter>().is_err();
    if let Some(word) = text.split(',').map(str::trim).find(|d| !d.is_empty() && bare(d)) {
        return Err(format!("{word:?} is no level: write error, warn, info, debug or trace, or MODULE=LEVEL"));
    }
    EnvFilter::try_new(text).map_err(|e| format!("{text:?} is not a filter: {e}"))
}

/// # Errors
/// The first setting that cannot work, with what may stand there.
pub(super) fn all(settings: &Settings) -> Result<(), SettingsError> {
    let wrong = |key: &str, what: String| Err(SettingsError::Wrong(format!("{key}: {what}")));
    if let Err(what) = log_filter(&settings.log) {
        return wrong("log", what);
    }
    if !["text", "json"].contains(&settings.log_format.as_str()) {
        return wrong("log_format", format!("{:?} is not text or json", settings.log_format));
    }
    within("workers", &settings.workers, &WORKERS)?;
    within("database_connections", &settings.database_connections, &CONNECTIONS)?;
    within("twins_wait_minutes", &settings.twins_wait_minutes, &(0..=LONGEST_WAIT))?;
    within("pictures.file_mb", &settings.pictures.file_mb, &PICTURE_MB)?;
    within("pictures.megapixels", &settings.pictures.megapixels, &MEGAPIXELS)?;
    if let Some(threads) = settings.ai.threads {
        within("ai.threads", &threads, &THREADS)?;
    }
    if let Some(given) = &settings.public_url {
        let url = address("public_url", given)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            let what = format!("{given:?} has more than a host and a port; Xinghe is served from the root of a host");
            return wrong("public_url", what);
        }
    }
    if let Some(given) = &settings.otlp_endpoint {
        address("otlp_endpoint", given)?;
    }
    for (key, provider) in [("ai.chat", &settings.ai.chat), ("ai.embedding", &settings.ai.embedding)] {
        if let Some(provider) = provider {
            one_provider(key, provider)?;
        }
    }
    let (prices, budget) = (&settings.ai.prices, &settings.ai.budget);
    let purposes = budget
        .purpose_day
        .iter()
        .map(|(purpose, amount)| (format!("ai.budget.purpose_day.{purpose:?}").to_lowercase(), Some(*amount)));
    let amounts = [
        ("ai.prices.input".to_owned(), Some(prices.input)),
        ("ai.prices.output".to_owned(), Some(prices.output)),
        ("ai.budget.day".to_owned(), budget.day),
        ("ai.budget.member_day".to_owned(), budget.member_day),
    ];
    for (key, amount) in amounts.into_iter().chain(purposes) {
        if let Some(amount) = amount.filter(|a| *a < 0) {
            return wrong(&key, format!("{amount} is less than nothing; 0 allows no spending"));
        }
    }
    Ok(())
}

fn within<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: &T,
    range: &std::ops::RangeInclusive<T>,
) -> Result<(), SettingsError> {
    if range.contains(value) {
        return Ok(());
    }
    Err(SettingsError::Wrong(format!("{key}: {value} is not from {} to {}", range.start(), range.end())))
}

fn address(key: &str, given: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(given).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    url.ok_or_else(|| SettingsError::Wrong(format!("{key}: {given:?} is not an address with http:// or https://")))
}

fn one_provider(key: &str, provider: &ProviderSettings) -> Result<(), SettingsError> {
    address(&format!("{key}.url"), provider.url.as_str())?;
    if provider.model.trim().is_empty() {
        return Err(SettingsError::Wrong(format!("{key}.model: name the provider's model")));
    }
    within(&format!("{key}.timeout_seconds"), &provider.timeout_seconds, &(1..=3_600))?;
    within(&format!("{key}.tries"), &provider.tries, &(1..=20))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> String {
        let settings: Settings = toml::from_str(toml).unwrap();
        all(&settings).map_or_else(|e| e.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn what_could_never_work_is_refused_by_its_name() {
        assert_eq!(refused(""), "fine", "the defaults");
        let provider = "[ai.chat]\nurl = 'http://127.0.0.1:1/v1'\nmodel = 'm'\n";
        for (toml, named) in [
            ("workers = 0", "workers: 0 is not from 1 to 256"),
            ("workers = 999999", "workers: 999999"),
            ("database_connections = 0", "database_connections: 0"),
            ("twins_wait_minutes = 4000000000", "twins_wait_minutes"),
            ("pictures.file_mb = 0", "pictures.file_mb: 0 is not from 1 to 1000"),
            ("pictures.megapixels = 2000", "pictures.megapixels"),
            ("log = 'nonsense'", "\"nonsense\" is no level"),
            ("log = 'info,xinghe=loud'", "log: "),
            ("log_format = 'xml'", "log_format: \"xml\""),
            ("public_url = 'ftp://example.org'", "public_url"),
            ("public_url = 'example.org'", "public_url"),
            ("public_url = 'https://example.org/forum'", "more than a host"),
            ("public_url = 'https://me@example.org'", "more than a host"),
            ("otlp_endpoint = 'collector'", "otlp_endpoint"),
            ("ai.threads = 0", "ai.threads"),
            ("ai.budget.day = -1", "ai.budget.day: -1 is less than nothing"),
            ("ai.budget.purpose_day.answer = -5", "ai.budget.purpose_day.answer"),
            ("[ai.prices]\ninput = 0\noutput = -2", "ai.prices.output"),
            (&format!("{provider}tries = 0"), "ai.chat.tries"),
            (&format!("{provider}timeout_seconds = 0"), "ai.chat.timeout_seconds"),
            ("[ai.chat]\nurl = 'file:///x'\nmodel = 'm'", "ai.chat.url"),
        ] {
            let said = refused(toml);
            assert!(said.contains(named), "{toml}: {said}");
        }
        for fine in [
            "log = 'warn,xinghe_search=debug'",
            "log = ''",
            "public_url = 'https://example.org:8443/'",
            "ai.budget.day = 0",
            provider,
        ] {
            assert_eq!(refused(fine), "fine", "{fine}");
        }
    }
}
