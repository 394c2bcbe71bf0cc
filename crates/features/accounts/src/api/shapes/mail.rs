//! Email addresses and links.

use serde::{Deserialize, Serialize};
use xinghe_core::Timestamp;

use crate::model::EmailView;

/// One's email address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EmailJson {
    /// Where one was shown to read mail; `null` when nowhere.
    address: Option<String>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    verified_at: Option<Timestamp>,
    /// An address that waits to be confirmed.
    pending: Option<String>,
    /// Whether this instance sends mail at all.
    sends_mail: bool,
}

impl EmailJson {
    pub(crate) fn new(view: EmailView, sends_mail: bool) -> Self {
        let EmailView { address, verified_at, pending } = view;
        Self { address, verified_at, pending, sends_mail }
    }
}

/// A new address.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailBody {
    /// The address.
    pub address: String,
    /// One's password.
    pub confirm: String,
}

/// The password, asked again before a dangerous act.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUpBody {
    /// One's own password.
    pub confirm: String,
}

/// Where to send a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressBody {
    /// An email address.
    pub address: String,
}

/// The token of a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    /// What stands behind `token=`.
    pub token: String,
}

/// Signing in by a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnterBody {
    /// What stands behind `token=`.
    pub token: String,
    /// A code of the second factor, where there is one.
    #[serde(default)]
    pub code: Option<String>,
}

/// A new password by a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasswordBody {
    /// What stands behind `token=`.
    pub token: String,
    /// At least ten characters.
    pub password: String,
}

/// A link that works once, shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct OneTimeLinkJson {
    /// Where it leads.
    pub url: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}
