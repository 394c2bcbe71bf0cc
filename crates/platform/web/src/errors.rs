//! What can go wrong for whoever asks, as a friendly page or as problem+json (RFC 9457).
//!
//! A handler returns [`AppError`]; it says only what happened. The shell's layer around it knows the reader's language
//! and whether a page or the API was asked, and writes the answer.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use xinghe_core::ports::PortError;
use xinghe_store::StoreError;

use crate::texts::Texts;

/// A sentence for the reader: the key of a text and what fills its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    key: &'static str,
    args: Vec<(&'static str, String)>,
}

impl Said {
    /// The text with this key.
    pub const fn new(key: &'static str) -> Self {
        Self { key, args: Vec::new() }
    }

    /// Fills a place of the text.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The key.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The sentence in the language of these texts.
    pub fn in_words(&self, t: &Texts) -> String {
        let args: Vec<_> = self.args.iter().map(|(n, v)| (*n, v.as_str().into())).collect();
        t.f(self.key, &args)
    }
}

impl From<&'static str> for Said {
    fn from(key: &'static str) -> Self {
        Self::new(key)
    }
}

/// What is wrong with one field of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name; of a nested one with dots: `tags.2`.
    pub field: Cow<'static, str>,
    /// What is wrong and what to do.
    pub said: Said,
}

impl FieldError {
    /// An error of a field.
    pub fn new(field: impl Into<Cow<'static, str>>, said: impl Into<Said>) -> Self {
        Self { field: field.into(), said: said.into() }
    }

    /// Fills a place of the text.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.said = self.said.with(name, value);
        self
    }
}

/// The errors of a form, for showing each beside its field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(Cow<'static, str>, String)>);

impl FieldErrors {
    /// The errors in the language of these texts.
    pub fn new(errors: &[FieldError], t: &Texts) -> Self {
        Self(errors.iter().map(|e| (e.field.clone(), e.said.in_words(t))).collect())
    }

    /// What is wrong with a field, or nothing.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(f, _)| f == field).map_or("", |(_, text)| text)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them: field and sentence.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(f, t)| (f.as_ref(), t.as_str()))
    }
}

/// What broke, kept for the log.
pub type Source = Arc<dyn StdError + Send + Sync>;

/// Why a request is not answered as wished.
#[derive(Debug, Clone)]
pub enum AppError {
    /// There is no such thing, or the viewer may not know of it.
    NotFound,
    /// It was there and was taken away.
    Gone,
    /// The viewer may not do that.
    Forbidden,
    /// Nobody may do that in this way; the sentence says how.
    Refused(Said),
    /// The viewer has to sign in first.
    SignIn,
    /// The request cannot be understood; the sentence says what to send instead.
    BadRequest(Said),
    /// The state does not allow it (any more).
    Conflict(Said),
    /// What is to be changed was changed by somebody else meanwhile.
    Stale(Said),
    /// A change must say what it builds upon.
    PreconditionRequired(Said),
    /// Some fields are wrong.
    Invalid(Vec<FieldError>),
    /// The body is larger than allowed, in bytes.
    TooLarge(usize),
    /// Too many requests.
    TooMany {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The request took too long.
    Timeout,
    /// Something this needs is not there at the moment.
    Unavailable(Source),
    /// Something broke.
    Internal(Source),
}

impl AppError {
    /// Something broke.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(source.into()))
    }

