//! The shell of every page and of the API: layout, slots, sessions, language, errors, forms, Markdown, components.
//!
//! It knows no feature. A feature is a value of [`Feature`]; [`shell::build`] turns a list of them into one router in
//! which every request passes the same edge: request id, session, language, CSRF check, rate limit, permission, time
//! limit, security headers.
//!
//! | module | holds |
//! |---|---|
//! | [`feature`] | what a feature contributes |
//! | [`routes`] | routes as data, with who may call them and how often |
//! | [`viewer`] | who is asking |
//! | [`page`] | the context of a request and the page around a template |
//! | [`feed`] | feeds in three formats |
//! | [`refs`] | posts and authors as the API names them |
//! | [`slots`] | named places on a page |
//! | [`command`] | why commands of features are not carried out |
//! | [`errors`] | errors as friendly pages and as problem+json |
//! | [`texts`] | texts in three languages |
//! | [`markdown`] | Markdown to safe HTML |
//! | [`api`] | JSON in and out, the description of the API |
//! | [`shell`] | puts all of it together |
//!
//! Templates of features find the components when the feature's `askama.toml` says
//! `dirs = ["templates", "../../platform/web/templates"]`; paths are relative to the crate's folder, the first that
//! holds a file wins.

extern crate self as xinghe_web;

pub mod api;
mod assets;
pub mod command;
mod design;
mod docs;
mod drain;
pub mod errors;
pub mod feature;
pub mod feed;
mod fields;
pub mod html;
mod layers;
pub mod markdown;
pub mod numbers;
pub mod page;
pub mod ready;
pub mod refs;
pub mod routes;
mod scopes;
pub mod settings;
pub mod shell;
pub mod slots;
pub mod system;
pub mod texts;
pub mod ui;
pub mod viewer;

pub use api::{ApiJson, ApiQuery, Limit};
pub use command::{CommandError, Refuses};
pub use drain::Drain;
pub use errors::{AppError, FieldError, FieldErrors, PageResult, Said};
pub use feature::Feature;
pub use html::Html;
pub use page::{Card, Page, PageContext};
pub use ready::{Gate, Readiness};
pub use routes::{Need, RateClass, RouteInfo, Routes};
pub use scopes::{Scope, Scopes};
pub use settings::{NavItem, RateLimits, Standings, WebSettings};
pub use shell::Shell;
pub use slots::{BatchRequest, SlotEntry, SlotPost, SlotRequest, Subject};
pub use texts::Texts;
pub use viewer::{Liking, Member, Role, SessionCookie, Sessions, Theme, Viewer};
