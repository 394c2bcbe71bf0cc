//! Agent cards: what the guide and each twin say of themselves to other agents.
//!
//! Source: the A2A specification 1.0, sections 4.4 (AgentCard) and 8 (discovery).

use serde_json::{Value, json};
use xinghe_core::AuthorCard;
use xinghe_web::PageContext;

/// The version of the protocol that is spoken.
pub(super) const VERSION: &str = "1.0";

/// The card of the guide, or of a member's twin.
pub(super) fn card(ctx: &PageContext, twin: Option<&AuthorCard>) -> Value {
    let site = ctx.t.s("twins-site");
    let (name, description, url, page) = match twin {
        Some(card) => (
            ctx.t.f("twins-of", &[("name", card.name.as_str().into())]),
            ctx.t.f("twins-ask-twin-lead", &[("name", card.name.as_str().into())]),
            format!("/a2a/{}", card.handle),
            format!("/@{}/twin", card.handle),
        ),
        None => (
            format!("{site} · {}", ctx.t.s("twins-ask-title")),
            ctx.t.s("twins-ask-lead").into_owned(),
            "/a2a".to_owned(),
            "/ask".to_owned(),
        ),
    };
    json!({
        "name": name,
        "description": description,
        "version": env!("CARGO_PKG_VERSION"),
        "provider": { "organization": site, "url": ctx.absolute("/") },
        "documentationUrl": ctx.absolute(&page),
        "supportedInterfaces": [{ "url": ctx.absolute(&url), "protocolBinding": "JSONRPC", "protocolVersion": VERSION }],
        "capabilities": { "streaming": true, "pushNotifications": false, "extendedAgentCard": false },
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/markdown", "application/json"],
        "securitySchemes": {
            "token": { "httpAuthSecurityScheme": {
                "scheme": "Bearer",
                "description": "A personal access token; guests need none",
            } },
        },
        "skills": [{
            "id": "ask",
            "name": ctx.t.s("twins-ask"),
            "description": description,
            "tags": ["questions", "citations"],
        }],
        "iconUrl": ctx.absolute("/favicon.ico"),
    })
}
