-- What is known of a member's use of the place, derived from the log by the reader `moderation-trust`.
CREATE TABLE moderation_trust_member (
    member BIGINT PRIMARY KEY,
    joined_at BIGINT NOT NULL,
    -- Days on which the member did something, and the last of them (days since 1970, UTC).
    days INTEGER NOT NULL,
    last_day INTEGER NOT NULL
);
-- What members wrote here themselves, and whether it is to be seen.
CREATE TABLE moderation_trust_post (
    post BIGINT PRIMARY KEY,
    author BIGINT NOT NULL,
    seen BOOLEAN NOT NULL
);
CREATE INDEX moderation_trust_post_author ON moderation_trust_post (author);
-- Thanks and votes for it that stand.
CREATE TABLE moderation_trust_thanks (
    post BIGINT NOT NULL,
    by_member BIGINT NOT NULL,
    -- `thanks` or `vote`.
    kind TEXT NOT NULL,
    PRIMARY KEY (post, by_member, kind)
);
CREATE INDEX moderation_trust_thanks_member ON moderation_trust_thanks (by_member);
-- What moderators decided against members.
CREATE TABLE moderation_trust_upheld (
    act BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX moderation_trust_upheld_member ON moderation_trust_upheld (member, at);
-- What members put before others lately, posts and private messages: at most a day of it.
CREATE TABLE moderation_trust_written (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX moderation_trust_written_member ON moderation_trust_written (member, at);

-- Levels that administrators set, the latest of a member holds; an empty word lets it grow by the rules again.
CREATE TABLE moderation_level (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    level TEXT NOT NULL,
    words TEXT NOT NULL,
    -- 0 where the administrator's account was erased.
    by_member BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX moderation_level_member ON moderation_level (member, id);
