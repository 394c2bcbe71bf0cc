//! JSON in and out, with rejections that say what to do.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors::{AppError, FieldError, Said};
use crate::fields;
use crate::routes::DEFAULT_BODY;

/// A JSON body; what cannot be read becomes a problem that says where.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = AppError;
    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(AppError::bad("web-api-content-type")),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(AppError::TooLarge(DEFAULT_BODY))
            }
            Err(rejection) => Err(AppError::BadRequest(Said::new("web-api-json").with("why", reason(&rejection)))),
        }
    }
}

impl<T: Serialize> IntoResponse for ApiJson<T> {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

/// The query of an address; what cannot be read becomes a problem that says where. In the API, a parameter that there
/// is none of is a mistake, too; pages are linked with all sorts of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = AppError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        if parts.uri.path().starts_with("/api/") {
            known::<T>(&parts.uri)?;
        }
        Query::<T>::try_from_uri(&parts.uri)
            .map(|Query(value)| Self(value))
            .map_err(|e| AppError::BadRequest(Said::new("web-api-query").with("why", reason(&e))))
    }
}

/// Looks whether all parameters of an address are fields of `T`, or `lang`, which every address takes.
fn known<T: DeserializeOwned>(uri: &Uri) -> Result<(), AppError> {
    let (Some(fields), Ok(Query(given))) = (fields::of::<T>(), Query::<Vec<(String, String)>>::try_from_uri(uri))
    else {
        return Ok(());
    };
    match given.iter().find(|(name, _)| name != "lang" && !fields.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => {
            let said = Said::new("web-api-parameter-unknown").with("name", name).with("known", fields.join(", "));
            Err(AppError::BadRequest(said))
        }
    }
}

/// How many entries of a list one may ask for with `limit`: the same rule for all lists of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    usual: usize,
    most: usize,
}

impl Limit {
    /// As many as `usual` unless told, and `most` at most.
    pub const fn new(usual: usize, most: usize) -> Self {
        Self { usual, most }
    }

    /// How many are wanted.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for the field `limit`: fewer than one, or more than there may be.
    pub fn of(self, asked: Option<i64>) -> Result<usize, AppError> {
        let Some(asked) = asked else { return Ok(self.usual) };
        let fault = || FieldError::new("limit", "web-api-limit").with("max", self.most);
        let wanted = usize::try_from(asked).ok().filter(|n| (1..=self.most).contains(n));
        wanted.ok_or_else(|| AppError::Invalid(vec![fault()]))
    }
}

/// The innermost cause, which names field and place.
fn reason(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Sought {
        q: String,
        limit: Option<i64>,
    }

    async fn read(uri: &str) -> Result<Sought, AppError> {
        let (mut parts, ()) = http::Request::get(uri).body(()).expect("a request").into_parts();
        ApiQuery::from_request_parts(&mut parts, &()).await.map(|ApiQuery(query)| query)
    }

    #[tokio::test]
    async fn a_parameter_that_there_is_none_of_is_a_mistake_in_the_api_alone() {
        let sought = read("/api/v1/x?q=a%20b&limit=3&lang=en").await.expect("all are known");
        assert_eq!((sought.q.as_str(), sought.limit), ("a b", Some(3)));
        let wrong = read("/api/v1/x?q=a&l%69mits=3").await.expect_err("one is not");
        let said = Said::new("web-api-parameter-unknown").with("name", "limits").with("known", "q, limit");
        assert!(matches!(wrong, AppError::BadRequest(given) if given == said));
        assert!(read("/x?q=a&utm_source=b").await.is_ok());
    }

    #[test]
    fn a_limit_has_one_rule() {
        let limit = Limit::new(30, 100);
        assert_eq!(limit.of(None).ok(), Some(30));
        assert_eq!((limit.of(Some(1)).ok(), limit.of(Some(100)).ok()), (Some(1), Some(100)));
        for wrong in [0, -1, 101, i64::MAX] {
            assert_eq!(limit.of(Some(wrong)).expect_err("out of range").status(), StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
}
