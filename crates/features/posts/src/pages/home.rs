//! Home: what to read first and why, what one follows, what is hot, the latest, what waits for an answer.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::State as Given;
use serde::Deserialize;
use xinghe_core::content::PostKind;
use xinghe_core::id::PostId;
use xinghe_core::ports::{Follows, Tally};
use xinghe_web::api::ApiQuery;
use xinghe_web::{AppError, PageContext, PageResult, Subject};

use super::PER_PAGE;
use super::lists::{ListTemplate, Plan, Tab};
use super::view::{People, rows};
use crate::feature::State;
use crate::model::picks::{self, Why};
use crate::model::{Among, Answered, ListFilter, PostSummary};
use crate::store;

/// How many of the latest posts are looked at for an order of their own. Projects are many and seldom news, so they
/// have a share of their own.
const LOOKED_AT: usize = 200;
const PROJECTS: usize = 40;
/// How many of the latest posts by whom one follows come on top.
const FOLLOWED: usize = 100;

/// A tab of the home page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HomeTab {
    /// What to read first.
    Picks,
    /// What one follows, newest first.
    Following,
    /// What is talked about and liked now.
    Hot,
    /// Newest first.
    Latest,
    /// Questions without an answer.
    Unanswered,
}

impl HomeTab {
    const ALL: [(Self, &'static str, &'static str, &'static str); 5] = [
        (Self::Picks, "", "/", "posts-tab-picks"),
        (Self::Following, "following", "/?tab=following", "posts-tab-following"),
        (Self::Hot, "hot", "/?tab=hot", "posts-tab-hot"),
        (Self::Latest, "latest", "/?tab=latest", "posts-tab-latest"),
        (Self::Unanswered, "unanswered", "/?tab=unanswered", "posts-tab-unanswered"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|t| t.0 == self).map_or("", |t| t.1)
    }
}

impl FromStr for HomeTab {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        let s = if s == "picks" { "" } else { s };
        Self::ALL.iter().find(|t| t.1 == s).map(|t| t.0).ok_or(())
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct HomeQuery {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    page: Option<usize>,
}

/// Home.
pub(super) async fn home(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<HomeQuery>,
) -> PageResult {
    let member = ctx.viewer.member.is_some();
    let tab = query.tab.parse().unwrap_or(HomeTab::Picks);
    let tab = if tab == HomeTab::Following && !member { HomeTab::Picks } else { tab };
    let (posts, reasons, older) = match tab {
        HomeTab::Picks | HomeTab::Hot => {
            let page = query.page.unwrap_or(1).clamp(1, 50);
            let all = ordered(&ctx, &state, tab).await?;
            let more = all.len() > page * PER_PAGE;
            let shown: Vec<(PostSummary, Why)> = all.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).collect();
            let older = if more {
                let mark = if tab == HomeTab::Hot { "tab=hot&" } else { "" };
                format!("/?{mark}page={}", page + 1)
            } else {
                "/?tab=latest".to_owned()
            };
            let (posts, reasons): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
            (posts, reasons, Some(older))
        }
        HomeTab::Following | HomeTab::Latest | HomeTab::Unanswered => {
            let mut filter = ListFilter::default();
            if tab == HomeTab::Unanswered {
                filter.kind = Some(PostKind::Question);
                filter.answered = Answered::None;
            }
            if tab == HomeTab::Following {
                filter.among = Some(among(&follows(&ctx, &state).await?));
            }
            let keep = vec![("tab", tab.word().to_owned())];
            let (posts, older) = Plan { path: "/", query: keep, filter }.load(&state, &query.before).await?;
            (posts, vec![], older)
        }
    };
    let subject = Subject::default();
    let (main, aside) = futures::join!(ctx.slot("home.main", &subject), ctx.slot("home.aside", &subject));
    let mut rows = rows(&state.authors, &posts, &ctx).await?;
    if tab == HomeTab::Picks && member {
        let named = reasons.iter().filter_map(|w| if let Why::Author(a) = w { Some(*a) } else { None }).collect();
        let people = People::load(&state.authors, named).await?;
        for (row, why) in rows.iter_mut().zip(&reasons) {
            row.why = said(&ctx, why, &people);
        }
    }
    let shown = |t: &&(HomeTab, &'static str, &'static str, &'static str)| t.0 != HomeTab::Following || member;
    let mut tabs: Vec<Tab> = HomeTab::ALL
        .iter()
        .filter(shown)
        .map(|(own, _, href, key)| {
            let key = if *own == HomeTab::Picks && member { "posts-tab-for-you" } else { *key };
            Tab { key, href, current: *own == tab }
        })
        .collect();
    tabs.extend([("posts-moments", "/moments"), ("posts-news", "/news")].map(|(key, href)| Tab {
        key,
        href,
        current: false,
    }));
    let template = ListTemplate {
        t: &ctx.t,
        heading: ctx.t.s("posts-home").into_owned(),
        quiet_heading: true,
        tabs,
        before_rows: main,
        rows,
        older,
        tags: vec![],
        links: &[("posts-best", "/best"), ("posts-archive", "/archive")],
    };
    Ok(ctx.page().active("home").canonical("/").feed("/").aside(aside).render(&template))
}

/// What a member follows; a guest follows nothing.
async fn follows(ctx: &PageContext, state: &State) -> Result<Follows, AppError> {
    match (&state.reactions, ctx.viewer.id()) {
        (Some(reactions), Some(member)) => Ok(reactions.follows(member).await?),
        _ => Ok(Follows::default()),
    }
}

fn among(follows: &Follows) -> Among {
    Among { authors: follows.members.clone(), tags: follows.tags.clone(), posts: follows.posts.clone() }
}

/// All posts of a tab with an order of its own, best first, with the reasons.
pub(crate) async fn ordered(
    ctx: &PageContext,
    state: &State,
    tab: HomeTab,
) -> Result<Vec<(PostSummary, Why)>, AppError> {
    let follows = if tab == HomeTab::Picks { follows(ctx, state).await? } else { Follows::default() };
    let mut posts = candidates(state, &follows).await?;
    let ids: Vec<PostId> = posts.iter().map(|p| p.id).collect();
    let tallies: HashMap<PostId, Tally> = match &state.reactions {
        Some(reactions) => reactions.tallies(&ids).await?,
        None => HashMap::new(),
    };
    let now = ctx.now();
    if tab == HomeTab::Hot {
        let heat = |p: &PostSummary| picks::heat(p, &tallies.get(&p.id).copied().unwrap_or_default(), now);
        posts.retain(|p| heat(p) > 0.0);
        posts.sort_by(|a, b| heat(b).total_cmp(&heat(a)).then(b.id.cmp(&a.id)));
        return Ok(posts.into_iter().map(|p| (p, Why::Rest)).collect());
    }
    let order = picks::order(&posts, &tallies, &follows, ctx.lang, now);
    let mut posts: Vec<Option<PostSummary>> = posts.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|p| Some((posts[p.place].take()?, p.why))).collect())
}

