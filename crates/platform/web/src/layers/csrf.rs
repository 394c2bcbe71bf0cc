//! Requests that change something must come from this site's own pages.

use std::net::IpAddr;

use axum::extract::Request;
use http::{HeaderMap, header};

use crate::errors::{AppError, Said};
use crate::page::PageContext;
use crate::viewer::Via;

/// Checks an unsafe request by `Sec-Fetch-Site` and `Origin`, of which at least one is there and neither may be
/// foreign. Bearer requests are exempt: no browser adds that header by itself.
///
/// # Errors
/// [`AppError::Refused`] when the request comes from elsewhere, or a session cookie comes without either header.
pub(crate) fn check(request: &Request, ctx: &PageContext) -> Result<(), AppError> {
    if request.method().is_safe() || ctx.viewer.via == Via::Bearer {
        return Ok(());
    }
    let headers = request.headers();
    let (site, origin) = (text(headers, "sec-fetch-site"), text(headers, "origin"));
    let own = match (site, origin) {
        (None, None) => ctx.viewer.via == Via::Nothing,
        _ => {
            site.is_none_or(|site| site == "same-origin" || site == "none")
                && origin.is_none_or(|origin| is_own(origin, headers, &ctx.settings().public_url))
        }
    };
    if own {
        Ok(())
    } else {
        Err(AppError::Refused(Said::new("web-error-cross-site").with("address", &ctx.settings().public_url)))
    }
}

/// Whether an origin is that of the address people use. The `Host` header does not say so: whoever makes a name of
/// their own lead to this machine decides about it.
fn is_own(origin: &str, headers: &HeaderMap, public_url: &str) -> bool {
    let (Some(origin), Some(own)) = (Origin::parse(origin), Origin::parse(public_url)) else { return false };
    if origin == own {
        return true;
    }
    if origin.scheme != own.scheme || origin.port != own.port {
        return false;
    }
    // On one's own machine it has several names. An instance that listens everywhere and was given no address is
    // reached by any of its numbers, and a number cannot be made to lead here from elsewhere.
    let everywhere = own.ip().is_some_and(|ip| ip.is_unspecified());
    let numbered = origin.ip().is_some()
        && text(headers, header::HOST.as_str()).and_then(|h| Origin::of(origin.scheme, h)) == Some(origin);
    (own.is_here() || everywhere) && origin.is_here() || everywhere && numbered
}

/// The parts of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Origin<'a> {
    fn parse(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        Self::of(scheme, rest.split('/').next()?)
    }

    fn of(scheme: &'a str, authority: &'a str) -> Option<Self> {
        let usual = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, usual),
        };
        (!host.is_empty()).then_some(Self { scheme, host, port })
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    fn is_here(&self) -> bool {
        self.host == "localhost" || self.ip().is_some_and(|ip| ip.is_loopback())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|v| v.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_origin_is_that_of_the_address_people_use() {
        let own = |origin: &str, host: &'static str, public: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            is_own(origin, &headers, public)
        };
        assert!(own("https://example.org", "inside:8080", "https://example.org"));
        assert!(own("https://example.org:443", "x", "https://example.org"));
        assert!(!own("http://example.org", "example.org", "https://example.org"));
        assert!(!own("http://evil.example:8080", "evil.example:8080", "http://127.0.0.1:8080"), "a name led here");
        assert!(!own("http://localhost:8080", "localhost:8080", "http://example.org:8080"));
        for (origin, ok) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost:8081", false),
            ("https://localhost:8080", false),
            ("http://192.168.1.5:8080", false),
            ("null", false),
        ] {
            assert_eq!(own(origin, "localhost:8080", "http://127.0.0.1:8080"), ok, "{origin}");
        }
        assert!(own("http://192.168.1.5:8080", "192.168.1.5:8080", "http://0.0.0.0:8080"));
        assert!(!own("http://192.168.1.5:8080", "192.168.1.6:8080", "http://0.0.0.0:8080"));
        assert!(!own("http://evil.example:8080", "evil.example:8080", "http://0.0.0.0:8080"));
    }
}
