//! `/twin/week`: a twin's week, as a letter to its owner.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use xinghe_web::api::ApiQuery;
use xinghe_web::{AppError, Member, PageContext, PageResult, Texts};

use super::console::Head;
use crate::acts::week::{OLDEST_WEEK, Week};
use crate::ask::Asker;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WeekQuery {
    ago: i64,
}

#[derive(Template)]
#[template(path = "acts/week.html")]
struct WeekTemplate<'a> {
    t: &'a Texts,
    head: Head,
    week: &'a Week,
    declined: i64,
    between: (String, String),
    ago: i64,
    older: Option<i64>,
}

/// The last seven days, or (`?ago=1`) the seven before.
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<WeekQuery>,
) -> PageResult {
    if !(0..=OLDEST_WEEK).contains(&query.ago) {
        return Err(AppError::NotFound);
    }
    let week = asker.week(member.id, query.ago).await?;
    let t = &ctx.t;
    let between = (t.date(week.from), t.date(week.to));
    let older = Some(query.ago + 1).filter(|ago| *ago <= OLDEST_WEEK);
    let head = Head::of(&asker, &member, "week", "/twin/week").await?;
    let template =
        WeekTemplate { t, head, week: &week, declined: week.asked - week.answered, between, ago: query.ago, older };
    Ok(ctx.page().title(t.s("twins-week")).active("twins").noindex().render(&template))
}
