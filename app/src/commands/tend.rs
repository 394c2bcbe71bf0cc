//! `xinghe migrate`, `xinghe rebuild` and `xinghe user`.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use xinghe_accounts::model::{Registration, Standing, Who};
use xinghe_accounts::{AccountError, Accounts, AccountsFeature, AuthorList};
use xinghe_core::{Clock, Lang};
use xinghe_store::{ReaderState, SystemClock};
use xinghe_web::texts::Catalog;
use xinghe_web::{Feature, Role};

use crate::cli::{Global, Rebuild, RoleArg, User};
use crate::community::{self, Community};
use crate::output;
use crate::settings::Settings;

pub async fn migrate(global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    community::open_store(settings).await?.close().await?;
    if global.json {
        output::json(&json!({ "migrated": true }))?;
    } else {
        output::line("The tables are up to date.");
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn rebuild(command: Rebuild, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let community = Community::open_existing(settings).await?;
    let readers = community.readers();
    let Some(name) = command.reader else {
        let status = readers.status().await?;
        if global.json {
            let rows: Vec<_> = status.iter().map(|s| json!({ "name": s.name, "lag": s.lag })).collect();
            output::json(&rows)?;
        } else {
            for s in &status {
                let state = match &s.state {
                    ReaderState::Following => "follows the log".to_owned(),
                    ReaderState::Parked(why) => format!("parked: {why}"),
                    ReaderState::Waiting(why) => format!("waits: {why}"),
                };
                output::line(&format!("{:24} {:>6} events behind, {state}", s.name, s.lag));
            }
        }
        return Ok(ExitCode::SUCCESS);
    };
    if name == "gate" {
        readers.catch_up().await?;
        match community.twins.calibrate().await? {
            Some(made) => output::line(&format!(
                "The evidence gate declines under {:.2} now, found on {} posts asked back.",
                made.threshold, made.sampled
            )),
            None => output::line("There are too few posts to calibrate the evidence gate on."),
        }
        return Ok(ExitCode::SUCCESS);
    }
    anyhow::ensure!(
        name != "search" || community.search.keeps_index(),
        "a running server keeps the search index of this folder: rebuild it there, on the administrators' page of \
         readers (searches go on meanwhile), or stop the server first"
    );
    anyhow::ensure!(readers.rebuild(&name).await?, "there is no reader {name:?}; `xinghe rebuild` lists them");
    output::line(&format!("{name} was derived anew from the log."));
    Ok(ExitCode::SUCCESS)
}

fn role(arg: RoleArg) -> Role {
    match arg {
        RoleArg::Member => Role::Member,
        RoleArg::Moderator => Role::Moderator,
        RoleArg::Administrator => Role::Administrator,
    }
}

fn password() -> anyhow::Result<String> {
    output::note("the password, on standard input:");
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What a command says is wrong, in the language of the command line instead of by the keys of its texts.
fn english(accounts: &Accounts) -> anyhow::Result<impl Fn(AccountError) -> anyhow::Error + use<>> {
    let feature = AccountsFeature::new(accounts.clone());
    let catalog = Arc::new(Catalog::new(&[(feature.name(), feature.locales())])?);
    let texts = catalog.texts(Lang::En, SystemClock.now());
    Ok(move |error: AccountError| anyhow::anyhow!(error.in_words(&texts)))
}

pub async fn user(command: User, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    // The first member may be there before anything else; whom to list or change, nobody makes up.
    let community = match command {
        User::Add { .. } => Community::open(settings).await?,
        _ => Community::open_existing(settings).await?,
    };
    let accounts = community.accounts;
    let words = english(&accounts)?;
    let find = async |handle: &str| {
        let author = accounts.author(handle.trim_start_matches('@')).await?;
        author.map(|a| a.card.id).ok_or_else(|| anyhow::anyhow!("there is no member @{handle}"))
    };
    match command {
        User::Add { handle, name, role: wanted } => {
            let wish = Registration { handle, name: name.unwrap_or_default(), password: password()?, language: None };
            let id = accounts.add_member(None, &wish, role(wanted)).await.map_err(&words)?;
            output::line(&format!("@{} is a member now ({id}).", wish.handle));
        }
        User::List => {
            let mut list = AuthorList { who: Who::Members, limit: 100, ..AuthorList::default() };
            loop {
                let page = accounts.list(&list).await?;
                for author in page.items {
                    let Some(member) = &author.member else { continue };
                    let (card, role, standing) = (&author.card, member.role.as_str(), member.standing.as_str());
                    if global.json {
                        let mut row = serde_json::to_value(card)?;
                        row["role"] = json!(role);
                        row["standing"] = json!(standing);
                        output::json(&row)?;
                    } else {
                        output::line(&format!("@{:24} {role:14} {standing:9} {}", card.handle, card.name));
                    }
                }
                list.before = page.next;
                if list.before.is_none() {
                    break;
                }
            }
        }
        User::Role { handle, role: wanted } => {
            accounts.set_role(None, find(&handle).await?, role(wanted)).await.map_err(&words)?;
            output::line(&format!("@{handle} is {} now.", role(wanted)));
        }
        User::Password { handle } => {
            accounts.reset_password(&handle, &password()?).await.map_err(&words)?;
            output::line(&format!("@{handle} has a new password; all sessions ended."));
        }
        User::Disable { handle, undo } => {
            let standing = if undo { Standing::Active } else { Standing::Disabled };
            accounts.set_standing(None, find(&handle).await?, standing).await.map_err(&words)?;
            output::line(&format!("@{handle} is {} now.", if undo { "let in again" } else { "shut out" }));
        }
    }
    Ok(ExitCode::SUCCESS)
}
