//! The product as a whole: reads settings, lists the features, wires them. No logic of its own.

mod archive;
mod cli;
mod commands;
pub mod community;
mod models;
mod output;
mod outside;
mod seed;
pub mod settings;
mod telemetry;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::{Cli, Command};
use crate::settings::Settings;

pub use models::EmbedderState;

/// Does what the command line says; answers the exit code of the process.
pub fn start() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.global.json;
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error, json);
            if error.is::<commands::WrongUse>() { ExitCode::from(commands::WRONG_USE) } else { ExitCode::FAILURE }
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (global, command) = (cli.global, cli.command);
    if let Command::Completions { shell } = command {
        clap_complete::generate(shell, &mut Cli::command(), "xinghe", &mut std::io::stdout());
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Settings = command {
        output::text(&settings::table_markdown());
        return Ok(ExitCode::SUCCESS);
    }
    let listen = if let Command::Serve(serve) = &command { serve.listen } else { None };
    let mut settings = match (Settings::load(&global.flags(listen)), &command) {
        (Err(error), Command::Doctor(_)) => return commands::without_settings(&global, &error),
        (loaded, _) => loaded?,
    };
    if !matches!(command, Command::Serve(_)) && global.log.is_none() && std::env::var_os("XINGHE_LOG").is_none() {
        // A command's answer should not drown in what is only of interest to a server's log.
        "warn".clone_into(&mut settings.log);
    }
    // Whoever opens a connection outwards needs one; traces do so before anybody else.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _telemetry = telemetry::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(commands::dispatch(command, &global, settings));
    // A search of a slow disk must not keep a stopped server alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    code
}
