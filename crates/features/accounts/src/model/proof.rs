//! The proof of a claim by the page that the imported work named: a mark on it, or a file beside it.

use std::cell::Cell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;
use xinghe_core::AuthorId;

use crate::store::hash_of;

/// The name of the mark in a page's head.
pub const MARK: &str = "xinghe-claim";
/// The file that proves it for a whole host.
pub const FILE: &str = "/.well-known/xinghe-claim.txt";

/// What somebody puts on a page to claim an author by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageProof {
    /// The page.
    pub page: Url,
    /// The file beside it: only where the page is a host's first one, since a host may have pages of many people.
    pub file: Option<Url>,
    /// What the file holds, or the mark on the page. It is no secret: it names the member, and is of use to nobody else.
    pub token: String,
    /// The member's page here, to which a link with `rel="me"` proves as much.
    pub me: String,
}

impl PageProof {
    /// What proves that an author is a member; `None` where the author has no page on the web.
    pub fn new(public_url: &str, author: AuthorId, url: Option<&str>, member: AuthorId, handle: &str) -> Option<Self> {
        let page = Url::parse(url?).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
        let file = if page.path() == "/" && page.query().is_none() { page.join(FILE).ok() } else { None };
        let hash = hash_of(&format!("claim:{public_url}:{author}:{member}"));
        let token = format!("{MARK}-{}", &hash[..32]);
        Some(Self { page, file, token, me: format!("{public_url}/@{handle}") })
    }

    /// Whether a file proves it: by a line that is the token.
    pub fn in_file(&self, text: &str) -> bool {
        text.lines().any(|line| line.trim() == self.token)
    }

    /// Whether a page proves it: by a mark in its own HTML, or a link with `rel="me"` to the member's page. What readers
    /// write below a page can hold neither; words alone are therefore no proof.
    pub fn on_page(&self, html: &str) -> bool {
        let marks = Marks { proof: self, found: Cell::new(false) };
        let tokenizer = Tokenizer::new(marks, TokenizerOpts::default());
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(html));
        // It stops only where its sink runs scripts; this one does not.
        let _ = tokenizer.feed(&queue);
        tokenizer.end();
        tokenizer.sink.found.get()
    }
}

struct Marks<'a> {
    proof: &'a PageProof,
    found: Cell<bool>,
}

impl TokenSink for Marks<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind != TagKind::StartTag {
            return TokenSinkResult::Continue;
        }
        let value = |name: &str| tag.attrs.iter().find(|a| &*a.name.local == name).map(|a| a.value.trim());
        match &*tag.name {
            "meta" if value("name") == Some(MARK) && value("content") == Some(&self.proof.token) => {
                self.found.set(true);
            }
            "a" | "link" => {
                let me = value("rel").is_some_and(|rel| rel.split_whitespace().any(|w| w.eq_ignore_ascii_case("me")));
                let here = value("href").map(|href| href.trim_end_matches('/'));
                if me && here.is_some_and(|href| href.eq_ignore_ascii_case(&self.proof.me)) {
                    self.found.set(true);
                }
            }
            // What stands in these is text, however much it looks like tags.
            "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => {
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "textarea" | "title" => return TokenSinkResult::RawData(RawKind::Rcdata),
            "plaintext" => return TokenSinkResult::Plaintext,
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(url: &str) -> PageProof {
        let id = AuthorId::from_raw;
        PageProof::new("https://xinghe.test", id(1), Some(url), id(2), "lilei").expect("a page")
    }

    #[test]
    fn only_marks_and_links_of_the_page_itself_prove() {
        let proof = proof("https://example.org/");
        let t = &proof.token;
        for good in [
            format!("<!doctype html><head><META name=\"xinghe-claim\" content=' {t} '>"),
            "<p><a class=x href=https://xinghe.test/@LiLei rel=\"nofollow ME\">me</a>".to_owned(),
            "<link rel=me href='https://xinghe.test/@lilei/'>".to_owned(),
            format!("<script>if (1 < 2) {{}}</script><title>x</title><meta name=xinghe-claim content={t}>"),
        ] {
            assert!(proof.on_page(&good), "{good}");
        }
        for bad in [
            t.clone(),
            format!("&lt;meta name=\"xinghe-claim\" content=\"{t}\"&gt;"),
            format!("<!-- <meta name=xinghe-claim content={t}> -->"),
            format!("<script>let said = '<meta name=xinghe-claim content={t}>'</script>"),
            format!("<textarea><meta name=xinghe-claim content={t}></textarea>"),
            format!("<title><meta name=xinghe-claim content={t}></title>"),
            format!("<p title='<meta name=xinghe-claim content={t}>'>"),
            format!("<meta name=xinghe-claim content={t}0>"),
            format!("<meta name=description content={t}>"),
            "<a href=https://xinghe.test/@lilei rel=nofollow>".to_owned(),
            "<a href=https://xinghe.test/@lilei2 rel=me>".to_owned(),
            "<a href=https://evil.example/@lilei rel=me>".to_owned(),
        ] {
            assert!(!proof.on_page(&bad), "{bad}");
        }
    }

    #[test]
    fn a_file_proves_for_a_whole_host_only_where_the_page_is_its_first() {
        let first = proof("https://example.org");
        let file = first.file.as_ref().map(Url::as_str);
        assert_eq!(file, Some("https://example.org/.well-known/xinghe-claim.txt"));
        assert!(
            first.in_file(&format!("# mine\r\n {}\r\n", first.token)) && !first.in_file(&format!("x{}", first.token))
        );
        assert_eq!(proof("https://example.org/~lilei").file, None);
        assert_eq!(proof("https://example.org/?user=lilei").file, None);
        let id = AuthorId::from_raw;
        assert_eq!(PageProof::new("https://x.test", id(1), Some("mailto:a@b.cn"), id(2), "x"), None);
        assert_eq!(PageProof::new("https://x.test", id(1), None, id(2), "x"), None);
        assert_ne!(
            first.token,
            PageProof::new("https://xinghe.test", id(1), Some("https://example.org"), id(3), "x").expect("one").token,
            "each member has another"
        );
    }
}
