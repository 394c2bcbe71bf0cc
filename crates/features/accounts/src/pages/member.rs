//! A member's or unclaimed author's page, the list of them, and claiming.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use xinghe_core::{AuthorId, Lang};
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::refs::place;
use xinghe_web::{AppError, Card, FieldErrors, Html, Page, PageContext, Subject, Texts};

use super::{refusal, to};
use crate::commands::{Accounts, AuthorList};
use crate::model::{AuthorRecord, Link, MARK, PageProof, Who};

/// How many authors one page of the list shows.
const PER_PAGE: u32 = 30;

/// The circle beside a name: its first letter, and one of twelve colours that stays the author's.
pub(super) struct Face {
    letter: String,
    hue: u8,
    open: bool,
}

impl Face {
    fn of(record: &AuthorRecord) -> Self {
        let letter = record
            .card
            .name
            .chars()
            .find(|c| c.is_alphanumeric())
            .map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect());
        Self { letter, hue: xinghe_web::ui::hue(record.card.id.raw()), open: !record.card.claimed }
    }
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberTemplate<'a> {
    t: &'a Texts,
    record: &'a AuthorRecord,
    face: Face,
    about: Option<(Lang, Html)>,
    links: &'a [Link],
    /// The imported authors who this member is.
    claimed: Vec<AuthorRecord>,
    claim: ClaimBox<'a>,
    actions: Html,
    tabs: Html,
    main: Html,
    own: bool,
}

/// What the page of an unclaimed author offers.
struct ClaimBox<'a> {
    offered: bool,
    signed_in: bool,
    open: bool,
    /// What claims the author at once, without an administrator.
    proof: Option<PageProof>,
    why: &'a str,
    errors: &'a FieldErrors,
}

async fn page(
    accounts: &Accounts,
    ctx: &PageContext,
    record: &AuthorRecord,
    why: &str,
    (status, errors): (StatusCode, &FieldErrors),
) -> Result<Response, AppError> {
    let card = &record.card;
    let subject = Subject { author: Some(card.id), handle: Some(card.handle.clone()), ..Subject::default() };
    let (actions, tabs, main, aside) = futures::join!(
        ctx.slot("member.actions", &subject),
        ctx.slot("member.tabs", &subject),
        ctx.slot("member.main", &subject),
        ctx.slot("member.aside", &subject)
    );
    let offered = !card.claimed && !record.erased;
    let open = match ctx.viewer.id() {
        Some(member) if offered => accounts.open_claim(member, card.id).await?.is_some(),
        _ => false,
    };
    let proof = match ctx.viewer.id() {
        Some(member) if offered => accounts.page_proof(&ctx.settings().public_url, member, card.id).await?,
        _ => None,
    };
    let info = record.member.as_ref();
    let text = info.and_then(|m| m.about.for_reader(ctx.lang));
    let about = text
        .map(|(lang, text)| (lang, render(text, &RenderOptions::prefixed("about-").in_lang(ctx.lang)).html.clone()));
    let template = MemberTemplate {
        t: &ctx.t,
        record,
        face: Face::of(record),
        about,
        links: info.map(|m| m.links.as_slice()).unwrap_or_default(),
        claimed: if card.claimed { accounts.claimed_by(card.id).await? } else { Vec::new() },
        claim: ClaimBox { offered, signed_in: ctx.viewer.member.is_some(), open, proof, why, errors },
        actions,
        tabs,
        main,
        own: ctx.viewer.is(card.id),
    };
    let description = ctx.t.f("accounts-member-description", &[("name", card.name.as_str().into())]);
    let mut page = ctx.page().title(card.name.clone()).canonical(card.url()).description(description).aside(aside);
    page = if record.erased { page.noindex() } else { public(ctx, record, page) };
    Ok(page.status(status).render(&template))
}

/// What the page of somebody who is there has besides: a feed, and what programs learn of the person.
fn public<'a>(ctx: &PageContext, record: &AuthorRecord, page: Page<'a>) -> Page<'a> {
    let card = &record.card;
    let links = record.member.as_ref().map(|m| m.links.as_slice()).unwrap_or_default();
    let same: Vec<&str> = links.iter().map(|l| l.url.as_str()).chain(record.url.as_deref()).collect();
    let person = json!({
        "@type": "Person",
        "name": card.name,
        "alternateName": card.handle,
        "url": ctx.absolute(&card.url()),
        "sameAs": same,
    });
    let profile = json!({
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "dateCreated": record.created_at,
        "mainEntity": person,
    });
    let page = page.feed(card.url()).card(Card { kind: "profile", ..Card::default() }).data(profile);
    page.crumbs(&[(&ctx.t.s("accounts-members"), "/members"), (&card.name, &card.url())])
}

