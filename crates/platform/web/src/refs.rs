//! Posts and authors as the API names them, the same wherever one is named; ids and places as addresses do.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xinghe_core::{AuthorCard, PostId, PostKind, PostView};

use crate::errors::AppError;

/// The id in an address.
///
/// # Errors
/// [`AppError::NotFound`]: it is none.
pub fn id<T: FromStr>(part: &str) -> Result<T, AppError> {
    part.parse().map_err(|_| AppError::NotFound)
}

/// The place in a list that an address names; empty is its beginning.
///
/// # Errors
/// It is none: a 400 with the way back to the list.
pub fn place<T: FromStr>(given: &str) -> Result<Option<T>, AppError> {
    if given.is_empty() {
        return Ok(None);
    }
    given.parse().map(Some).map_err(|_| AppError::bad("web-error-cursor"))
}

/// An author as the API names one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuthorRef {
    /// The name to show.
    pub name: String,
    /// The unique name in addresses.
    pub handle: String,
    /// The address of the author's page.
    pub url: String,
}

impl From<&AuthorCard> for AuthorRef {
    fn from(card: &AuthorCard) -> Self {
        Self { name: card.name.clone(), handle: card.handle.clone(), url: card.url() }
    }
}

/// A post as the API names one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostRef {
    /// The post.
    #[schema(value_type = String)]
    pub id: PostId,
    /// The address of its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    #[schema(value_type = String)]
    pub kind: PostKind,
    /// Its language, a BCP 47 tag.
    pub language: String,
    /// Its first author; `null` where the author's account was erased.
    pub author: Option<AuthorRef>,
}

impl PostRef {
    /// Names a post and its author.
    pub fn new(post: &PostView, author: Option<&AuthorCard>) -> Self {
        Self {
            id: post.id,
            url: post.url(),
            title: post.title.clone(),
            kind: post.kind,
            language: post.language.to_string(),
            author: author.map(AuthorRef::from),
        }
    }
}

/// A text for a part of an address: all but ASCII letters and digits is escaped, the hyphen too, which means
/// something in a text fragment.
pub fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_could_mean_something_is_escaped() {
        assert_eq!(percent("a-b, c&中"), "a%2Db%2C%20c%26%E4%B8%AD");
    }
}
