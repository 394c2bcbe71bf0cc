CREATE TABLE posts_post (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    -- The post it hangs on directly, the nearest one above that is no comment, and the one whose page shows it.
    parent BIGINT,
    subject BIGINT,
    root BIGINT NOT NULL,
    title TEXT NOT NULL,
    slug TEXT NOT NULL,
    language TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    provenance TEXT NOT NULL,
    licence TEXT,
    source_url TEXT,
    original_url TEXT,
    author BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    revisions INTEGER NOT NULL,
    published_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    deleted_by BIGINT,
    -- The deleted post above it that took it out of sight.
    hidden_by BIGINT,
    -- Of a question: the accepted answer.
    accepted BIGINT,
    answers INTEGER NOT NULL DEFAULT 0,
    comments INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX posts_post_latest ON posts_post (published_at, id)
    WHERE parent IS NULL AND deleted_at IS NULL;
CREATE INDEX posts_post_kind ON posts_post (kind, published_at, id)
    WHERE parent IS NULL AND deleted_at IS NULL;
CREATE INDEX posts_post_root ON posts_post (root, kind, id);
CREATE INDEX posts_post_subject ON posts_post (subject) WHERE subject IS NOT NULL;
CREATE INDEX posts_post_hidden ON posts_post (hidden_by) WHERE hidden_by IS NOT NULL;
CREATE INDEX posts_post_author ON posts_post (author, published_at, id);

CREATE TABLE posts_revision (
    id BIGINT PRIMARY KEY,
    post BIGINT NOT NULL,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Who made the change; none where it was imported.
    author BIGINT,
    note TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX posts_revision_post ON posts_revision (post, number);

CREATE TABLE posts_credit (
    post BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    author BIGINT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (post, ordinal)
);
CREATE INDEX posts_credit_author ON posts_credit (author, post);

CREATE TABLE posts_tag (
    post BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (post, ordinal)
);
CREATE INDEX posts_tag_tag ON posts_tag (tag, post);

CREATE TABLE posts_fact (
    post BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (post, ordinal)
);

CREATE TABLE posts_import (
    origin TEXT NOT NULL,
    path TEXT NOT NULL,
    post BIGINT NOT NULL,
    -- SHA-256 of text and metadata as they were found, credits apart.
    hash TEXT NOT NULL,
    PRIMARY KEY (origin, path)
);
