//! Packing: files into one zip, with the description of all of them.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use xinghe_core::portable::{Described, FORM, MANIFEST, Portable, Sink};
use xinghe_core::ports::{PortError, PortResult};
use xinghe_core::{AuthorCard, Timestamp};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// An archive on its way, in a file without a name: what one person wrote is small, but pictures are not.
pub(crate) struct Packer {
    zip: ZipWriter<File>,
    site: String,
    /// The folder in which everything lies.
    top: String,
    at: DateTime,
    seen: HashSet<String>,
}

impl Packer {
    /// An empty one.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub(crate) fn new(site: &str, member: &AuthorCard, now: Timestamp) -> PortResult<Self> {
        let d = now.to_datetime();
        let year = u16::try_from(d.year()).unwrap_or(1980);
        let at = DateTime::from_date_and_time(year, d.month().into(), d.day(), d.hour(), d.minute(), d.second());
        Ok(Self {
            zip: ZipWriter::new(tempfile::tempfile().map_err(PortError::new)?),
            site: site.trim_end_matches('/').to_owned(),
            top: format!("xinghe-{}", member.handle),
            at: at.unwrap_or_default(),
            seen: HashSet::new(),
        })
    }

    /// How many files are in it.
    pub(crate) fn files(&self) -> usize {
        self.seen.len()
    }

    /// Adds what describes the rest, and closes it.
    pub(crate) async fn finish(
        mut self,
        member: &AuthorCard,
        parts: &[Arc<dyn Portable>],
        now: Timestamp,
    ) -> PortResult<(File, usize)> {
        let described: Vec<Described> = parts.iter().flat_map(|p| p.files()).copied().collect();
        let readme = readme(&self.site, member, &described, now);
        self.file("README.md", readme.as_bytes()).await?;
        let manifest = json!({
            "xinghe": FORM,
            "site": self.site,
            "member": { "id": member.id, "handle": member.handle, "name": member.name },
            "made_at": now,
        });
        self.json(MANIFEST, &manifest).await?;
        let files = self.files();
        Ok((self.zip.finish().map_err(PortError::new)?, files))
    }
}

/// Whether a path stays below the top and is one that every system can write.
fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 200
        && path.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
}

#[async_trait]
impl Sink for Packer {
    fn site(&self) -> &str {
        &self.site
    }

    async fn file(&mut self, path: &str, bytes: &[u8]) -> PortResult<()> {
        if !is_plain(path) {
            return Err(PortError::new(format!("{path:?} is no path of an archive")));
        }
        if !self.seen.insert(path.to_owned()) {
            return Err(PortError::new(format!("{path:?} is in the archive already")));
        }
        // Pictures are as small as they get.
        let packed = path.ends_with(".webp") || path.ends_with(".jpg");
        let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default().compression_method(method);
        let options = options.last_modified_time(self.at).unix_permissions(0o600);
        self.zip.start_file(format!("{}/{path}", self.top), options).map_err(PortError::new)?;
        self.zip.write_all(bytes).map_err(PortError::new)
    }
}

/// What stands at the top of an archive, for whoever opens it.
fn readme(site: &str, member: &AuthorCard, described: &[Described], now: Timestamp) -> String {
    let (handle, at) = (&member.handle, now.rfc3339());
    let mut text = format!(
        "# @{handle} · {site}\n\n\
         Everything that @{handle} has at {site}, as of {at}. Posts, answers, comments and drafts are Markdown with \
         front matter (YAML); the rest is JSON, UTF-8. Moments are RFC 3339 in UTC, ids are decimal text.\n\n\
         `xinghe import` reads this archive back, into this or another community: posts with their dates, tags, \
         languages and licences, and replies to them that are in here, too. Replies to what others wrote, drafts, and what was \
         deleted or hidden are in here to be read, and are not imported. Only the current text of each post is in here.\n\n\
         这里是 @{handle} 截至 {at} 在 {site} 的全部内容。文章、回答、评论和草稿是带头信息（YAML）的 Markdown，其余是 \
         UTF-8 的 JSON；时间是 UTC 的 RFC 3339，编号是十进制文本。\n\n\
         `xinghe import` 可以把它导回本社区或另一个社区：文章连同日期、标签、语言和许可，以及其中文章下自己的回复。回复他人的内容、\
         草稿、已删除或被隐藏的内容只供查看，不会导入。每篇只含当前的文本。\n\n\
         | | | |\n|---|---|---|\n"
    );
    for file in described {
        text.push_str(&format!("| `{}` | {} | {} |\n", file.path, file.en, file.zh));
    }
    text.push_str(&format!(
        "| `{MANIFEST}` | `xinghe`: the form of the archive, {FORM}; `site`, `member`, `made_at` | 归档格式的版本号、社区地址、成员、时间 |\n\n\
         ## Front matter · 头信息\n\n\
         | | | |\n|---|---|---|\n\
         | `xinghe` | the form, {FORM} | 格式版本 |\n\
         | `id`, `url` | its id and address here | 编号与在本社区的地址 |\n\
         | `kind` | article, question, answer, comment, moment, news, project, creation, book | 类型 |\n\
         | `title`, `date`, `updated`, `tags`, `lang`, `license` | as on its page | 与页面一致 |\n\
         | `canonical`, `original` | where it first appeared; of a translation, where the original is | 首发地址；译文的原文地址 |\n\
         | `authors`, `translators`, `reviewers`, `editors`, `twins` | who took part, `name` and `url` | 参与者 |\n\
         | `provenance` | human, ai_assisted, ai | 是否由 AI 写成 |\n\
         | `parent`, `accepted` | of a reply: the file it replies to, or its address; whether it is the accepted answer | 所回复的文件或地址；是否被采纳 |\n\
         | `state` | visible, deleted, hidden | 可见、已删除、被隐藏 |\n\
         | `facts`, `sources`, `quote` | of a project, a news story, a moment | 项目、资讯、动弹的附加信息 |\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_go_in() {
        for good in ["README.md", "articles/2026-01-02-a_b-7.md", "a/b/c.json"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "/a", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "文.md", "a\\b", "a/"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
