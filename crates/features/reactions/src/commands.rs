//! What members do with posts and with one another: check, change and append the event, in one transaction.
//!
//! Everything here may be done twice: what is so already stays so, and nothing is appended. The commands of one member
//! follow one another behind a lock of that member; the figures of a post change by steps, each in one statement.

use std::sync::Arc;

use xinghe_core::ports::{Authors, Posts};
use xinghe_core::{AuthorId, Event, FolderId, PostId, PostView};
use xinghe_store::{Store, StoreError, UnitOfWork};

use crate::error::ReactionError;
use crate::model::{self, FOLDER_NAME_MAX, FOLDERS_MAX, NOTE_MAX, Placing, Refusal, Target, most_followed, one_line};
use crate::store::{self, Change};

/// What a command answers.
pub type Done<T = ()> = Result<T, ReactionError>;

/// Votes, thanks, bookmarks and follows: commands and reading. Cheap to clone.
#[derive(Clone)]
pub struct Reactions {
    pub(crate) store: Store,
    pub(crate) posts: Arc<dyn Posts>,
    pub(crate) authors: Arc<dyn Authors>,
}

impl std::fmt::Debug for Reactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reactions").finish_non_exhaustive()
    }
}

/// Takes the lock of a member: held by the member's commands, and by whoever erases the member.
pub(crate) async fn lock(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.lock(&format!("reactions:{member}")).await
}

impl Reactions {
    /// Over a store whose migrations have run, and those who know posts and people.
    pub fn new(store: Store, posts: Arc<dyn Posts>, authors: Arc<dyn Authors>) -> Self {
        Self { store, posts, authors }
    }

    /// A unit of work that is one member's alone.
    async fn begin(&self, member: AuthorId) -> Done<UnitOfWork> {
        let mut unit = self.store.begin().await?;
        lock(&mut unit, member).await?;
        // A request that was let in just before its member was erased.
        if store::erased(&unit, member).await? { Err(ReactionError::NotFound) } else { Ok(unit) }
    }

    /// A post that is to be seen.
    async fn visible(&self, post: PostId) -> Done<PostView> {
        self.posts.posts(&[post]).await?.remove(&post).ok_or(ReactionError::NotFound)
    }

    /// Sets a member's vote on a post: 1 for it, -1 against it, 0 takes it back.
    ///
    /// # Errors
    /// The post is not to be seen, or the rules do not allow this vote ([`model::may_vote`]).
    pub async fn vote(&self, by: AuthorId, post: PostId, value: i8) -> Done {
        let view = self.visible(post).await?;
        model::may_vote(by, &view, value, self.store.now())?;
        let mut unit = self.begin(by).await?;
        let before = store::vote(&unit, by, post).await?;
        if before == value {
            return Ok(());
        }
        store::set_vote(&mut unit, by, post, value, self.store.now()).await?;
        let votes = i32::from(value) - i32::from(before);
        store::add(&mut unit, post, Change { votes, ..Change::default() }).await?;
        unit.append(Some(by), &Event::PostVoted { post, by, value }).await?;
        Ok(unit.commit().await?)
    }

