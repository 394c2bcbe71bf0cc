-- Of a moment: the post it passes on.
ALTER TABLE posts_post ADD COLUMN quote BIGINT;

CREATE TABLE posts_mention (
    post BIGINT NOT NULL,
    -- As written, without @.
    handle TEXT NOT NULL,
    author BIGINT NOT NULL,
    PRIMARY KEY (post, handle)
);
CREATE INDEX posts_mention_author ON posts_mention (author, post);

-- What is the same story wherever it is told.
CREATE TABLE posts_story (
    key TEXT PRIMARY KEY,
    post BIGINT NOT NULL,
    url TEXT NOT NULL,
    by_author BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX posts_story_post ON posts_story (post, at);
