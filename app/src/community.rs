//! The list of features, and how they are wired.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use xinghe_accounts::{Accounts, AccountsFeature};
use xinghe_ai::Embed;
use xinghe_core::Lang;
use xinghe_core::mail::Mailer;
use xinghe_core::ports::{Authors, PictureUse, PortError, PortResult, Posts, Retrieve, Standing, TwinAnswers};
use xinghe_exports::{Exports, ExportsFeature};
use xinghe_importer as importer;
use xinghe_mail::Smtp;
use xinghe_media::model::Limits as PictureLimits;
use xinghe_media::{MediaFeature, Pictures};
use xinghe_messages::{Messages, MessagesFeature};
use xinghe_moderation::{Moderation, ModerationFeature};
use xinghe_notifications::{Notifications, NotificationsFeature};
use xinghe_observatory::{Deps as ObservatoryDeps, IndexCounts, IndexGauge, Ledger, Observatory};
use xinghe_posts::{PostsFeature, PostsPort};
use xinghe_reactions::{Reactions, ReactionsFeature};
use xinghe_search::Search;
use xinghe_store::{Migration, Readers, Store, StoreError, StoreSettings, SystemClock, SystemRandom, Workers};
use xinghe_twins::{Deps, Twins};
use xinghe_web::{Feature, NavItem, Readiness, Shell, Standings, WebSettings};

use crate::models::{self, EmbedderState};
use crate::outside::{agent, copies, page_reader};
use crate::settings::{Settings, sites};
use crate::telemetry;

/// The crates that this program is built from, as they were locked.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The texts of the navigation, which belong to the list of features.
struct Navigation;

impl Feature for Navigation {
    fn name(&self) -> &'static str {
        "app"
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
            (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
            (Lang::En, include_str!("../locales/en.ftl")),
        ]
    }
}

/// Tells administrators what the index holds.
struct Gauge(Search);

#[async_trait]
impl IndexGauge for Gauge {
    async fn counts(&self) -> PortResult<IndexCounts> {
        let status = self.0.status().await.map_err(|e| PortError::new(e.to_string()))?;
        Ok(IndexCounts {
            posts: status.posts,
            passages: status.passages,
            embedded: status.embedded,
            pending: status.pending,
        })
    }
}

/// A whole community: its database, its features, and what runs behind them.
pub struct Community {
    /// How it was set up.
    pub settings: Settings,
    /// Its database.
    pub store: Store,
    /// Members and authors.
    pub accounts: Accounts,
    /// Posts, for reading and for imports.
    pub posts: Arc<PostsPort>,
    /// Votes, thanks, bookmarks and follows, for the features that read them (`core::ports::Reactions`).
    pub reactions: Reactions,
    /// Reports, and what moderators do.
    pub moderation: Moderation,
    /// What members write to one another in private.
    pub messages: Messages,
    /// Pictures that texts show.
    pub pictures: Pictures,
    /// This node's index.
    pub search: Search,
    /// The guide and the twins.
    pub twins: Arc<Twins>,
    /// Archives of members' data.
    pub exports: Exports,
    /// Whether texts are embedded.
    pub embedder: EmbedderState,
    /// All features, in the order of their migrations.
    pub features: Vec<Arc<dyn Feature>>,
    /// Cancelled when the program ends.
    pub stop: CancellationToken,
    /// Whether this node can serve.
    pub readiness: Readiness,
    readers: Readers,
}

/// Opens the database with its tables up to date.
///
/// # Errors
/// It cannot be reached, or is newer than this program.
pub async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let folder = &settings.data_dir;
    make_folder(folder).with_context(|| unwritable(folder))?;
    // Tried before SQLite does, which would only say that it is "unable to open database file".
    tempfile::tempfile_in(folder).with_context(|| unwritable(folder))?;
    let connection = connection(settings);
    let store = Store::open(&connection, Arc::new(SystemClock), Arc::new(SystemRandom))
        .await
        .with_context(|| format!("the database {} cannot be opened", connection.shown()))?;
    store.migrate(&migrations()).await?;
    Ok(store)
}

/// Makes a folder that only its owner may look into, unless it is there.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What to say where a data folder cannot be used.
pub fn unwritable(folder: &Path) -> String {
    format!("the folder {} cannot be made or written; name another with --data-dir", folder.display())
}

/// How to reach the database of the settings.
pub fn connection(settings: &Settings) -> StoreSettings {
    StoreSettings { connections: settings.database_connections, ..StoreSettings::url(settings.database_url()) }
}

/// Opens the database for looking only: as it is, not as this program would make it.
///
/// # Errors
/// There is none yet, or it cannot be reached.
pub async fn look(settings: &Settings) -> Result<Store, StoreError> {
    Store::look(&connection(settings), Arc::new(SystemClock), Arc::new(SystemRandom)).await
}

