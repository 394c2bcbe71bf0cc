//! What a member takes along: an archive of all that is theirs, to which each feature writes its part.
//!
//! Texts are Markdown with front matter, which `xinghe import` reads back; everything else is JSON. A feature describes
//! the files that it writes ([`Portable::files`]), and the descriptions of all of them stand in the archive.

use async_trait::async_trait;
use serde_json::Value;

use crate::id::AuthorId;
use crate::ports::{PortError, PortResult};

/// The key of front matter that says that a page is one of an archive, and the number of its form.
pub const FORM_KEY: &str = "xinghe";
/// The form that is written; this one and older ones are read.
pub const FORM: i64 = 1;
/// The file at the top of an archive that says where it comes from.
pub const MANIFEST: &str = "xinghe.json";

/// What is said of some files of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Their path, with `*` for what differs.
    pub path: &'static str,
    /// What stands in them, in English.
    pub en: &'static str,
    /// The same in Simplified Chinese.
    pub zh: &'static str,
}

/// An archive being written.
#[async_trait]
pub trait Sink: Send {
    /// The public address of this community, without a slash at its end.
    fn site(&self) -> &str;

    /// Adds a file at a path below the top, `/` between its parts; each path once.
    async fn file(&mut self, path: &str, bytes: &[u8]) -> PortResult<()>;

    /// Adds a file of JSON, indented for people to read.
    async fn json(&mut self, path: &str, value: &Value) -> PortResult<()> {
        let mut bytes = serde_json::to_vec_pretty(value).map_err(PortError::new)?;
        bytes.push(b'\n');
        self.file(path, &bytes).await
    }
}

/// Writes what a feature keeps of a member. Implemented by each feature that keeps something.
#[async_trait]
pub trait Portable: Send + Sync {
    /// The files that it writes.
    fn files(&self) -> &'static [Described];

    /// Writes all that this feature keeps of the member: secrets (hashes of passwords and tokens) and what others
    /// wrote about the member in confidence excepted.
    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()>;
}
