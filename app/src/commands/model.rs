//! `xinghe model pull | list | test`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use xinghe_ai::{
    Chat, ChatMessage, ChatRequest, ChatRole, Embed, PullProgress, Purpose, ReplyForm, Role, ShippedModel, check, pull,
};

use super::PARTLY;
use crate::cli::{Global, Model};
use crate::models::{self, EmbedderState};
use crate::output;
use crate::settings::Settings;

pub async fn run(command: Model, global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    match command {
        Model::Pull { from } => fetch(global, settings, from).await,
        Model::List => list(global, settings),
        Model::Test => test(global, settings).await,
    }
}

async fn fetch(global: &Global, settings: &Settings, from: Option<std::path::PathBuf>) -> anyhow::Result<ExitCode> {
    let model = ShippedModel::E5_SMALL;
    let data_dir = settings.data_dir.clone();
    let bar = output::progress(Some(model.bytes), "fetching the model");
    let shown = bar.clone();
    let path = tokio::task::spawn_blocking(move || {
        pull(&model, &data_dir, from.as_deref(), &mut |progress| match progress {
            PullProgress::Fetching => shown.tick(),
            PullProgress::Unpacking { done, .. } => shown.set_position(done),
            PullProgress::Present => shown.set_message("the model is there already"),
        })
    })
    .await??;
    bar.finish_and_clear();
    if global.json {
        output::json(&json!({ "path": path, "sha256": model.sha256, "bytes": model.bytes }))?;
    } else {
        output::line(&format!("{} is there and has the right checksum.", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    let shipped = ShippedModel::E5_SMALL;
    let path = shipped.path(&settings.data_dir);
    let state = if !path.is_file() {
        "not fetched (xinghe model pull)".to_owned()
    } else {
        check(&shipped, &path).map_or_else(|e| e.to_string(), |()| "there, checksum right".to_owned())
    };
    let chat = settings.ai.chat.as_ref().map(|c| format!("{} at {}", c.model, c.url));
    if global.json {
        output::json(&json!({
            "embedder": settings.ai.embedder,
            "local": { "name": xinghe_ai::LocalEmbedder::NAME, "path": path, "state": state },
            "chat": chat,
        }))?;
    } else {
        output::line(&format!("embedder  {:?}", settings.ai.embedder).to_lowercase());
        output::line(&format!("local     {} – {state}", xinghe_ai::LocalEmbedder::NAME));
        output::line(&format!("chat      {}", chat.as_deref().unwrap_or("none: answers quote sentences")));
    }
    Ok(ExitCode::SUCCESS)
}

async fn test(global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    let mut report = serde_json::Map::new();
    let (embedder, state) = models::embedder(settings)?;
    let said = match embedder {
        Some(embedder) => try_embedder(&embedder).await.unwrap_or_else(|e| {
            failed = true;
            e.to_string()
        }),
        None => {
            failed = !matches!(state, EmbedderState::Off);
            state.to_string()
        }
    };
    report.insert("embedder".to_owned(), json!(said));
    let said = match models::chat(settings, Arc::new(xinghe_ai::Unmetered))? {
        Some(chat) => try_chat(chat.as_ref()).await.unwrap_or_else(|e| {
            failed = true;
            e.to_string()
        }),
        None => "none is set up; answers quote sentences".to_owned(),
    };
    report.insert("chat".to_owned(), json!(said));
    if global.json {
        output::json(&report)?;
    } else {
        for (name, said) in &report {
            output::line(&format!("{name:9} {}", said.as_str().unwrap_or_default()));
        }
    }
    Ok(if failed { ExitCode::from(PARTLY) } else { ExitCode::SUCCESS })
}

pub(super) async fn try_embedder(embedder: &Arc<dyn Embed>) -> anyhow::Result<String> {
    let loading = Instant::now();
    let near = ["How do I share state between handlers?", "如何在处理函数之间共享状态？", "Tomorrow it will rain."];
    let vectors = embedder.embed(Role::Query, near.map(str::to_owned).to_vec()).await?;
    let first = loading.elapsed();
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let (same, other) = (cosine(&vectors[0], &vectors[1]), cosine(&vectors[0], &vectors[2]));
    anyhow::ensure!(same > other, "a translation is not nearer ({same:.3}) than another sentence ({other:.3})");
    let again = Instant::now();
    embedder.embed(Role::Query, vec![near[0].to_owned()]).await?;
    Ok(format!(
        "{} works: translation {same:.3}, other sentence {other:.3}; loading {first:.0?}, a question {:.1?}",
        embedder.model(),
        again.elapsed()
    ))
}

pub(super) async fn try_chat(chat: &dyn Chat) -> anyhow::Result<String> {
    let started = Instant::now();
    let reply = chat
        .chat(ChatRequest {
            messages: vec![ChatMessage::new(ChatRole::User, "Reply with the single word: ready")],
            tools: Vec::new(),
            form: ReplyForm::Text,
            temperature: 0.0,
            max_tokens: 16,
            purpose: Purpose::Test,
            member: None,
        })
        .await?;
    let said: String = reply.content.chars().take(60).collect();
    Ok(format!("{} says {said:?} after {:.1?}, {} tokens", chat.model(), started.elapsed(), reply.usage.output))
}
