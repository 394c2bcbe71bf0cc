//! What a text links to, in a form in which links to the same post are the same.

use xinghe_core::content::{PostKind, PostView};
use xinghe_core::id::PostId;

use super::{id_of_address, story_key};

/// Most links of one text that count: more would be a list, not a text.
pub const CITES_MAX: usize = 300;

/// The targets of a text's links, each once.
pub fn cited(body: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for link in xinghe_web::markdown::links(body) {
        if let Some(target) = target(&link)
            && !found.contains(&target)
        {
            found.push(target);
        }
        if found.len() == CITES_MAX {
            break;
        }
    }
    found
}

/// The target of a link: a post of this community where it is written without a host, else the address without what
/// does not matter. `None` for what is no address of a page.
fn target(link: &str) -> Option<String> {
    if link.starts_with('/') && !link.starts_with("//") {
        return post_in(link, link);
    }
    let url = url::Url::parse(link).ok()?;
    let key = story_key(link)?;
    // Whether the host is this community's is known only where the target is looked up.
    let host = key.split('/').next().unwrap_or_default();
    Some(post_in(url.path(), link).map_or_else(|| key.clone(), |path| format!("{host}{path}")))
}

/// The path of the post that a path names; a fragment that names a reply leads to that.
fn post_in(path: &str, link: &str) -> Option<String> {
    let reply = link.split_once("#post-").and_then(|(_, id)| id.parse::<PostId>().ok());
    let part = path.strip_prefix("/posts/")?.split(['/', '?', '#']).next()?;
    let id = id_of_address(part.strip_suffix(".md").unwrap_or(part))?;
    Some(format!("/posts/{}", reply.unwrap_or(id)))
}

/// The targets that mean a post: its place here, on `public` (this community's address), and where it first appeared.
/// The source of news is not the news.
pub fn targets_of(post: &PostView, public: &str) -> Vec<String> {
    let own = format!("/posts/{}", post.id);
    let whole = story_key(&format!("{}{own}", public.trim_end_matches('/')));
    let source = post.source_url.as_deref().filter(|_| post.kind != PostKind::News).and_then(story_key);
    [Some(own), whole, source].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_the_same_post_are_the_same() {
        let text = "[a](/posts/7) [b](/posts/7-b?x=1#part) /posts/8 `/posts/9`\n\n[r](/posts/7-b#post-12) \
                    <https://www.x.example/posts/7-b> https://x.example/posts/7.md \
                    [s](https://blog.example/a/?utm_source=y) [m](mailto:a@b.example) [d](//x.example/posts/7) \
                    [c](/tags/rust) [bad](/posts/none)";
        let found = cited(text);
        assert_eq!(found, ["/posts/7", "/posts/12", "x.example/posts/7", "blog.example/a"]);
    }
}
