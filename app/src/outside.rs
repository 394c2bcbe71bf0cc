//! What this program asks of other machines, and what it calls itself there.

use std::sync::Arc;

use xinghe_core::ports::Posts;
use xinghe_media::{Copies, Pictures};

use crate::settings::Settings;

/// Copies of what posts show from other hosts: public ones only.
pub(crate) fn copies(settings: &Settings, pictures: Pictures, posts: Arc<dyn Posts>) -> Copies {
    let s = &settings.pictures;
    let limits = xinghe_net::Limits { bytes: u64::from(s.file_mb) << 20, redirects: 5, seconds: 20 };
    let fetcher = xinghe_net::Fetcher::new(xinghe_net::Reachable::public(), limits, agent());
    Copies::new(pictures, posts, fetcher, u64::from(s.copies_mb) << 20)
}

/// Looks at the pages of authors who are claimed: public ones only, and the first part of each.
pub(crate) fn page_reader() -> xinghe_net::Fetcher {
    let limits = xinghe_net::Limits { bytes: 2_000_000, redirects: 3, seconds: 8 };
    xinghe_net::Fetcher::new(xinghe_net::Reachable::public(), limits, agent())
}

/// What it calls itself.
pub(crate) fn agent() -> String {
    format!("xinghe/{}", env!("CARGO_PKG_VERSION"))
}
