//! Telling the moderators of a post or a member.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{AuthorCard, MessageId, PostView};
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::id;
use xinghe_web::system::local;
use xinghe_web::{AppError, FieldErrors, Need, PageContext, PageResult, Texts};

use super::{title_of, to};
use crate::commands::Moderation;
use crate::model::{Reason, Subject};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReportForm {
    post: String,
    /// A private message.
    message: String,
    /// A member's handle.
    member: String,
    reason: String,
    words: String,
    next: String,
    /// Whether it was sent just now.
    done: String,
}

/// What is reported, as the form names it.
struct About {
    subject: Subject,
    post: Option<PostView>,
    author: Option<AuthorCard>,
    /// The beginning of a private message.
    message: String,
}

#[derive(Template)]
#[template(path = "moderation/report.html")]
struct FormTemplate<'a> {
    t: &'a Texts,
    about: &'a About,
    title: String,
    form: &'a ReportForm,
    reasons: &'static [Reason],
    errors: &'a FieldErrors,
}

#[derive(Template)]
#[template(path = "moderation/reported.html")]
struct DoneTemplate<'a> {
    t: &'a Texts,
    next: &'a str,
}

async fn about(moderation: &Moderation, ctx: &PageContext, form: &ReportForm) -> Result<About, AppError> {
    if !form.message.is_empty() {
        let id: MessageId = id(&form.message)?;
        let found = moderation.received(ctx.viewer.require()?.id, id).await?;
        let author = moderation.authors.cards(&[found.author]).await?.remove(&found.author);
        let message = xinghe_text::excerpt(&found.body, 200);
        return Ok(About { subject: Subject::Message(id), post: None, author, message });
    }
    if form.post.is_empty() {
        let card = moderation.authors.by_handle(&form.member).await?.filter(|c| c.claimed);
        let card = card.ok_or(AppError::NotFound)?;
        return Ok(About { subject: Subject::Member(card.id), post: None, author: Some(card), message: String::new() });
    }
    let post = id(&form.post)?;
    let seen = moderation.posts.posts(&[post]).await?.remove(&post).ok_or(AppError::NotFound)?;
    let author = match seen.author() {
        Some(author) => moderation.authors.cards(&[author]).await?.remove(&author),
        None => None,
    };
    Ok(About { subject: Subject::Post(post), post: Some(seen), author, message: String::new() })
}

async fn page(
    moderation: &Moderation,
    ctx: &PageContext,
    form: &ReportForm,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let about = about(moderation, ctx, form).await?;
    let title = about.post.as_ref().map(title_of).unwrap_or_default();
    let template = FormTemplate { t: &ctx.t, about: &about, title, form, reasons: Reason::ALL, errors };
    Ok(ctx.page().title(ctx.t.s("moderation-report")).noindex().status(status).render(&template))
}

/// `/report`.
pub(super) async fn form(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<ReportForm>,
) -> PageResult {
    if query.done.is_empty() {
        return page(&moderation, &ctx, &query, (StatusCode::OK, &FieldErrors::default())).await;
    }
    let template = DoneTemplate { t: &ctx.t, next: local(&query.next) };
    Ok(ctx.page().title(ctx.t.s("moderation-report")).noindex().render(&template))
}

/// Takes a report. Moderators go on to the case, others are thanked.
pub(super) async fn send(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    Form(form): Form<ReportForm>,
) -> Result<Response, AppError> {
    let by = ctx.viewer.require()?.id;
    let subject = about(&moderation, &ctx, &form).await?.subject;
    let Ok(reason) = form.reason.parse::<Reason>() else {
        let errors = [xinghe_web::FieldError::new("reason", "moderation-fault-reason")];
        let errors = FieldErrors::new(&errors, &ctx.t);
        return page(&moderation, &ctx, &form, (StatusCode::UNPROCESSABLE_ENTITY, &errors)).await;
    };
    match moderation.report(by, subject, reason, &form.words).await {
        Ok(case) if ctx.viewer.may(Need::Moderator) => Ok(to(&format!("/moderation/cases/{case}"))),
        Ok(_) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("done", "1").append_pair("next", local(&form.next));
            Ok(to(&format!("/report?{}", query.finish())))
        }
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            page(&moderation, &ctx, &form, (status, &errors)).await
        }
    }
}
