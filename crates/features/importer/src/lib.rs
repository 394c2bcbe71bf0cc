//! Import of real writing: a path or an address becomes posts.
//!
//! A source (a folder, a git repository, an archive, a feed, the local cargo registry) is read into a [`Plan`] of drafts
//! without writing anything; a plan is then shown (dry run) or taken in batches through the ports of `xinghe-core`.
//! What it promises: the same source twice changes nothing; a broken file is reported and never stops the rest; a
//! file that vanished is reported and its post stays; a text that looks like markup from elsewhere is only ever data.
//!
//! | module | does |
//! |---|---|
//! | [`page`] | one page of text into a draft, with the help of the next five |
//! | [`front_matter`], [`credits`], [`people`], [`dates`], [`markup`] | the parts that a page's facts hide in |
//! | [`layout`] | what a generator's paths and settings mean |
//! | [`links`] | where links and images lead outside their source |
//! | `own` | a page of an archive that a member took along from a community such as this one |
//! | `oddities`, `moved` | what a page says that means nothing; files that were renamed |
//! | [`encoding`], [`html`], [`licence`] | bytes to text, HTML to Markdown, licence texts to names |
//! | [`source`] | where pages come from: folder, git, archive, feed, cargo registry |
//! | [`run`] | takes a plan in batches, or says what it would do |

pub mod credits;
pub mod dates;
pub mod encoding;
mod error;
pub mod front_matter;
pub mod html;
pub mod layout;
pub mod licence;
pub mod links;
pub mod markup;
pub mod model;
mod moved;
mod oddities;
mod own;
pub mod page;
pub mod people;
mod pictures;
pub mod run;
mod settle;
pub mod source;

pub use error::ImportError;

pub use model::{Draft, Left, Moved, Person, Plan, Preview, Report};
pub use run::{How, Ports, Progress, import, take};
pub use source::{Limits, Reach, Source};
