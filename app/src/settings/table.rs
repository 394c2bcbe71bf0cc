//! The one table of all settings: what `docs/settings.md` is made of, and what a mistyped key is compared with.

/// A row of the documented table.
pub struct Row {
    /// The key in the settings file.
    pub key: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// What holds when nothing is set.
    pub default: &'static str,
    /// What it does.
    pub what: &'static str,
}

const fn row(key: &'static str, env: &'static str, default: &'static str, what: &'static str) -> Row {
    Row { key, env, default, what }
}

/// Every setting there is. `docs/settings.md` is made from it, and a test compares them.
pub const TABLE: &[Row] = &[
    row(
        "data_dir",
        "XINGHE_DATA_DIR",
        "data",
        "The folder of everything that is written: database, index, models, files. Also `--data-dir`.",
    ),
    row("listen", "XINGHE_LISTEN", "127.0.0.1:8080", "Address and port to listen on. Also `--listen`."),
    row(
        "database_url",
        "XINGHE_DATABASE_URL",
        "`xinghe.db` in the data folder",
        "`sqlite:PATH` or `postgres://user:password@host/name`. Also `--database-url`.",
    ),
    row(
        "log",
        "XINGHE_LOG",
        "info",
        "What is logged, as a filter: `info`, `debug`, `warn,xinghe_search=debug`. Also `--log`.",
    ),
    row("log_format", "XINGHE_LOG_FORMAT", "text", "`text` or `json`, one object a line."),
    row(
        "public_url",
        "XINGHE_PUBLIC_URL",
        "`http://` and the listening address",
        "The address that people type. With `https`, cookies are secure and HSTS is sent.",
    ),
    row(
        "trusted_proxies",
        "XINGHE_TRUSTED_PROXIES",
        "[]",
        "Addresses of reverse proxies whose `X-Forwarded-For` is believed; as text, separated by commas.",
    ),
    row("development", "XINGHE_DEVELOPMENT", "false", "Shows `/design`, the page of all components."),
    row("workers", "XINGHE_WORKERS", "2", "How many jobs run side by side."),
    row(
        "database_connections",
        "XINGHE_DATABASE_CONNECTIONS",
        "10",
        "Connections to PostgreSQL, or reading connections to SQLite.",
    ),
    row(
        "metrics_token",
        "XINGHE_METRICS_TOKEN",
        "none",
        "A bearer token for `/metrics`; without one only this machine may read it.",
    ),
    row(
        "smtp_url",
        "XINGHE_SMTP_URL",
        "none",
        "The mail server: `smtps://user:password@host` (TLS) or `smtp://user:password@host` (STARTTLS; without TLS only on this machine). Without one no mail is sent, and administrators hand out one-time links instead. Never logged or shown.",
    ),
    row(
        "mail_from",
        "XINGHE_MAIL_FROM",
        "none",
        "From whom mails come, for instance `Xinghe <no-reply@example.org>`. Needed with `smtp_url`.",
    ),
    row(
        "twins_wait_minutes",
        "XINGHE_TWINS_WAIT_MINUTES",
        "60",
        "How many minutes a question waits for people before it is looked whose twins could answer it.",
    ),
    row("pictures.file_mb", "XINGHE_PICTURES__FILE_MB", "10", "How large a picture's file may be, in MiB."),
    row(
        "pictures.megapixels",
        "XINGHE_PICTURES__MEGAPIXELS",
        "50",
        "How many million pixels it may have. It is made to fit into 2,048 pixels, and takes 1 MiB at most.",
    ),
    row("pictures.per_day", "XINGHE_PICTURES__PER_DAY", "100", "How many pictures a member adds on a day (UTC)."),
    row(
        "pictures.total_mb",
        "XINGHE_PICTURES__TOTAL_MB",
        "200",
        "How much a member's pictures take in all, as they are kept in the database, in MiB.",
    ),
    row(
        "pictures.copies_mb",
        "XINGHE_PICTURES__COPIES_MB",
        "500",
        "How much copies of pictures that texts show from other hosts take in all, in MiB. 0 makes none: then such \
         pictures are links.",
    ),
    row(
        "sign_in.NAME.kind",
        "XINGHE_SIGN_IN__NAME__KIND",
        "none",
        "Lets people sign in with accounts that they have at another site. `NAME` is a word of your own (a–z, 0–9, `-`) that \
         stands in addresses here; several sites have several. `oidc` (any OpenID Connect provider), `github`, `gitee`, \
         `forgejo` (also Gitea) or `gitlab`. Register this community there with the callback address \
         `PUBLIC_URL/sign-in/with/NAME/back`.",
    ),
    row(
        "sign_in.NAME.address",
        "XINGHE_SIGN_IN__NAME__ADDRESS",
        "of `github`, `gitee` and `gitlab` the public one",
        "Where the site is; of `oidc` the issuer. `https`, or `http` on this machine. It may be in a private network.",
    ),
    row(
        "sign_in.NAME.label",
        "XINGHE_SIGN_IN__NAME__LABEL",
        "`NAME`; of the public ones `GitHub`, `Gitee`, `GitLab`",
        "What people call the site: it stands on the button.",
    ),
    row("sign_in.NAME.client_id", "XINGHE_SIGN_IN__NAME__CLIENT_ID", "none", "How the site calls this community."),
    row(
        "sign_in.NAME.client_secret",
        "XINGHE_SIGN_IN__NAME__CLIENT_SECRET",
        "none",
        "What the site gave with it. Only some `oidc` providers do without. Never logged or shown.",
    ),
    row("otlp_endpoint", "XINGHE_OTLP_ENDPOINT", "none", "Where traces go, for instance `http://127.0.0.1:4318`."),
    row(
        "ai.embedder",
        "XINGHE_AI__EMBEDDER",
        "local",
        "`local` (the shipped model), `provider` (see `ai.embedding`) or `none` (words only).",
    ),
    row("ai.threads", "XINGHE_AI__THREADS", "one per core, at most 4", "Threads of the local embedder."),
    row(
        "ai.chat.url",
        "XINGHE_AI__CHAT__URL",
        "none",
        "An OpenAI-compatible address up to `/v1`. Without it answers are made of quoted sentences.",
    ),
    row("ai.chat.model", "XINGHE_AI__CHAT__MODEL", "none", "The chat model's name at the provider."),
    row("ai.chat.key", "XINGHE_AI__CHAT__KEY", "none", "The provider's key. Never logged or shown."),
    row(
        "ai.chat.timeout_seconds",
        "XINGHE_AI__CHAT__TIMEOUT_SECONDS",
        "60",
        "How long a reply, or a pause within a stream, may take.",
    ),
    row("ai.chat.tries", "XINGHE_AI__CHAT__TRIES", "3", "How often a call is tried in all."),
    row(
        "ai.embedding.url",
        "XINGHE_AI__EMBEDDING__URL",
        "none",
        "An OpenAI-compatible address for embeddings, with `ai.embedder = \"provider\"`.",
    ),
    row("ai.embedding.model", "XINGHE_AI__EMBEDDING__MODEL", "none", "The embedding model's name at the provider."),
    row("ai.embedding.key", "XINGHE_AI__EMBEDDING__KEY", "none", "The provider's key."),
    row("ai.embedding.dimensions", "XINGHE_AI__EMBEDDING__DIMENSIONS", "none", "How long its vectors are."),
    row("ai.prices.input", "XINGHE_AI__PRICES__INPUT", "0", "Minor units (fen) per million tokens read."),
    row("ai.prices.output", "XINGHE_AI__PRICES__OUTPUT", "0", "Minor units (fen) per million tokens written."),
    row(
        "ai.budget.day",
        "XINGHE_AI__BUDGET__DAY",
        "none",
        "The most that all calls of a day (UTC) may cost, in minor units.",
    ),
    row(
        "ai.budget.member_day",
        "XINGHE_AI__BUDGET__MEMBER_DAY",
        "none",
        "The most that a member's calls of a day may cost, in minor units.",
    ),
    row(
        "ai.budget.purpose_day.answer",
        "XINGHE_AI__BUDGET__PURPOSE_DAY__ANSWER",
        "none",
        "The most that answering may cost a day; likewise `verify` and `test`.",
    ),
];

/// The table as Markdown, the content of `docs/settings.md`.
pub fn table_markdown() -> String {
    let mut out = String::from(
        "# Settings\n\nRead from `xinghe.toml` in the data folder (or the file named by `--config`), then the environment, then flags; later wins. \
         Made by `xinghe settings`.\n\n| key in the file | environment | default | what it does |\n|---|---|---|---|\n",
    );
    for row in TABLE {
        out.push_str(&format!("| `{}` | `{}` | {} | {} |\n", row.key, row.env, row.default, row.what));
    }
    out
}