async fn candidates(state: &State, follows: &Follows) -> Result<Vec<PostSummary>, AppError> {
    const KINDS: [PostKind; 4] = [PostKind::Article, PostKind::Question, PostKind::Moment, PostKind::News];
    let all = ListFilter::default();
    let projects = ListFilter { kind: Some(PostKind::Project), ..ListFilter::default() };
    let mut posts = store::list_in(&state.store, &all, &KINDS, None, LOOKED_AT).await?;
    posts.extend(store::list(&state.store, &projects, None, PROJECTS).await?);
    let among = among(follows);
    if !among.is_empty() {
        let filter = ListFilter { among: Some(among), ..ListFilter::default() };
        let more = store::list(&state.store, &filter, None, FOLLOWED).await?;
        let known: std::collections::HashSet<PostId> = posts.iter().map(|p| p.id).collect();
        posts.extend(more.into_iter().filter(|p| !known.contains(&p.id)));
    }
    Ok(posts)
}

fn said(ctx: &PageContext, why: &Why, people: &People) -> Option<String> {
    let t = &ctx.t;
    Some(match why {
        Why::Author(author) => t.f("posts-why-author", &[("name", people.get(*author)?.name.into())]),
        Why::Tag(tag) => t.f("posts-why-tag", &[("tag", tag.as_str().into())]),
        Why::Post => t.s("posts-why-post").into_owned(),
        Why::Liked => t.s("posts-why-liked").into_owned(),
        Why::Talked => t.s("posts-why-talked").into_owned(),
        Why::New => t.s("posts-why-new").into_owned(),
        Why::Rest => return None,
    })
}
