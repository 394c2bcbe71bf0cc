//! What is on this machine: settings, folders, disk, models.

use std::path::Path;
use std::sync::Arc;

use xinghe_ai::{LocalEmbedder, ShippedModel};

use super::Finding;
use crate::cli::Global;
use crate::commands::model::{try_chat, try_embedder};
use crate::models;
use crate::settings::{EmbedderKind, Settings, TABLE};

const GIB: u64 = 1 << 30;
/// Under this much free space a warning is due; under a tenth of it nothing more should be written.
const LITTLE: u64 = GIB;

pub fn settings(global: &Global, settings: &Settings) -> Finding {
    let file = global.config.clone().unwrap_or_else(|| settings.data_dir.join("xinghe.toml"));
    let from = if file.is_file() { format!("read from {}", file.display()) } else { "no settings file".to_owned() };
    let found = format!("{from}; listens on {}, known as {}", settings.listen, settings.public_url());
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let strange: Vec<String> = names.filter(|n| is_mistyped(n)).collect();
    if !strange.is_empty() {
        let advice = "they have no effect: `xinghe settings` lists what there is";
        return Finding::warn(
            "settings",
            format!("{found}; unknown in the environment: {}", strange.join(", ")),
            advice,
        );
    }
    if !settings.listen.ip().is_loopback() && !settings.public_url().starts_with("https://") {
        let advice = "others can reach it and passwords go unencrypted: put a proxy with TLS in front, set public_url";
        return Finding::warn("settings", found, advice);
    }
    Finding::ok("settings", found)
}

/// Whether this variable looks as if it were meant for this program, and is none of its settings.
fn is_mistyped(name: &str) -> bool {
    let ours = name.starts_with("XINGHE_") && !name.starts_with("XINGHE_TEST_");
    ours && !name.starts_with("XINGHE_AI__BUDGET__PURPOSE_DAY__") && !TABLE.iter().any(|row| row.env == name)
}

pub fn folder(settings: &Settings) -> Finding {
    let folder = &settings.data_dir;
    let shown = folder.display();
    if !folder.exists() {
        return match tempfile::tempfile_in(nearest(folder)) {
            Ok(_) => Finding::ok("data", format!("{shown} is not there yet; the first start makes it")),
            Err(error) => Finding::fail("data", format!("{shown} cannot be made: {error}"), "name another: --data-dir"),
        };
    }
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::ok("data", format!("{shown} can be written")),
        Err(error) => {
            let advice = "give it to the user that runs this program, or name another with --data-dir";
            Finding::fail("data", format!("{shown} cannot be written: {error}"), advice)
        }
    }
}

/// The folder itself, or the nearest above it that exists.
fn nearest(folder: &Path) -> &Path {
    let above = folder.ancestors().find(|a| !a.as_os_str().is_empty() && a.exists());
    above.unwrap_or(Path::new("."))
}

pub fn disk(settings: &Settings) -> Finding {
    match rustix::fs::statvfs(nearest(&settings.data_dir)) {
        Ok(disk) => room(disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => Finding::warn("disk", format!("free space is not known: {error}"), "look yourself: df"),
    }
}

fn room(free: u64) -> Finding {
    let found = format!("{:.1} GiB free", free as f64 / GIB as f64);
    if free < LITTLE / 10 {
        Finding::fail("disk", found, "make room now: changes are about to fail")
    } else if free < LITTLE {
        Finding::warn("disk", found, "make room: the database's log and the index need some while they work")
    } else {
        Finding::ok("disk", found)
    }
}

pub async fn model(settings: &Settings) -> Finding {
    match settings.ai.embedder {
        EmbedderKind::None => return Finding::ok("model", "none is wanted: search goes by words only"),
        EmbedderKind::Provider => return Finding::ok("model", "the embedder is a provider's"),
        EmbedderKind::Local => {}
    }
    let shipped = ShippedModel::E5_SMALL;
    let path = shipped.path(&settings.data_dir);
    if !path.is_file() {
        let found = format!("{} is not there; search goes by words only", path.display());
        return Finding::warn("model", found, "xinghe model pull");
    }
    let place = path.clone();
    match tokio::task::spawn_blocking(move || xinghe_ai::check(&shipped, &place).map_err(|e| e.to_string())).await {
        Ok(Ok(())) => Finding::ok("model", format!("{}, checksum right", LocalEmbedder::NAME)),
        Ok(Err(error)) => Finding::fail("model", error, "xinghe model pull fetches it again"),
        Err(error) => Finding::fail("model", error.to_string(), "report this"),
    }
}

pub async fn providers(settings: &Settings, online: bool) -> Vec<Finding> {
    let mut findings = vec![chat(settings, online).await];
    if settings.ai.embedder == EmbedderKind::Provider {
        findings.push(embedding(settings, online).await);
    }
    findings
}

async fn chat(settings: &Settings, online: bool) -> Finding {
    let Some(provider) = &settings.ai.chat else {
        return Finding::ok("chat", "no provider is set up: answers are made of quoted sentences");
    };
    let found = format!("{} at {}", provider.model, provider.url);
    if !online {
        return Finding::ok("chat", format!("{found}; not tried (--online does)"));
    }
    let tried = match models::chat(settings, Arc::new(xinghe_ai::Unmetered)) {
        Ok(Some(chat)) => try_chat(chat.as_ref()).await,
        Ok(None) => return Finding::ok("chat", found),
        Err(error) => Err(error),
    };
    tried.map_or_else(|e| refused("chat", &found, &e), |said| Finding::ok("chat", said))
}

async fn embedding(settings: &Settings, online: bool) -> Finding {
    let (embedder, name) = match models::embedder(settings) {
        Ok((Some(embedder), state)) => (embedder, state.to_string()),
        Ok((None, state)) => return Finding::ok("embedding", state.to_string()),
        Err(error) => return Finding::fail("embedding", error.to_string(), "complete the settings"),
    };
    if !online {
        return Finding::ok("embedding", format!("{name}; not tried (--online does)"));
    }
    let tried = try_embedder(&embedder).await;
    tried.map_or_else(|e| refused("embedding", &name, &e), |said| Finding::ok("embedding", said))
}

fn refused(check: &'static str, found: &str, error: &anyhow::Error) -> Finding {
    let advice = "check the address, the key and the model's name; until it answers, the product does without";
    Finding::fail(check, format!("{found}: {error:#}"), advice)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_disk_that_fills_is_told_in_time() {
        assert_eq!(room(5 * GIB).verdict, Verdict::Ok);
        assert_eq!(room(GIB / 2).verdict, Verdict::Warn);
        assert_eq!(room(1 << 20).verdict, Verdict::Fail);
    }

    #[test]
    fn mistyped_variables_are_seen() {
        assert!(is_mistyped("XINGHE_LISTN"));
        for known in ["XINGHE_LISTEN", "XINGHE_AI__CHAT__URL", "XINGHE_AI__BUDGET__PURPOSE_DAY__VERIFY", "PATH"] {
            assert!(!is_mistyped(known), "{known}");
        }
    }
}
