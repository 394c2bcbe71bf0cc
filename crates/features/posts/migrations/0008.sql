-- What the current text of a post links to: "/posts/{id}", or an address as posts_story knows them, without host's
-- "www." and what counts visitors.
CREATE TABLE posts_cite (
    post BIGINT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (post, target)
);
CREATE INDEX posts_cite_target ON posts_cite (target, post);
CREATE INDEX posts_post_quote ON posts_post (quote) WHERE quote IS NOT NULL;
