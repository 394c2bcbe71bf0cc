//! What the API takes and gives.

pub(crate) mod factor;
pub(crate) mod mail;
pub(crate) mod tokens;

use serde::{Deserialize, Deserializer, Serialize};
use xinghe_core::{AuthorCard, Lang, SessionId, Timestamp};
use xinghe_web::{Role, Theme};

use crate::model::{
    About, AuthorRecord, Claim, ClaimState, Leaving, Link, NewSession, Proof, SessionView, Standing, Who,
};

/// An author in a few words.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CardJson {
    /// The author's id.
    id: String,
    /// The unique name in addresses.
    handle: String,
    /// The name to show.
    name: String,
    /// The address of the author's page.
    url: String,
    /// Whether a person stands behind it with an account.
    claimed: bool,
    /// Whether it is a sample member.
    sample: bool,
}

impl From<&AuthorCard> for CardJson {
    fn from(card: &AuthorCard) -> Self {
        let url = card.url();
        let AuthorCard { id, handle, name, claimed, sample } = card.clone();
        Self { id: id.to_string(), handle, name, url, claimed, sample }
    }
}

/// A member or an unclaimed author.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MemberJson {
    #[serde(flatten)]
    card: CardJson,
    /// Since when the author is known here.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Where the imported work said more about the person.
    source_url: Option<String>,
    /// What the member may do; `null` for an unclaimed author.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Notes about oneself, in Markdown.
    about: About,
    /// Links.
    links: Vec<Link>,
}

impl From<AuthorRecord> for MemberJson {
    fn from(record: AuthorRecord) -> Self {
        let card = CardJson::from(&record.card);
        let (role, about, links) =
            record.member.map_or((None, About::default(), vec![]), |m| (Some(m.role), m.about, m.links));
        Self { card, created_at: record.created_at, source_url: record.url, role, about, links }
    }
}

/// Oneself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MeJson {
    #[serde(flatten)]
    member: MemberJson,
    /// The chosen interface language; `null` follows the browser.
    #[schema(value_type = Option<String>)]
    language: Option<Lang>,
    /// The chosen colour scheme, `light` or `dark`; `null` follows the system.
    #[schema(value_type = Option<String>)]
    theme: Option<Theme>,
}

impl From<AuthorRecord> for MeJson {
    fn from(record: AuthorRecord) -> Self {
        let (language, theme) = record.member.as_ref().map_or((None, None), |m| (m.language, m.theme));
        Self { member: record.into(), language, theme }
    }
}

/// A member as administrators see one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AdminMemberJson {
    #[serde(flatten)]
    member: MemberJson,
    /// Whether the member may sign in.
    standing: Option<Standing>,
}

impl From<AuthorRecord> for AdminMemberJson {
    fn from(record: AuthorRecord) -> Self {
        let standing = record.member.as_ref().map(|m| m.standing);
        Self { member: record.into(), standing }
    }
}

/// A session begun: the token is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TokenJson {
    /// To be sent as `Authorization: Bearer …`.
    token: String,
    /// When it ends unless used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The session's id.
    session: String,
}

impl From<NewSession> for TokenJson {
    fn from(session: NewSession) -> Self {
        Self { token: session.token, expires_at: session.expires_at, session: session.id.to_string() }
    }
}

/// A session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SessionJson {
    /// Its id.
    id: String,
    /// The program it was begun with, as that named itself.
    user_agent: String,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, to within five minutes.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Timestamp,
    /// When it ends unless used again.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionJson {
    pub(crate) fn new(view: SessionView, current: SessionId) -> Self {
        let SessionView { id, user_agent, created_at, seen_at, expires_at } = view;
        Self { id: id.to_string(), user_agent, created_at, seen_at, expires_at, current: id == current }
    }
}

/// A claim.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ClaimJson {
    /// Its id.
    id: String,
    /// The unclaimed author.
    author: CardJson,
    /// Who says to be that author.
    member: CardJson,
    /// How it is to be proved.
    proof: Proof,
    /// The reason given.
    why: String,
    /// Where it stands.
    state: ClaimState,
    /// What the administrator wrote to the decision.
    note: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
}

impl From<Claim> for ClaimJson {
    fn from(claim: Claim) -> Self {
        let Claim { id, author, member, proof, why, state, note, created_at, decided_at } = claim;
        let (author, member) = (CardJson::from(&author), CardJson::from(&member));
        Self { id: id.to_string(), author, member, proof, why, state, note, created_at, decided_at }
    }
}

/// Some members, and where the rest begins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MembersJson {
    /// These, newest first.
    pub items: Vec<MemberJson>,
    /// The `cursor` of the next page; `null` when there is none.
    pub next: Option<String>,
}

/// Some claims, and where the rest begins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ClaimsJson {
    /// These, newest first.
    pub items: Vec<ClaimJson>,
    /// The `cursor` of the next page; `null` when there is none.
    pub next: Option<String>,
}

/// All sessions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SessionsJson {
    /// These, last used first.
    pub items: Vec<SessionJson>,
}

/// Handle and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInBody {
    /// The handle.
    pub handle: String,
    /// The password.
    pub password: String,
    /// A code of the second factor, where there is one: six digits from an app, or a recovery code.
    #[serde(default)]
    pub code: Option<String>,
}

/// A new member.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterBody {
    /// 2 to 32 of a–z, 0–9, `_` and `-`.
    pub handle: String,
    /// The name to show; without it, the handle.
    #[serde(default)]
    pub name: String,
    /// At least ten characters.
    pub password: String,
    /// The interface language: `zh-Hans`, `zh-Hant` or `en`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub language: Option<Lang>,
}

/// A change of one's profile; what is left out stays.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ChangeBody {
    /// The name to show.
    pub name: Option<String>,
    /// Notes about oneself, in Markdown.
    pub about: Option<About>,
    /// All links.
    pub links: Option<Vec<Link>>,
    /// The interface language; `null` follows the browser.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub language: Option<Option<Lang>>,
    /// The colour scheme; `null` follows the system.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub theme: Option<Option<Theme>>,
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

/// A password change.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// The password so far.
    pub old: String,
    /// The password from now on.
    pub new: String,
}

/// Leaving: the password, asked again, and what becomes of what one wrote.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseBody {
    /// The password.
    pub password: String,
    /// `anonymous` where it stays without a name, `named` where it stays under the name, `deleted` where its words go for
    /// good.
    pub posts: Leaving,
}

/// Why one says to be an author.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimBody {
    /// The reason, for the administrator who decides.
    pub why: String,
}

/// A decision.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionBody {
    /// Whether the author is this member.
    pub accept: bool,
    /// A note to the member.
    #[serde(default)]
    pub note: String,
}

/// A change of a member by an administrator; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminChangeBody {
    /// `member`, `moderator` or `administrator`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// `active` or `disabled`.
    #[serde(default)]
    pub standing: Option<Standing>,
}

/// Which members.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersQuery {
    /// Parts of a name or handle.
    pub q: String,
    /// `all`, `members` or `unclaimed`.
    #[param(inline)]
    pub who: Who,
    /// Where to go on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many, 1 to 100; without it 30.
    pub limit: Option<i64>,
}

/// Which claims.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClaimsQuery {
    /// Only those of this state.
    #[param(inline)]
    pub state: Option<ClaimState>,
    /// Where to go on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many, 1 to 100; without it 30.
    pub limit: Option<i64>,
}
