-- Which of this site's own pictures a revision of a post shows, or showed.
CREATE TABLE posts_picture (
    name TEXT NOT NULL,
    post BIGINT NOT NULL,
    PRIMARY KEY (name, post)
);
CREATE INDEX posts_picture_post ON posts_picture (post);
