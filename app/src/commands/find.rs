//! `xinghe search` and `xinghe ask`.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::mpsc;
use xinghe_core::ports::Authors;
use xinghe_core::{Clock, Lang};
use xinghe_search::SearchQuery;
use xinghe_store::SystemClock;
use xinghe_twins::model::{self, Question};
use xinghe_web::AppError;
use xinghe_web::Feature;
use xinghe_web::texts::Catalog;

use super::{PARTLY, WrongUse};
use crate::cli::{Ask, Global, Search};
use crate::community::Community;
use crate::output;
use crate::settings::Settings;

/// Opens the community with its index up to date.
async fn ready(settings: Settings) -> anyhow::Result<Community> {
    let community = Community::open_existing(settings).await?;
    community.readers().catch_up().await?;
    Ok(community)
}

/// What is wrong with a search, in the words of its texts and by the names of the options.
fn in_words(search: &xinghe_search::Search, error: AppError) -> anyhow::Error {
    let AppError::Invalid(errors) = error else { return error.into() };
    let catalog = match Catalog::new(&[(search.name(), search.locales())]) {
        Ok(catalog) => Arc::new(catalog),
        Err(broken) => return broken.into(),
    };
    let texts = catalog.texts(Lang::En, SystemClock.now());
    let option = |field: &str| if field == "lang" { "language".to_owned() } else { field.to_owned() };
    let said = errors.iter().map(|e| format!("--{}: {}", option(&e.field), e.said.in_words(&texts)));
    WrongUse(said.collect::<Vec<_>>().join("; ")).into()
}

pub async fn search(command: Search, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let community = ready(settings).await?;
    let sent = SearchQuery {
        q: command.query,
        limit: i64::try_from(command.limit).ok(),
        kind: command.kind,
        lang: command.language,
        tag: command.tag,
        author: command.author,
        ..SearchQuery::default()
    };
    let page = community.search.page(&sent).await.map_err(|error| in_words(&community.search, error))?;
    if global.json {
        output::json(&page)?;
    } else {
        if let Some(better) = &page.did_you_mean {
            output::note(&format!("did you mean: {better}"));
        }
        for item in &page.items {
            let author = item.post.author.as_ref().map_or("", |a| a.name.as_str());
            output::line(&format!("{}  {} · {author}", item.post.title, item.post.kind));
            output::line(&format!("  {}", item.snippet.text));
            output::line(&format!("  {}{}", community.settings.public_url(), item.post.url));
        }
    }
    Ok(if page.items.is_empty() { ExitCode::from(PARTLY) } else { ExitCode::SUCCESS })
}

pub async fn ask(command: Ask, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let text = model::check_question(&command.question).map_err(|e| match e {
        model::QuestionError::Empty => WrongUse("the question is empty".to_owned()),
        model::QuestionError::TooLong => {
            WrongUse(format!("the question is longer than {} characters", model::LONGEST_QUESTION))
        }
    })?;
    let community = ready(settings).await?;
    let twin = match &command.twin {
        None => None,
        Some(handle) => match community.accounts.by_handle(handle.trim_start_matches('@')).await? {
            Some(card) if card.claimed => Some(card.id),
            Some(_) => anyhow::bail!("@{handle} has not claimed their work here and has no twin; ask without --twin"),
            None => anyhow::bail!("there is no member @{handle}"),
        },
    };
    let language = match &command.language {
        Some(tag) => Lang::nearest(tag).ok_or_else(|| WrongUse("--language: use zh-Hans, zh-Hant or en".to_owned()))?,
        None => xinghe_text::detect(&text).interface().unwrap_or_default(),
    };
    let (watch, _) = mpsc::channel(1);
    let answer = community
        .twins
        .asker()
        .ask(&Question { text, twin, language, asker: None, follows: None, ticket: None }, &watch)
        .await?;
    if global.json {
        output::json(&answer)?;
    } else {
        for sentence in &answer.sentences {
            let numbers: String = sentence.citations.iter().map(|n| format!("[{n}]")).collect();
            output::line(&format!("{}{numbers}", sentence.text));
        }
        if let Some(message) = &answer.message {
            output::line(message);
        }
        output::line("");
        if answer.abstained && !answer.citations.is_empty() {
            output::line("What comes nearest, and is no answer:");
        }
        for c in &answer.citations {
            let author = c.post.author.as_ref().map_or("", |a| a.name.as_str());
            output::line(&format!("[{}] “{}”", c.n, c.quote));
            output::line(&format!("    {author}, {} {}{}", c.post.title, community.settings.public_url(), c.post.url));
        }
        output::line(&format!(
            "\nAI · {} · confidence {:.2}, declines under {:.2}",
            answer.provenance.by, answer.confidence, answer.threshold
        ));
    }
    Ok(if answer.abstained { ExitCode::from(PARTLY) } else { ExitCode::SUCCESS })
}
