//! Accounts: members, unclaimed authors, sessions, roles, claims.
//!
//! It promises: a password is kept only as an argon2id hash and a session only as the hash of its token; wrong tries
//! bring growing pauses in all processes together; the secret of a link in a mail is kept as a hash only, works once and
//! a short time, and asking for one tells nobody who has an account; the last administrator cannot go; an unclaimed author becomes a
//! member only by an accepted claim: an administrator's yes, the same account at a code host, or the author's own page; an erased member leaves no name here, the handle goes to nobody else, and authors whom the member had claimed are
//! unclaimed again.
//!
//! | room | holds |
//! |---|---|
//! | [`model`], [`handle`], [`password`] | types and rules |
//! | [`Accounts`] | commands and reading |
//! | `elsewhere` | other sites by which people sign in |
//! | `ports` | `Authors`, `AuthorIntake`, `Sessions`, `StepUp`, implemented by [`Accounts`] |
//! | `portable` | what a member takes along |
//! | `store` | the SQL, over tables named `accounts_…` |
//! | `pages`, `api`, `jobs` | as in every feature |

mod api;
mod commands;
mod elsewhere;
mod error;
pub mod handle;
mod jobs;
pub mod model;
mod pages;
pub mod password;
mod portable;
mod ports;
mod store;

use std::sync::Arc;

use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_store::{JobHandler, Migration, Schedule, Store, StoreError};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::{Accounts, AuthorList, Back, Came, ClaimList, HalfSession, Slice};
pub use elsewhere::{SiteKind, SiteSettings};
pub use error::AccountError;

/// This feature's texts.
pub(crate) const LOCALES: &[(Lang, &str)] = &[
    (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
    (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
    (Lang::En, include_str!("../locales/en.ftl")),
];

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            feature: "accounts",
            version: 1,
            name: "authors, members, sessions, claims",
            sql: include_str!("../migrations/0001.sql"),
        },
        Migration {
            feature: "accounts",
            version: 2,
            name: "former handles, known networks",
            sql: include_str!("../migrations/0002.sql"),
        },
        Migration {
            feature: "accounts",
            version: 3,
            name: "email addresses, letters, links",
            sql: include_str!("../migrations/0003.sql"),
        },
        Migration {
            feature: "accounts",
            version: 4,
            name: "second factors",
            sql: include_str!("../migrations/0004.sql"),
        },
        Migration {
            feature: "accounts",
            version: 5,
            name: "personal access tokens",
            sql: include_str!("../migrations/0005.sql"),
        },
        Migration {
            feature: "accounts",
            version: 6,
            name: "accounts at other sites",
            sql: include_str!("../migrations/0006.sql"),
        },
        Migration {
            feature: "accounts",
            version: 7,
            name: "pages of imported authors",
            sql: include_str!("../migrations/0007.sql"),
        },
    ]
}

/// The address at which the first administrator makes an account; `None` once there is one. To be printed at start.
///
/// # Errors
/// The database.
pub async fn first_admin_link(store: &Store, base_url: &str) -> Result<Option<String>, StoreError> {
    Accounts::new(store.clone()).first_admin_link(base_url).await
}

/// The feature.
#[derive(Debug, Clone)]
pub struct AccountsFeature {
    accounts: Accounts,
}

impl AccountsFeature {
    /// The feature over these accounts.
    pub fn new(accounts: Accounts) -> Self {
        Self { accounts }
    }
}

impl Feature for AccountsFeature {
    fn name(&self) -> &'static str {
        "accounts"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.accounts).merge(api::routes(&self.accounts))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        let mut slots = pages::admin_tabs();
        slots.extend(pages::settings_tabs());
        slots
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![
            Arc::new(jobs::Sweeper { accounts: self.accounts.clone() }),
            Arc::new(commands::Courier::new(self.accounts.clone())),
        ]
    }

    fn schedules(&self) -> Vec<Schedule> {
        vec![Schedule { name: "accounts.sweep", cron: "41 3 * * *", job: jobs::SWEEP }]
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.accounts.clone()))
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        LOCALES
    }

    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(api::Doc::openapi())
    }
}