    /// Thanks for a post, once and for good.
    ///
    /// # Errors
    /// The post is not to be seen, is the member's own, or names nobody.
    pub async fn thank(&self, by: AuthorId, post: PostId) -> Done {
        let view = self.visible(post).await?;
        let to = model::thanked(by, &view)?;
        let mut unit = self.begin(by).await?;
        if store::thank(&mut unit, by, post, to, self.store.now()).await? {
            store::add(&mut unit, post, Change { thanks: 1, ..Change::default() }).await?;
            unit.append(Some(by), &Event::PostThanked { post, by, to }).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Bookmarks a post. With a placing, a bookmark that is there already is moved and its note replaced; without
    /// one it stays as it is.
    ///
    /// # Errors
    /// The post is not to be seen, the folder is not the member's, the note is too long.
    pub async fn keep(&self, by: AuthorId, post: PostId, placing: Option<Placing>) -> Done {
        if store::bookmark(&self.store, by, post).await?.is_none() {
            self.visible(post).await?;
        }
        let given = placing.is_some();
        let mut placing = placing.unwrap_or_default();
        placing.note = one_line(&placing.note);
        if placing.note.chars().count() > NOTE_MAX {
            let said = xinghe_web::Said::new("reactions-fault-long").with("max", NOTE_MAX);
            return Err(ReactionError::field("note", said));
        }
        let mut unit = self.begin(by).await?;
        if let Some(folder) = placing.folder
            && !store::folder_exists(&unit, by, folder).await?
        {
            return Err(ReactionError::field("folder", "reactions-fault-folder"));
        }
        if store::insert_bookmark(&mut unit, by, post, &placing, self.store.now()).await? {
            store::add(&mut unit, post, Change { kept: 1, ..Change::default() }).await?;
            unit.append(Some(by), &Event::PostKept { post, by, kept: true }).await?;
        } else if given {
            // Folder and note are nobody else's business: no event tells of them.
            store::place_bookmark(&mut unit, by, post, &placing).await?;
        }
        Ok(unit.commit().await?)
    }

    /// Takes a bookmark away, also of a post that is no longer to be seen.
    ///
    /// # Errors
    /// The database.
    pub async fn unkeep(&self, by: AuthorId, post: PostId) -> Done {
        let mut unit = self.begin(by).await?;
        if store::delete_bookmark(&mut unit, by, post).await? {
            store::add(&mut unit, post, Change { kept: -1, ..Change::default() }).await?;
            unit.append(Some(by), &Event::PostKept { post, by, kept: false }).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Makes a folder for bookmarks; one of this name that is there already is answered.
    ///
    /// # Errors
    /// Field `name` is empty or too long, or there are too many folders.
    pub async fn create_folder(&self, member: AuthorId, name: &str) -> Done<FolderId> {
        let (name, folded) = folder_name(name)?;
        let mut unit = self.begin(member).await?;
        if let Some(known) = store::folder_by_name(&unit, member, &folded).await? {
            return Ok(known);
        }
        if store::folders(&unit, member).await?.folders.len() >= FOLDERS_MAX {
            return Err(Refusal::TooManyFolders.into());
        }
        let id: FolderId = self.store.ids().next().into();
        store::insert_folder(&mut unit, member, id, (&name, &folded)).await?;
        unit.commit().await?;
        Ok(id)
    }

    /// Gives a folder another name.
    ///
    /// # Errors
    /// It is not the member's, or field `name` is empty, too long, or the name of another folder.
    pub async fn rename_folder(&self, member: AuthorId, folder: FolderId, name: &str) -> Done {
        let (name, folded) = folder_name(name)?;
        let mut unit = self.begin(member).await?;
        if !store::folder_exists(&unit, member, folder).await? {
            return Err(ReactionError::NotFound);
        }
        match store::folder_by_name(&unit, member, &folded).await? {
            Some(other) if other != folder => Err(ReactionError::field("name", "reactions-fault-folder-taken")),
            _ => {
                store::rename_folder(&mut unit, folder, (&name, &folded)).await?;
                Ok(unit.commit().await?)
            }
        }
    }

    /// Deletes a folder; the bookmarks in it stay, in the folder that everybody has. Without such a folder nothing
    /// happens.
    ///
    /// # Errors
    /// The database.
    pub async fn delete_folder(&self, member: AuthorId, folder: FolderId) -> Done {
        let mut unit = self.begin(member).await?;
        store::delete_folder(&mut unit, member, folder).await?;
        Ok(unit.commit().await?)
    }

    /// Follows a member, a tag or a post.
    ///
    /// # Errors
    /// There is no such author or post to be seen; it is oneself, or a reply; too much is followed already.
    pub async fn follow(&self, by: AuthorId, target: &Target) -> Done {
        match target {
            Target::Member(id) if *id == by => return Err(Refusal::Oneself.into()),
            Target::Member(id) if !self.authors.cards(&[*id]).await?.contains_key(id) => {
                return Err(ReactionError::NotFound);
            }
            Target::Post(id) if self.visible(*id).await?.kind.is_reply() => return Err(Refusal::Reply.into()),
            _ => {}
        }
        let mut unit = self.begin(by).await?;
        if let Target::Member(id) = target
            && store::erased(&unit, *id).await?
        {
            return Err(ReactionError::NotFound);
        }
        if !store::insert_follow(&mut unit, by, target, self.store.now()).await? {
            return Ok(());
        }
        let most = most_followed(target.kind());
        if store::count_of(&unit, by, target.kind()).await? > most {
            return Err(Refusal::TooManyFollows(most).into());
        }
        self.followed(unit, by, target, true).await
    }

    /// Stops following, also what is no longer to be seen.
    ///
    /// # Errors
    /// The database.
    pub async fn unfollow(&self, by: AuthorId, target: &Target) -> Done {
        let mut unit = self.begin(by).await?;
        if store::delete_follow(&mut unit, by, target).await? {
            self.followed(unit, by, target, false).await?;
        }
        Ok(())
    }

    /// Counts and tells of a follow that was written or taken away.
    async fn followed(&self, mut unit: UnitOfWork, by: AuthorId, target: &Target, on: bool) -> Done {
        let (kind, id) = (target.kind(), target.id());
        store::add_followers(&mut unit, kind, id, if on { 1 } else { -1 }).await?;
        unit.append(Some(by), &Event::Followed { by, kind, id, on }).await?;
        Ok(unit.commit().await?)
    }

    /// Counts all figures anew from the rows, while others go on changing them; answers how many were wrong.
    ///
    /// # Errors
    /// The database.
    pub async fn recount(&self) -> Result<u64, StoreError> {
        let (mut after, mut wrong) = (None, 0);
        loop {
            let mut unit = self.store.begin().await?;
            // Both this and erasing a member change many rows: never at once.
            unit.lock(SWEEP).await?;
            let Some((last, found)) = store::recount(&mut unit, after).await? else {
                unit.commit().await?;
                return Ok(wrong);
            };
            unit.commit().await?;
            wrong += found;
            after = Some(last);
        }
    }
}

/// The lock of whoever changes the figures of many posts in one transaction.
pub(crate) const SWEEP: &str = "reactions:sweep";

/// A folder's name as it is kept, and in lower case.
fn folder_name(given: &str) -> Done<(String, String)> {
    let name = one_line(given);
    if name.is_empty() {
        return Err(ReactionError::field("name", "reactions-fault-name"));
    }
    if name.chars().count() > FOLDER_NAME_MAX {
        let said = xinghe_web::Said::new("reactions-fault-long").with("max", FOLDER_NAME_MAX);
        return Err(ReactionError::field("name", said));
    }
    let folded = name.to_lowercase();
    Ok((name, folded))
}
