//! What a member takes along of the account: all but the secrets.

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::AuthorId;
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::PortResult;

use crate::commands::{Accounts, ClaimList};
use crate::model::{AuthorRecord, Claim, Connection, SessionView, TokenView};

const FILES: &[Described] = &[
    Described {
        path: "account/profile.json",
        en: "handle, name, notes about oneself, links, interface language and colour scheme, role, email address, since when there is a second factor, since when one is a member",
        zh: "用户名、名字、自我介绍、链接、界面语言和配色、角色、邮箱、是否有两步验证、注册时间",
    },
    Described {
        path: "account/sessions.json",
        en: "where one is signed in: `program`, `begun_at`, `used_at`, `ends_at`; without what one signs in with",
        zh: "登录中的设备：程序、开始、最近使用、结束时间；不含登录凭据",
    },
    Described {
        path: "account/tokens.json",
        en: "personal access tokens: `name`, `scopes`, `made_at`, `ends_at`, `used_at`; without the tokens",
        zh: "个人访问令牌：名称、权限、制作、结束、最近使用时间；不含令牌本身",
    },
    Described {
        path: "account/connections.json",
        en: "accounts at other sites by which one signs in: `site`, `shown`, `page`, `connected_at`, `used_at`",
        zh: "用来登录的其他网站账号：网站、那边的用户名、主页、关联和最近使用时间",
    },
    Described {
        path: "account/claims.json",
        en: "imported authors that one said to be: `author`, `why`, `state`, `note`, `made_at`, `decided_at`",
        zh: "认领过的作者：作者、理由、状态、批注、时间",
    },
];

/// How many claims are read at once.
const CLAIMS: u32 = 100;

#[async_trait]
impl Portable for Accounts {
    fn files(&self) -> &'static [Described] {
        FILES
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let Some(record) = self.author_by_id(member).await? else { return Ok(()) };
        let (email, factor) = (self.email(member).await?, self.factor(member).await?);
        let mut profile = profile(&record);
        profile["email"] =
            json!({ "address": email.address, "verified_at": email.verified_at, "pending": email.pending });
        profile["second_factor_since"] = json!(factor.on_since);
        profile["url"] = json!(format!("{}{}", into.site(), record.card.url()));
        into.json("account/profile.json", &profile).await?;
        let sessions: Vec<Value> = self.sessions(member).await?.iter().map(session).collect();
        into.json("account/sessions.json", &json!(sessions)).await?;
        let tokens: Vec<Value> = self.tokens(member).await?.iter().map(token).collect();
        into.json("account/tokens.json", &json!(tokens)).await?;
        let connections: Vec<Value> = self.connections(member).await?.iter().map(connection).collect();
        into.json("account/connections.json", &json!(connections)).await?;
        let (mut claims, mut before): (Vec<Value>, _) = (Vec::new(), None);
        loop {
            let list = ClaimList { state: None, member: Some(member), before, limit: CLAIMS };
            let slice = self.claims(list).await?;
            claims.extend(slice.items.iter().map(claim));
            before = slice.next;
            if before.is_none() {
                break;
            }
        }
        into.json("account/claims.json", &json!(claims)).await
    }
}

fn profile(record: &AuthorRecord) -> Value {
    let mut profile = json!({
        "id": record.card.id,
        "handle": record.card.handle,
        "name": record.card.name,
        "since": record.created_at,
    });
    if let Some(info) = &record.member {
        profile["role"] = json!(info.role.as_str());
        profile["language"] = json!(info.language.map(xinghe_core::Lang::tag));
        profile["theme"] = json!(info.theme.map(xinghe_web::Theme::as_str));
        profile["about"] = json!(info.about);
        profile["links"] = json!(info.links);
    }
    profile
}

fn session(s: &SessionView) -> Value {
    json!({ "program": s.user_agent, "begun_at": s.created_at, "used_at": s.seen_at, "ends_at": s.expires_at })
}

fn connection(c: &Connection) -> Value {
    json!({
        "site": c.issuer,
        "shown": c.shown,
        "page": c.page,
        "connected_at": c.created_at,
        "used_at": c.used_at,
    })
}

fn token(t: &TokenView) -> Value {
    json!({
        "name": t.name,
        "scopes": t.scopes.to_string(),
        "made_at": t.created_at,
        "ends_at": t.expires_at,
        "used_at": t.used_at,
    })
}

fn claim(c: &Claim) -> Value {
    json!({
        "author": { "id": c.author.id, "handle": c.author.handle, "name": c.author.name },
        "why": c.why,
        "state": c.state.as_str(),
        "note": c.note,
        "made_at": c.created_at,
        "decided_at": c.decided_at,
    })
}
