//! The second factor.

use serde::{Deserialize, Serialize};
use xinghe_core::Timestamp;

use crate::model::factor::FactorView;

/// How one's second factor stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FactorJson {
    /// Since when it is on; `null` when it is off.
    #[schema(value_type = Option<String>, format = DateTime)]
    on_since: Option<Timestamp>,
    /// How many recovery codes are left.
    recovery_codes_left: i64,
}

impl From<FactorView> for FactorJson {
    fn from(view: FactorView) -> Self {
        Self { on_since: view.on_since, recovery_codes_left: view.recovery_left }
    }
}

/// A secret for an app.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SetupJson {
    /// In base 32, to be typed.
    pub secret: String,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    pub uri: String,
}

/// A code.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    /// Six digits from an app, or a recovery code.
    pub code: String,
}

/// Recovery codes, shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CodesJson {
    /// Each works once.
    pub recovery_codes: Vec<String>,
}
