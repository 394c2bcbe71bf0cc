//! What each setting may be: values of the right form that could never work are refused before anything starts.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;
use xinghe_ai::ProviderSettings;

use xinghe_accounts::{SiteKind, SiteSettings};

use super::{Settings, SettingsError, SignInSettings};

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
    sites(settings)?;
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

/// The sites by which people may sign in.
///
/// # Errors
/// The first setting that cannot work, with what may stand there; never with a secret.
pub fn sites(settings: &Settings) -> Result<Vec<SiteSettings>, SettingsError> {
    settings.sign_in.iter().map(|(name, given)| one_site(name, given)).collect()
}

fn one_site(name: &str, given: &SignInSettings) -> Result<SiteSettings, SettingsError> {
    let wrong = |field: &str, what: String| SettingsError::Wrong(format!("sign_in.{name}.{field}: {what}"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=32).contains(&name.len()) || !name.chars().all(plain) {
        let what = "a name has 1 to 32 of a–z, 0–9 and -";
        return Err(SettingsError::Wrong(format!("sign_in.{name}: {what}")));
    }
    let kind: SiteKind = given
        .kind
        .parse()
        .map_err(|_| wrong("kind", format!("{:?} is not oidc, github, gitee, forgejo or gitlab", given.kind)))?;
    let usual = kind.usual_address().map(str::to_owned);
    let address = given.address.clone().or(usual);
    let address = address.ok_or_else(|| wrong("address", format!("name the address of {name}")))?;
    let address = self::address(&format!("sign_in.{name}.address"), &address)?;
    let here = match address.host() {
        Some(url::Host::Domain(host)) => host == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if address.scheme() != "https" && !here {
        return Err(wrong("address", "use https: what is sent there would be read on the way".to_owned()));
    }
    if !address.username().is_empty() || address.password().is_some() || address.query().is_some() {
        return Err(wrong("address", "leave out names, passwords and what follows a ?".to_owned()));
    }
    if given.client_id.trim().is_empty() {
        return Err(wrong("client_id", "name what the site gave when this community was registered there".to_owned()));
    }
    let client_secret = Some(&given.client_secret).filter(|s| !s.is_empty()).map(|s| s.reveal().to_owned());
    if client_secret.is_none() && kind != SiteKind::Oidc {
        return Err(wrong("client_secret", "name what the site gave with client_id".to_owned()));
    }
    // The public host of a kind is called as everybody calls it; any other by its name here.
    let usual = kind.usual_label().filter(|_| given.address.is_none());
    let label = given.label.clone().filter(|l| !l.trim().is_empty());
    let label = label.unwrap_or_else(|| usual.unwrap_or(name).to_owned());
    let client_id = given.client_id.trim().to_owned();
    Ok(SiteSettings { name: name.to_owned(), kind, address, label, client_id, client_secret })
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
            ("[sign_in.x]\nkind = 'facebook'", "sign_in.x.kind: \"facebook\" is not oidc"),
            ("[sign_in.'a b']\nkind = 'oidc'", "sign_in.a b: a name"),
            ("[sign_in.x]\nkind = 'oidc'", "sign_in.x.address: name the address"),
            ("[sign_in.x]\nkind = 'forgejo'", "sign_in.x.address"),
            ("[sign_in.x]\nkind = 'oidc'\naddress = 'http://id.example'", "sign_in.x.address: use https"),
            ("[sign_in.x]\nkind = 'oidc'\naddress = 'https://me:pw@id.example'", "sign_in.x.address: leave out"),
            ("[sign_in.x]\nkind = 'github'", "sign_in.x.client_id"),
            ("[sign_in.x]\nkind = 'github'\nclient_id = 'a'", "sign_in.x.client_secret"),
        ] {
            let said = refused(toml);
            assert!(said.contains(named), "{toml}: {said}");
        }
        for fine in [
            "log = 'warn,xinghe_search=debug'",
            "log = ''",
            "public_url = 'https://example.org:8443/'",
            "ai.budget.day = 0",
            "[sign_in.github]\nkind = 'github'\nclient_id = 'a'\nclient_secret = 'b'",
            "[sign_in.work]\nkind = 'oidc'\naddress = 'https://id.example/realms/x'\nclient_id = 'a'",
            "[sign_in.test]\nkind = 'oidc'\naddress = 'http://127.0.0.1:9000'\nclient_id = 'a'",
            provider,
        ] {
            assert_eq!(refused(fine), "fine", "{fine}");
        }
    }

    #[test]
    fn public_hosts_are_called_as_everybody_calls_them() {
        let label = |kind: &str, address: Option<&str>, label: Option<&str>| {
            let given = SignInSettings {
                kind: kind.to_owned(),
                address: address.map(str::to_owned),
                label: label.map(str::to_owned),
                client_id: "a".to_owned(),
                client_secret: xinghe_ai::Secret::new("b"),
            };
            one_site("work", &given).expect("it is right").label
        };
        assert_eq!(label("github", None, None), "GitHub");
        assert_eq!(label("github", Some("https://code.example"), None), "work");
        assert_eq!(label("github", None, Some("Octo")), "Octo");
        assert_eq!(label("oidc", Some("https://id.example"), Some(" ")), "work");
    }
}
