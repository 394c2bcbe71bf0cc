//! Roles and standing.

use xinghe_core::{AuthorId, Event};
use xinghe_store::UnitOfWork;
use xinghe_web::Role;

use super::Accounts;
use crate::error::AccountError;
use crate::model::Standing;
use crate::store::{members, sessions};

impl Accounts {
    /// Gives a member a role. `actor` is the administrator, or `None` for the command line.
    ///
    /// # Errors
    /// [`AccountError::NotFound`]; [`AccountError::Conflict`] when no administrator would be left.
    #[tracing::instrument(skip_all, name = "accounts.set_role")]
    pub async fn set_role(&self, actor: Option<AuthorId>, member: AuthorId, role: Role) -> Result<(), AccountError> {
        let unit = self.begin().await?;
        // Administrators are held first and the member second, in every command, so that two never wait for each other.
        let administrators = members::administrators(&unit).await?;
        let (old, standing) = members::rank(&unit, member).await?.ok_or(AccountError::NotFound)?;
        if old == role {
            return Ok(());
        }
        if old == Role::Administrator {
            keep_one(&administrators, member)?;
        }
        self.write_rank(unit, actor, member, role, standing).await
    }

    /// Disables an account, which ends its sessions at once, or enables it again.
    ///
    /// # Errors
    /// [`AccountError::NotFound`]; [`AccountError::Conflict`] when no administrator would be left.
    #[tracing::instrument(skip_all, name = "accounts.set_standing")]
    pub async fn set_standing(
        &self,
        actor: Option<AuthorId>,
        member: AuthorId,
        standing: Standing,
    ) -> Result<(), AccountError> {
        let mut unit = self.begin().await?;
        let administrators = members::administrators(&unit).await?;
        let (role, old) = members::rank(&unit, member).await?.ok_or(AccountError::NotFound)?;
        if old == standing {
            return Ok(());
        }
        if standing == Standing::Disabled {
            keep_one(&administrators, member)?;
            sessions::delete_all(&mut unit, member, None).await?;
        }
        self.write_rank(unit, actor, member, role, standing).await
    }

    async fn write_rank(
        &self,
        mut unit: UnitOfWork,
        actor: Option<AuthorId>,
        member: AuthorId,
        role: Role,
        standing: Standing,
    ) -> Result<(), AccountError> {
        members::set_rank(&mut unit, member, role, standing).await?;
        unit.append(actor, &Event::RoleChanged { member }).await?;
        Ok(unit.commit().await?)
    }
}

/// Refuses to let the only administrator go.
pub(super) fn keep_one(administrators: &[AuthorId], leaving: AuthorId) -> Result<(), AccountError> {
    if administrators == [leaving] {
        return Err(AccountError::conflict("accounts-error-last-administrator"));
    }
    Ok(())
}
