//! What an author wrote and took part in, on the author's page.

use askama::Template;
use xinghe_core::content::PostKind;
use xinghe_web::{AppError, Html, SlotRequest, Texts};

use super::view::{Row, rows};
use crate::feature::State;
use crate::store;

/// How many posts of a kind stand on an author's page.
const SHOWN: usize = 20;

struct Group {
    key: &'static str,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "posts/member.html")]
struct MemberTemplate<'a> {
    t: &'a Texts,
    groups: Vec<Group>,
}

pub(super) async fn works(state: State, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let Some(author) = request.subject.author else { return Ok(None) };
    let t = &request.ctx.t;
    let wanted: [(&'static str, &[PostKind], bool); 5] = [
        ("posts-tab-articles", &[PostKind::Article], true),
        ("posts-tab-questions", &[PostKind::Question], true),
        ("posts-answers", &[PostKind::Answer], true),
        ("posts-tab-projects", &[PostKind::Project], true),
        ("posts-took-part", &[], false),
    ];
    let lists = futures::future::try_join_all(
        wanted
            .iter()
            .map(|(_, kinds, wrote)| store::latest_of_author(&state.store, author, kinds, Some(*wrote), None, SHOWN)),
    )
    .await?;
    let sizes: Vec<usize> = lists.iter().map(Vec::len).collect();
    let mut rows = rows(&state.authors, &lists.concat(), &request.ctx).await?.into_iter();
    let mut groups = vec![];
    for ((key, _, _), size) in wanted.into_iter().zip(sizes) {
        let rows: Vec<Row> = rows.by_ref().take(size).collect();
        if !rows.is_empty() {
            groups.push(Group { key, rows });
        }
    }
    let template = MemberTemplate { t, groups };
    Ok(Some(Html::render(&template)?))
}
