-- What members are still writing. Theirs alone: no event tells of it until it is published.
CREATE TABLE posts_draft (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Of a change to a post: which, and the revision it started from.
    post BIGINT,
    base BIGINT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- The other fields as typed, as JSON.
    rest TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    version INTEGER NOT NULL,
    made_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- What the form or program that made it calls it: the same name again is the same draft.
    name TEXT,
    -- When it is to be published by itself, and why that failed.
    publish_at BIGINT,
    failed TEXT,
    -- What became of it. The row stays for a while without its text, so that publishing again finds the same post.
    published BIGINT,
    revision BIGINT,
    dropped_at BIGINT
);
CREATE UNIQUE INDEX posts_draft_change ON posts_draft (owner, post)
    WHERE post IS NOT NULL AND published IS NULL AND dropped_at IS NULL;
CREATE UNIQUE INDEX posts_draft_name ON posts_draft (owner, name) WHERE name IS NOT NULL;
CREATE INDEX posts_draft_owner ON posts_draft (owner, updated_at, id)
    WHERE published IS NULL AND dropped_at IS NULL;
