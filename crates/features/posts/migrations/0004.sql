-- What a member deleted and can bring back.
CREATE INDEX posts_post_deleted ON posts_post (deleted_by, deleted_at, id) WHERE deleted_by IS NOT NULL;
