//! What was typed into a form that is not taken now: it is given back, so that nobody types it twice.

use axum::Form;
use axum::extract::{FromRequest, Request};
use http::{Method, header};

use crate::layers::csrf;
use crate::page::PageContext;

/// A form as it was sent, without what nobody may read over a shoulder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typed {
    /// The fields in order.
    pub(crate) fields: Vec<Field>,
    /// Whether all of it is here, so that it can be sent again as it is.
    pub(crate) whole: bool,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) look: Look,
}

/// How a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Not at all: what the page itself put into the form, or a choice.
    Hidden,
    /// As a line.
    Line,
    /// As a text.
    Text,
}

/// Fields whose values are never written to a page.
const SECRET: &[&str] = &["password", "old", "new", "code", "token", "secret", "recovery", "key"];

/// Whether a field's value is never written to a page.
fn secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.contains(&name.as_str()) || ["password", "secret", "token"].iter().any(|part| name.contains(part))
}

fn look(value: &str) -> Look {
    if value.contains('\n') || value.chars().count() > 120 {
        Look::Text
    } else if value.contains(char::is_whitespace) || !value.is_ascii() || value.len() > 40 {
        Look::Line
    } else {
        Look::Hidden
    }
}

impl Typed {
    /// The fields of a form; `None` if nothing in it is worth giving back.
    fn of(pairs: Vec<(String, String)>) -> Option<Self> {
        let all = pairs.len();
        let field = |(name, value): (String, String)| Field { look: look(&value), name, value };
        let fields: Vec<Field> = pairs.into_iter().filter(|(name, _)| !secret(name)).map(field).collect();
        let whole = fields.len() == all;
        fields.iter().any(|f| f.look != Look::Hidden).then_some(Self { fields, whole })
    }

    /// The form in a request that a page of this site sent.
    pub(crate) async fn read(request: Request, ctx: &PageContext) -> Option<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE)?.as_bytes();
        let form = kind.starts_with(b"application/x-www-form-urlencoded");
        if ctx.api || request.method() != Method::POST || !form || csrf::check(&request, ctx).is_err() {
            return None;
        }
        let reading = Form::<Vec<(String, String)>>::from_request(request, &());
        let Form(pairs) = tokio::time::timeout(ctx.settings().timeout, reading).await.ok()?.ok()?;
        Self::of(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Option<Typed> {
        Typed::of(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn texts_are_given_back_and_passwords_never() {
        let post = typed(&[("title", "A title"), ("body", "one\ntwo"), ("revision", "17")]).expect("a form");
        assert!(post.whole);
        assert_eq!(post.fields.iter().map(|f| f.look).collect::<Vec<_>>(), [Look::Line, Look::Text, Look::Hidden]);
        let names = ["password", "old", "new", "code", "token", "new_password", "Client-Secret"];
        for name in names {
            let form = typed(&[("name", "Li Lei"), (name, "correct horse battery")]).expect("a form");
            assert!(!form.whole && form.fields.iter().all(|f| f.name == "name"), "{name}");
        }
        assert_eq!(typed(&[("post", "17"), ("value", "1")]), None, "a press of a button is not worth it");
    }
}