/// Whether there is no database yet, rather than one that cannot be used.
pub fn is_absent(error: &StoreError) -> bool {
    matches!(error, StoreError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}

/// The tables of all features.
pub fn migrations() -> Vec<Migration> {
    let mut all = xinghe_accounts::migrations();
    all.extend_from_slice(xinghe_posts::MIGRATIONS);
    all.extend(xinghe_reactions::migrations());
    all.extend(xinghe_moderation::migrations());
    all.extend(xinghe_media::migrations());
    all.extend(xinghe_notifications::migrations());
    all.extend(xinghe_search::migrations());
    all.extend(xinghe_twins::migrations());
    all.extend(xinghe_observatory::migrations());
    all.extend(xinghe_exports::migrations());
    all.extend(xinghe_messages::migrations());
    all
}

impl Community {
    /// Opens everything; nothing runs yet.
    ///
    /// # Errors
    /// The database or the index cannot be opened, or a model is set up wrongly.
    pub async fn open(settings: Settings) -> anyhow::Result<Self> {
        let store = open_store(&settings).await?;
        let handle = telemetry::metrics()?;
        Self::over(settings, store, move || handle.render())
    }

    /// As [`Community::open`], where there is one already: a mistyped folder does not become an empty community.
    ///
    /// # Errors
    /// As of [`Community::open`], and there is none.
    pub async fn open_existing(settings: Settings) -> anyhow::Result<Self> {
        let there = look(&settings).await.map_err(|error| {
            let none = is_absent(&error);
            let error = anyhow::Error::from(error);
            if none {
                error.context(format!(
                    "there is no community in {}; name its folder with --data-dir, or begin one with `xinghe serve` or `xinghe import`",
                    settings.data_dir.display()
                ))
            } else {
                error.context(format!("the database {} cannot be opened", connection(&settings).shown()))
            }
        })?;
        there.close().await?;
        Self::open(settings).await
    }

    /// Everything over a database that is open and up to date. `metrics` renders what the process measured.
    ///
    /// # Errors
    /// The index cannot be opened, or a model is set up wrongly.
    pub fn over(
        settings: Settings,
        store: Store,
        metrics: impl Fn() -> String + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let (embedder, state) = models::embedder(&settings)?;
        let accounts = match mailer(&settings)? {
            Some(mailer) => Accounts::new(store.clone()).with_mailer(mailer, &settings.public_url()),
            None => Accounts::new(store.clone()),
        };
        let accounts =
            accounts.with_sites(sites(&settings)?, &settings.public_url(), &agent()).with_page_reader(page_reader());
        let authors: Arc<dyn Authors> = Arc::new(accounts.clone());
        let posts = Arc::new(PostsPort::new(store.clone(), authors.clone()));
        let reading: Arc<dyn Posts> = posts.clone();
        let reactions = Reactions::new(store.clone(), reading.clone(), authors.clone());
        let stop = CancellationToken::new();
        let messages = Messages::new(store.clone(), authors.clone(), Arc::new(reactions.clone()), stop.clone());
        let moderation =
            Moderation::new(store.clone(), reading.clone(), authors.clone()).with_messages(Arc::new(messages.clone()));
        let moderation = moderation.at(&settings.public_url());
        let uses: Vec<Arc<dyn PictureUse>> =
            vec![posts.clone(), Arc::new(accounts.clone()), Arc::new(messages.clone())];
        let pictures = Pictures::new(store.clone(), uses, picture_limits(&settings));
        let copies = copies(&settings, pictures.clone(), reading.clone());
        let folder = settings.data_dir.join("search");
        let search = Search::open(&folder, store.clone(), reading.clone(), authors.clone(), embedder.clone())?;
        let ledger = Arc::new(Ledger::new(store.clone(), settings.ai.budget.clone()));
        let chat = models::chat(&settings, ledger.clone())?;
        let twins = Arc::new(Twins::new(Deps {
            store: store.clone(),
            retrieve: Arc::new(search.clone()) as Arc<dyn Retrieve>,
            posts: reading.clone(),
            authors: authors.clone(),
            embedder: embedder.clone() as Option<Arc<dyn Embed>>,
            chat,
            answers: posts.clone() as Arc<dyn TwinAnswers>,
            questions: posts.clone(),
            standing: Arc::new(moderation.clone()) as Arc<dyn Standing>,
            wait_minutes: settings.twins_wait_minutes,
        }));
        let token = settings.metrics_token.as_ref().map(|t| t.reveal().to_owned());
        let notifications = Notifications::new(store.clone(), reading, authors.clone(), stop.clone());
        let observed = ObservatoryDeps {
            store: store.clone(),
            authors: authors.clone(),
            ledger,
            models: models::told(&settings, &state),
            index: Arc::new(Gauge(search.clone())),
            stop: stop.clone(),
        };
        let observatory = Arc::new(Observatory::new(observed, metrics, token));
        let step_up = Arc::new(accounts.clone());
        let url = settings.public_url();
        let exports = Exports::new(store.clone(), authors.clone(), step_up, &url, stop.clone());
        let features: Vec<Arc<dyn Feature>> = vec![
            Arc::new(AccountsFeature::new(accounts.clone())),
            Arc::new(
                PostsFeature::new(store.clone(), authors.clone())
                    .with_reactions(Arc::new(reactions.clone()))
                    .with_standing(Arc::new(moderation.clone()))
                    .with_copies(Arc::new(copies.clone())),
            ),
            Arc::new(ReactionsFeature::new(reactions.clone())),
            Arc::new(ModerationFeature::new(moderation.clone())),
            Arc::new(MediaFeature::new(pictures.clone()).with_copies(copies)),
            Arc::new(MessagesFeature::new(messages.clone())),
            Arc::new(NotificationsFeature::new(notifications)),
            Arc::new(search.clone()),
            twins.clone(),
            Arc::new(Navigation),
            observatory.clone(),
            Arc::new(ExportsFeature::new(exports.clone())),
        ];
        exports.attend(features.iter().filter_map(|f| f.portable()).collect());
        let following: Vec<_> = features.iter().flat_map(|f| f.readers()).collect();
        let local = features.iter().flat_map(|f| f.local_readers()).collect();
        let readers = Readers::new(store.clone(), following, local);
        observatory.attend(readers.clone(), features.iter().flat_map(|f| f.schedules()).collect());
        let readiness = Readiness::new(store.clone()).writing_to(settings.data_dir.clone());
        let embedder = state;
        Ok(Self {
            settings,
            store,
            accounts,
            posts,
            reactions,
            moderation,
            messages,
            pictures,
            search,
            twins,
            exports,
            embedder,
            features,
            stop,
            readers,
            readiness,
        })
    }

    /// The readers of all features: always the same ones, which remember how they stand.
    pub fn readers(&self) -> Readers {
        self.readers.clone()
    }

    /// The workers for the jobs of all features.
    pub fn workers(&self) -> Workers {
        let jobs = self.features.iter().flat_map(|f| f.jobs()).collect();
        let schedules = self.features.iter().flat_map(|f| f.schedules()).collect();
        Workers::new(self.store.clone(), jobs, schedules)
    }

    /// The pages and the API.
    ///
    /// # Errors
    /// Texts cannot be read, or two features claim one route.
    pub fn shell(&self) -> anyhow::Result<Shell> {
        let item = |name, href, key, dock| NavItem { name, href, key, dock };
        let web = WebSettings {
            dev: self.settings.development,
            trusted_proxies: self.settings.trusted_proxies.clone(),
            nav: vec![
                item("home", "/", "app-nav-home", true),
                item("articles", "/articles", "app-nav-articles", false),
                item("questions", "/questions", "app-nav-questions", true),
                item("projects", "/projects", "app-nav-projects", false),
                item("twins", "/twins", "app-nav-twins", true),
                item("ask", "/ask", "app-nav-ask", true),
            ],
            readiness: Some(self.readiness.clone()),
            changes: Some(self.store.changes()),
            standing: Some(Standings(Arc::new(self.moderation.clone()))),
            ..WebSettings::new(self.settings.public_url())
        };
        let (clock, random) = (self.store.clock().clone(), self.store.random().clone());
        Ok(xinghe_web::shell::build(&self.features, web, Arc::new(self.accounts.clone()), clock, random)?)
    }

    /// Where imports go.
    pub fn import_ports(&self) -> importer::Ports {
        importer::Ports {
            authors: Arc::new(self.accounts.clone()),
            intake: self.posts.clone(),
            posts: Some(self.posts.clone()),
            pictures: Some(Arc::new(self.pictures.clone())),
            clock: self.store.clock().clone(),
        }
    }

    /// What an import needs from outside.
    pub fn reach(&self, allow_private: bool) -> importer::Reach {
        reach(self.settings.data_dir.join("scratch"), allow_private)
    }
}

/// What members may add.
pub fn picture_limits(settings: &Settings) -> PictureLimits {
    let s = &settings.pictures;
    PictureLimits {
        file: usize::try_from(s.file_mb).unwrap_or(usize::MAX >> 20).min(usize::MAX >> 20) << 20,
        pixels: u64::from(s.megapixels) * 1_000_000,
        per_day: s.per_day,
        total: u64::from(s.total_mb) << 20,
    }
}

/// Who carries mails, if anybody.
fn mailer(settings: &Settings) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let Some(url) = settings.smtp_url.as_ref().filter(|u| !u.is_empty()) else { return Ok(None) };
    let from = settings.mail_from.as_deref().context("smtp_url is set but mail_from is not: from whom are mails?")?;
    Ok(Some(Arc::new(Smtp::new(url.reveal(), from)?)))
}

/// What an import needs from outside; `scratch` is where it may write while it reads.
pub fn reach(scratch: PathBuf, allow_private: bool) -> importer::Reach {
    let reachable = if allow_private { xinghe_net::Reachable::any() } else { xinghe_net::Reachable::public() };
    importer::Reach {
        fetcher: xinghe_net::Fetcher::new(reachable, xinghe_net::Limits::default(), agent()),
        scratch,
        limits: importer::Limits::default(),
        crates: Some(importer::source::crates::names_in_lock(LOCK)),
        cargo_home: None,
    }
}
