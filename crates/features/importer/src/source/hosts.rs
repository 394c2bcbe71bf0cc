//! Code hosts: where a repository's files can be read and downloaded.

use url::Url;

/// The public addresses of a repository's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHost {
    /// The repository's page.
    pub web: String,
    /// Below it, a file's page.
    pub browse: String,
    /// Below it, a file's bytes.
    pub raw: String,
}

impl CodeHost {
    /// From a git address: `https://github.com/o/r.git`, `git@gitee.com:o/r.git`. `None` for hosts whose addresses are
    /// not known.
    pub fn of(address: &str) -> Option<Self> {
        let (host, owner, name) = parts(address)?;
        let web = format!("https://{host}/{owner}/{name}");
        let (browse, raw) = match host.as_str() {
            "github.com" => {
                (format!("{web}/blob/HEAD/"), format!("https://raw.githubusercontent.com/{owner}/{name}/HEAD/"))
            }
            "gitee.com" | "gitcode.com" => (format!("{web}/blob/master/"), format!("{web}/raw/master/")),
            "codeberg.org" => (format!("{web}/src/HEAD/"), format!("{web}/raw/HEAD/")),
            h if h == "gitlab.com" || h.starts_with("gitlab.") => {
                (format!("{web}/-/blob/HEAD/"), format!("{web}/-/raw/HEAD/"))
            }
            _ => return None,
        };
        Some(Self { web, browse, raw })
    }
}

/// Host, owner and name of a repository's address.
pub fn parts(address: &str) -> Option<(String, String, String)> {
    let address = address.trim().trim_start_matches("git+");
    let (host, path) = match Url::parse(address) {
        Ok(url) if url.has_host() => (url.host_str()?.to_owned(), url.path().to_owned()),
        _ => {
            let (user_host, path) = address.split_once(':')?;
            (user_host.rsplit('@').next()?.to_owned(), path.to_owned())
        }
    };
    let mut segments = path.split('/').filter(|s| !s.is_empty());
    let (owner, name) = (segments.next()?, segments.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    Some((host.trim_start_matches("www.").to_ascii_lowercase(), owner.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files() {
        let github = CodeHost::of("git@github.com:o/r.git").expect("known");
        assert_eq!(github.raw, "https://raw.githubusercontent.com/o/r/HEAD/");
        assert_eq!(
            CodeHost::of("https://www.github.com/o/r/tree/main/x").map(|h| h.web).as_deref(),
            Some("https://github.com/o/r")
        );
        assert_eq!(
            CodeHost::of("https://gitee.com/o/r").map(|h| h.browse).as_deref(),
            Some("https://gitee.com/o/r/blob/master/")
        );
        assert_eq!(CodeHost::of("https://example.org/o/r"), None);
        assert_eq!(CodeHost::of("/home/me/blog"), None);
    }
}