    /// Something is not there at the moment; a later try may succeed.
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(source.into()))
    }

    /// The request cannot be understood.
    pub fn bad(said: impl Into<Said>) -> Self {
        Self::BadRequest(said.into())
    }

    /// The state does not allow it.
    pub fn conflict(said: impl Into<Said>) -> Self {
        Self::Conflict(said.into())
    }

    /// One field is wrong.
    pub fn field(field: impl Into<Cow<'static, str>>, said: impl Into<Said>) -> Self {
        Self::Invalid(vec![FieldError::new(field, said)])
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Forbidden | Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Stale(_) => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired(_) => StatusCode::PRECONDITION_REQUIRED,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The word in the problem's type address.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Gone => "gone",
            Self::Forbidden => "forbidden",
            Self::Refused(_) => "refused",
            Self::SignIn => "sign-in",
            Self::BadRequest(_) => "bad-request",
            Self::Conflict(_) => "conflict",
            Self::Stale(_) => "stale",
            Self::PreconditionRequired(_) => "precondition-required",
            Self::Invalid(_) => "invalid",
            Self::TooLarge(_) => "too-large",
            Self::TooMany { .. } => "too-many",
            Self::Timeout => "timeout",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// The short title in the reader's language.
    pub fn title(&self, t: &Texts) -> String {
        t.s(match self {
            Self::NotFound => "web-error-not-found",
            Self::Gone => "web-error-gone",
            Self::Forbidden | Self::Refused(_) => "web-error-forbidden",
            Self::SignIn => "web-error-sign-in",
            Self::BadRequest(_) | Self::PreconditionRequired(_) => "web-error-bad-request",
            Self::Conflict(_) | Self::Stale(_) => "web-error-conflict",
            Self::Invalid(_) => "web-error-invalid",
            Self::TooLarge(_) => "web-error-too-large",
            Self::TooMany { .. } => "web-error-too-many",
            Self::Timeout => "web-error-timeout",
            Self::Unavailable(_) => "web-error-unavailable",
            Self::Internal(_) => "web-error-internal",
        })
        .into_owned()
    }

    /// What to do about it, in the reader's language.
    pub fn detail(&self, t: &Texts) -> String {
        match self {
            Self::NotFound => t.s("web-error-not-found-detail").into_owned(),
            Self::Gone => t.s("web-error-gone-detail").into_owned(),
            Self::Forbidden => t.s("web-error-forbidden-detail").into_owned(),
            Self::SignIn => t.s("web-error-sign-in-detail").into_owned(),
            Self::BadRequest(said)
            | Self::Conflict(said)
            | Self::Refused(said)
            | Self::Stale(said)
            | Self::PreconditionRequired(said) => said.in_words(t),
            Self::Invalid(_) => t.s("web-error-invalid-detail").into_owned(),
            Self::TooLarge(max) => t.f("web-error-too-large-detail", &[("kib", (max / 1024).into())]),
            Self::TooMany { retry_after } => t.f("web-error-too-many-detail", &[("seconds", (*retry_after).into())]),
            Self::Timeout => t.s("web-error-timeout-detail").into_owned(),
            Self::Unavailable(_) => t.s("web-error-unavailable-detail").into_owned(),
            Self::Internal(_) => t.s("web-error-internal-detail").into_owned(),
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest(said)
            | Self::Conflict(said)
            | Self::Refused(said)
            | Self::Stale(said)
            | Self::PreconditionRequired(said) => write!(f, "{}: {}", self.slug(), said.key()),
            Self::Invalid(errors) => {
                let fields: Vec<_> = errors.iter().map(|e| format!("{} ({})", e.field, e.said.key())).collect();
                write!(f, "invalid: {}", fields.join(", "))
            }
            Self::Unavailable(source) | Self::Internal(source) => write!(f, "{}: {source}", self.slug()),
            other => f.write_str(other.slug()),
        }
    }
}

impl StdError for AppError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unavailable(source) | Self::Internal(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() { Self::unavailable(error) } else { Self::internal(error) }
    }
}

impl From<PortError> for AppError {
    fn from(error: PortError) -> Self {
        let transient = error.downcast_ref::<StoreError>().is_some_and(StoreError::is_transient);
        if transient { Self::unavailable(error) } else { Self::internal(error) }
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for AppError {
    /// The bare status with the error beside it; the shell's layer writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What a page's handler returns.
pub type PageResult = Result<Response, AppError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_gone_behind_a_port_is_unavailable() {
        let gone = |error: StoreError| AppError::from(PortError::new(error)).status();
        assert_eq!(gone(StoreError::Busy(30)), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(gone(StoreError::Value("odd".into())), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
