//! A member's twin, and the directory of twins.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use xinghe_core::AuthorCard;
use xinghe_web::{AppError, Html, PageContext, SlotRequest, Subject, Texts};

use super::said::{Shown, newest};
use crate::acts::knowledge;
use crate::ask::Asker;
use crate::store::{self, Tally};

#[derive(Template)]
#[template(path = "twin.html")]
struct TwinTemplate<'a> {
    t: &'a Texts,
    card: &'a AuthorCard,
    tally: Tally,
    declined: i64,
    topics: Html,
    /// What the owner said: facts, then corrections, each below its heading.
    said: [(&'static str, Vec<Shown>); 2],
}

#[derive(Template)]
#[template(path = "ask_box.html")]
struct BoxTemplate<'a> {
    t: &'a Texts,
    card: Option<&'a AuthorCard>,
}

#[derive(Template)]
#[template(path = "glowing.html")]
struct GlowingTemplate<'a> {
    t: &'a Texts,
    twins: &'a [(AuthorCard, Tally)],
}

#[derive(Template)]
#[template(path = "twins.html")]
struct DirectoryTemplate<'a> {
    t: &'a Texts,
    twins: &'a [(AuthorCard, Tally)],
}

/// `/@{handle}/twin`.
pub(crate) async fn twin(
    State(asker): State<Asker>,
    ctx: PageContext,
    Path(handle): Path<String>,
) -> Result<Response, AppError> {
    let deps = asker.deps();
    let card = deps.twin_of(&handle).await?.ok_or(AppError::NotFound)?;
    let tally = store::tally(&deps.store, Some(card.id)).await?;
    let subject = Subject { author: Some(card.id), handle: Some(card.handle.clone()), ..Subject::default() };
    let (topics, aside) = futures::join!(ctx.slot("twin.main", &subject), ctx.slot("twin.aside", &subject));
    let title = ctx.t.f("twins-of", &[("name", card.name.as_str().into())]);
    let declined = tally.asked - tally.answered;
    let [facts, corrections] = newest(&asker, &ctx.t, &card).await?;
    let said = [("twins-said-facts", facts), ("twins-said-corrections", corrections)];
    let template = TwinTemplate { t: &ctx.t, card: &card, tally, declined, topics, said };
    let page = ctx.page().title(title).active("twins").canonical(format!("/@{}/twin", card.handle)).aside(aside);
    Ok(page.render(&template))
}

/// The box to ask a member's twin, on the member's page. Who has no twin has none.
pub(crate) async fn ask_box(asker: Asker, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let card = twin_card(&asker, &request).await?;
    card.map(|card| boxed(&request.ctx.t, Some(&card))).transpose()
}

/// The box beside a post: for its author's twin, or the guide where the author has none.
pub(crate) async fn ask_beside(asker: Asker, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let card = twin_card(&asker, &request).await?;
    boxed(&request.ctx.t, card.as_ref()).map(Some)
}

/// The box for the guide, beside the home page.
pub(crate) async fn ask_guide(request: SlotRequest) -> Result<Option<Html>, AppError> {
    boxed(&request.ctx.t, None).map(Some)
}

#[derive(Template)]
#[template(path = "cited.html")]
struct CitedTemplate<'a> {
    t: &'a Texts,
    answers: i64,
}

/// How many answers cited a post, beside it.
pub(crate) async fn cited(asker: Asker, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let Some(post) = request.subject.post else { return Ok(None) };
    let Some(answers) = knowledge::cited(&asker.deps().store, &[post]).await?.remove(&post) else { return Ok(None) };
    Ok(Some(Html::render(&CitedTemplate { t: &request.ctx.t, answers })?))
}

/// The twins that were asked most lately, beside the home page.
pub(crate) async fn glowing(asker: Asker, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let twins = store::busiest(asker.deps(), 5).await?;
    if twins.is_empty() {
        return Ok(None);
    }
    let template = GlowingTemplate { t: &request.ctx.t, twins: &twins };
    Ok(Some(Html::render(&template).map_err(AppError::internal)?))
}

async fn twin_card(asker: &Asker, request: &SlotRequest) -> Result<Option<AuthorCard>, AppError> {
    let Some(author) = request.subject.author else { return Ok(None) };
    Ok(asker.deps().twins(&[author]).await?.remove(&author))
}

fn boxed(t: &Texts, card: Option<&AuthorCard>) -> Result<Html, AppError> {
    Html::render(&BoxTemplate { t, card }).map_err(AppError::internal)
}

/// `/twins`: the twins that were asked most lately, then the members with most to say.
pub(crate) async fn directory(State(asker): State<Asker>, ctx: PageContext) -> Result<Response, AppError> {
    let twins = store::busiest(asker.deps(), 60).await?;
    let template = DirectoryTemplate { t: &ctx.t, twins: &twins };
    let title = ctx.t.s("twins-directory").into_owned();
    Ok(ctx.page().title(title).active("twins").canonical("/twins").render(&template))
}