/// The author of an address, or where to send the browser: a claimed author's old address leads to the member's, and
/// a handle in capitals to that in small letters.
async fn find(accounts: &Accounts, handle: &str) -> Result<Result<AuthorRecord, Response>, AppError> {
    let record = accounts.author(handle).await?.ok_or(AppError::NotFound)?;
    if let Some(member) = record.merged_into {
        let card = accounts.card(member).await?.ok_or(AppError::NotFound)?;
        return Ok(Err(Redirect::permanent(&card.url()).into_response()));
    }
    if record.card.handle != handle {
        return Ok(Err(Redirect::permanent(&record.card.url()).into_response()));
    }
    Ok(Ok(record))
}

/// `/@{handle}`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(handle): Path<String>,
) -> Result<Response, AppError> {
    match find(&accounts, &handle).await? {
        Ok(record) => page(&accounts, &ctx, &record, "", (StatusCode::OK, &FieldErrors::default())).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// The form of a claim.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ClaimForm {
    why: String,
}

/// Claims an unclaimed author.
pub(super) async fn claim(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(handle): Path<String>,
    Form(form): Form<ClaimForm>,
) -> Result<Response, AppError> {
    let member = ctx.viewer.require()?;
    let record = match find(&accounts, &handle).await? {
        Ok(record) => record,
        Err(elsewhere) => return Ok(elsewhere),
    };
    match accounts.claim(member.id, record.card.id, &form.why).await {
        Ok(_) => Ok(to(&record.card.url())),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            page(&accounts, &ctx, &record, &form.why, (status, &errors)).await
        }
    }
}

/// Looks for the proof that an unclaimed author is oneself.
pub(super) async fn prove(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(handle): Path<String>,
) -> Result<Response, AppError> {
    let member = ctx.viewer.require()?;
    let record = match find(&accounts, &handle).await? {
        Ok(record) => record,
        Err(elsewhere) => return Ok(elsewhere),
    };
    match accounts.prove_claim(&ctx.settings().public_url, member.id, record.card.id).await {
        Ok(()) => Ok(to(&member.url())),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            page(&accounts, &ctx, &record, "", (status, &errors)).await
        }
    }
}

/// Takes one's open claim on this author back.
pub(super) async fn withdraw(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(handle): Path<String>,
) -> Result<Response, AppError> {
    let member = ctx.viewer.require()?;
    let record = accounts.author(&handle).await?.ok_or(AppError::NotFound)?;
    if let Some(claim) = accounts.open_claim(member.id, record.card.id).await? {
        accounts.withdraw_claim(member.id, claim).await?;
    }
    Ok(to(&record.card.url()))
}

/// What the list's address carries.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    pub q: String,
    pub who: Who,
    pub before: String,
}

impl ListQuery {
    /// The list asked for.
    ///
    /// # Errors
    /// The address names no place in the list.
    pub(super) fn list(&self, who: Who) -> Result<AuthorList, AppError> {
        let before = place(&self.before)?;
        Ok(AuthorList { words: self.q.clone(), who, before, limit: PER_PAGE })
    }

    /// The address of the next page.
    pub(super) fn next(&self, base: &str, next: Option<AuthorId>) -> Option<String> {
        let before = next?.to_string();
        let pairs = [("q", self.q.as_str()), ("who", self.who.as_str()), ("before", before.as_str())];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Some(format!("{base}?{query}"))
    }
}

#[derive(Template)]
#[template(path = "members.html")]
struct ListTemplate<'a> {
    t: &'a Texts,
    query: &'a ListQuery,
    authors: Vec<(AuthorRecord, Face)>,
    members: i64,
    unclaimed: i64,
    next: Option<String>,
    all: [Who; 3],
}

impl ListTemplate<'_> {
    fn key(who: Who) -> &'static str {
        match who {
            Who::All => "accounts-who-all",
            Who::Members => "accounts-who-members",
            Who::Unclaimed => "accounts-who-unclaimed",
        }
    }
}

/// `/members`.
pub(super) async fn list(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(query): Query<ListQuery>,
) -> Result<Response, AppError> {
    let slice = accounts.list(&query.list(query.who)?).await?;
    let (members, unclaimed) = accounts.counts().await?;
    let next = query.next("/members", slice.next);
    let authors = slice
        .items
        .into_iter()
        .map(|r| {
            let face = Face::of(&r);
            (r, face)
        })
        .collect();
    let all = [Who::All, Who::Members, Who::Unclaimed];
    let template = ListTemplate { t: &ctx.t, query: &query, authors, members, unclaimed, next, all };
    let page = ctx.page().title(ctx.t.s("accounts-members")).active("members").canonical("/members");
    let page = if query.q.is_empty() && query.before.is_empty() { page } else { page.noindex() };
    Ok(page.render(&template))
}
