//! What stands before one route: CSRF, rate limit, permission, size and time.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use xinghe_core::ports::Suspension;

use crate::errors::{AppError, Said};
use crate::layers::csrf;
use crate::layers::kept::Shared;
use crate::layers::typed::Typed;
use crate::page::PageContext;
use crate::routes::RouteInfo;
use crate::settings::Standings;

/// Lets a request through to its handler, or says why not.
pub(crate) async fn guard(State(route): State<Arc<RouteInfo>>, request: Request, next: Next) -> Response {
    let Some(ctx) = request.extensions().get::<PageContext>().cloned() else {
        return AppError::internal("the route was called outside the shell").into_response();
    };
    let share = match ctx.shell.limits.check(route.limit, &ctx.viewer) {
        Ok(share) => share,
        Err((error, share)) => {
            let mut response = error.into_response();
            share.write(response.headers_mut());
            if let Some(typed) = Typed::read(request, &ctx).await {
                response.extensions_mut().insert(typed);
            }
            return response;
        }
    };
    let admitted = match admit(&route, &request, &ctx) {
        Ok(()) => unsuspended(&route, &ctx).await,
        refused => refused,
    };
    let admitted = match admitted {
        Ok(()) if route.paced => in_pace(&ctx).await,
        other => other,
    };
    if let Err(error @ AppError::TooMany { .. }) = admitted {
        let mut response = error.into_response();
        if let Some(typed) = Typed::read(request, &ctx).await {
            response.extensions_mut().insert(typed);
        }
        return response;
    }
    let mut response = match admitted {
        Err(error) => error.into_response(),
        Ok(()) if route.stream => match ctx.shell.limits.open(&ctx.viewer) {
            Ok(open) => next.run(request).await.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _until_it_ends = &open;
                    frame
                }))
            }),
            Err(error) => error.into_response(),
        },
        Ok(()) => match tokio::time::timeout(ctx.settings().timeout, next.run(request)).await {
            Ok(response) => response,
            Err(_) => AppError::Timeout.into_response(),
        },
    };
    if let Some(share) = share {
        share.write(response.headers_mut());
    }
    let whole = response.status() == StatusCode::OK && !ctx.gaps.load(Ordering::Relaxed);
    if route.shared && ctx.viewer.member.is_none() && whole {
        response.extensions_mut().insert(Shared(route.path));
    }
    response
}

/// Lets suspended members read and mind their own affairs, and nothing else.
async fn unsuspended(route: &RouteInfo, ctx: &PageContext) -> Result<(), AppError> {
    let (false, Some(member), Some(Standings(standing))) = (route.suspended, ctx.viewer.id(), &ctx.settings().standing)
    else {
        return Ok(());
    };
    let Some(Suspension { until, reason }) = standing.suspended(&[member]).await?.remove(&member) else {
        return Ok(());
    };
    let said = match until {
        Some(until) => Said::new("web-suspended-until").with("until", ctx.t.date_time(until)),
        None => Said::new("web-suspended"),
    };
    Err(AppError::Refused(said.with("reason", ctx.t.s(reason))))
}

/// Has members who wrote as much as they may for now wait.
async fn in_pace(ctx: &PageContext) -> Result<(), AppError> {
    let (Some(member), Some(Standings(standing))) = (ctx.viewer.id(), &ctx.settings().standing) else {
        return Ok(());
    };
    match standing.pauses(&[member]).await?.remove(&member) {
        Some(retry_after) => Err(AppError::TooMany { retry_after }),
        None => Ok(()),
    }
}

fn admit(route: &RouteInfo, request: &Request, ctx: &PageContext) -> Result<(), AppError> {
    csrf::check(request, ctx)?;
    if !ctx.viewer.may(route.need) {
        return Err(if ctx.viewer.member.is_none() { AppError::SignIn } else { AppError::Forbidden });
    }
    if let Some(scopes) = ctx.viewer.scopes {
        if route.by_session {
            return Err(AppError::Refused(Said::new("web-token-session")));
        }
        if let Some(scope) = scopes.lacks(route) {
            return Err(AppError::Refused(Said::new("web-token-scope").with("scope", scope.as_str())));
        }
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|n| n > route.max_body) {
        return Err(AppError::TooLarge(route.max_body));
    }
    Ok(())
}
