//! The bell with the count of unread lines.

use askama::Template;
use xinghe_web::{AppError, Html, SlotRequest, Texts};

use crate::commands::Notifications;
use crate::live::CountJson;
use crate::model::COUNTED;

#[derive(Template)]
#[template(path = "notifications/bell.html")]
struct BellTemplate {
    count: CountJson,
    /// The page's own: a stream is asked for with less than a page is.
    lang: &'static str,
    here: bool,
}

/// The count in figures and in words.
pub(crate) fn count_json(t: &Texts, unread: u32) -> CountJson {
    let shown = match unread {
        0 => String::new(),
        n if n >= COUNTED => format!("{}+", COUNTED - 1),
        n => n.to_string(),
    };
    let label = match unread {
        0 => t.s("notifications-bell-none").into_owned(),
        n => t.f("notifications-bell", &[("n", n.into()), ("shown", shown.as_str().into())]),
    };
    CountJson { unread, shown, label }
}

/// In the header of every page of a member.
pub(super) async fn show(all: Notifications, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let Some(member) = request.ctx.viewer.id() else { return Ok(None) };
    let count = count_json(&request.ctx.t, all.unread(member).await?);
    let here = request.ctx.path.split('?').next() == Some("/notifications");
    Ok(Some(Html::render(&BellTemplate { count, lang: request.ctx.lang.tag(), here })?))
}
