//! What an owner does with the memory of the twin: settles a fact, stops it learning, has it forget, begins anew.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member};

use crate::ask::Asker;
use crate::memory::commands::{self, Verdict};
use crate::memory::whole;

#[derive(Debug, Deserialize)]
pub(crate) struct SettleForm {
    verdict: Verdict,
}

/// The owner says whether a fact holds.
pub(crate) async fn settle(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<SettleForm>,
) -> Result<Redirect, AppError> {
    let fact = id(&part)?;
    commands::settle(asker.deps(), member.id, fact, form.verdict).await?;
    let done = if form.verdict == Verdict::Declined { "declined" } else { "settled" };
    Ok(Redirect::to(&format!("/twin/knowledge?part=facts&done={done}")))
}

#[derive(Debug, Deserialize)]
pub(crate) struct LearnForm {
    learning: bool,
}

/// The owner has the twin learn nothing new, or learn again.
pub(crate) async fn learning(
    State(asker): State<Asker>,
    member: Member,
    Form(form): Form<LearnForm>,
) -> Result<Redirect, AppError> {
    whole::learning(asker.deps(), member.id, form.learning).await?;
    Ok(Redirect::to(if form.learning { "/twin/knowledge?done=learning" } else { "/twin/knowledge?done=stopped" }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ForgetForm {
    from: String,
    to: String,
}

/// The owner has the twin forget a period.
pub(crate) async fn forget(
    State(asker): State<Asker>,
    member: Member,
    Form(form): Form<ForgetForm>,
) -> Result<Redirect, AppError> {
    let Ok(period) = whole::period(&form.from, &form.to) else {
        // Nothing is lost by going back: two days are chosen again in a moment.
        return Ok(Redirect::to("/twin/knowledge?done=no-period#memory"));
    };
    whole::forget(asker.deps(), member.id, period).await?;
    Ok(Redirect::to("/twin/knowledge?done=forgotten"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AnewForm {
    /// Whether posts that were kept from it stay so.
    keep_excluded: String,
}

/// The owner empties the memory.
pub(crate) async fn anew(
    State(asker): State<Asker>,
    member: Member,
    Form(form): Form<AnewForm>,
) -> Result<Redirect, AppError> {
    whole::anew(asker.deps(), member.id, !form.keep_excluded.is_empty()).await?;
    Ok(Redirect::to("/twin/knowledge?done=anew"))
}
