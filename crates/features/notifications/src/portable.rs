//! What a member takes along of notifications: the choices.

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::AuthorId;
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::PortResult;

use crate::commands::Notifications;
use crate::store;

#[async_trait]
impl Portable for Notifications {
    fn files(&self) -> &'static [Described] {
        &[Described {
            path: "notifications/settings.json",
            en: "what one wants to be told: `kind`, `channel`, `on`",
            zh: "通知设置：种类、渠道、是否开启",
        }]
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let choices = store::choices(&self.store, member).await?;
        let choices: Value = choices
            .iter()
            .map(|c| json!({ "kind": c.kind.as_str(), "channel": c.channel.as_str(), "on": c.on }))
            .collect();
        into.json("notifications/settings.json", &choices).await
    }
}
