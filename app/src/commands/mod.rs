//! One file a command, or a few that belong together.

mod doctor;
mod eval;
mod find;
mod import;
mod keep;
mod model;
mod serve;
mod tend;

use std::process::ExitCode;

pub use doctor::without_settings;

use crate::cli::{Command, Global};
use crate::settings::Settings;

/// The exit code of a command that was done while something was refused or declined.
pub const PARTLY: u8 = 3;

/// The exit code of a command that was told something it does not understand, as clap's own.
pub const WRONG_USE: u8 = 2;

/// A command was told something that it does not understand; the sentence says what to write instead.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// Runs a command.
///
/// # Errors
/// With a sentence that says what to do.
pub async fn dispatch(command: Command, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(command) => serve::run(command, settings).await,
        Command::Import(command) => import::run(command, global, settings).await,
        Command::Ask(command) => find::ask(command, global, settings).await,
        Command::Search(command) => find::search(command, global, settings).await,
        Command::Model(command) => model::run(command, global, &settings).await,
        Command::Migrate => tend::migrate(global, &settings).await,
        Command::Rebuild(command) => tend::rebuild(command, global, settings).await,
        Command::Eval(command) => eval::run(command, global, settings).await,
        Command::User(command) => tend::user(command, global, settings).await,
        Command::Backup(command) => keep::backup(command, global, &settings).await,
        Command::Restore(command) => keep::restore(command, global, &settings).await,
        Command::Doctor(command) => doctor::run(&command, global, &settings).await,
        // Answered before settings are read.
        Command::Completions { .. } | Command::Settings => Ok(ExitCode::SUCCESS),
    }
}

/// Waits for SIGTERM or Ctrl-C.
async fn ended() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
