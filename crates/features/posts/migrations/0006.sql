-- What moderators did to posts; the rows follow from the log.
CREATE TABLE posts_moderated (
    post BIGINT NOT NULL,
    act BIGINT NOT NULL,
    measure TEXT NOT NULL,
    PRIMARY KEY (post, act)
);
CREATE INDEX posts_moderated_act ON posts_moderated (act);
