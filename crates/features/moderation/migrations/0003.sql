-- How the local eye is set, where it is not as usual: `watching` (0 or 1), and thresholds in hundredths.
CREATE TABLE moderation_eye_rule (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
-- What it says of posts, about their current text. Probabilities in hundredths.
CREATE TABLE moderation_verdict (
    post BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,
    member BIGINT NOT NULL,
    spam INTEGER NOT NULL,
    abuse INTEGER NOT NULL,
    low_effort INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    -- The earlier post that it is like.
    alike BIGINT,
    -- Its author's level of trust then.
    level TEXT NOT NULL,
    -- Which model judged.
    version BIGINT NOT NULL,
    -- The reasons, as JSON.
    why TEXT NOT NULL,
    -- What would follow, and what did: `nothing`, `report` or `hold`.
    would TEXT NOT NULL,
    did TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX moderation_verdict_member ON moderation_verdict (member);
-- The smallest hashes of the shingles of posts' texts.
CREATE TABLE moderation_shingle (
    post BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    member BIGINT NOT NULL,
    PRIMARY KEY (post, hash)
);
CREATE INDEX moderation_shingle_hash ON moderation_shingle (hash);
CREATE INDEX moderation_shingle_member ON moderation_shingle (member);
-- What it learned from the shipped examples and what moderators decided.
CREATE TABLE moderation_eye_model (
    version BIGINT PRIMARY KEY,
    weights TEXT NOT NULL,
    at BIGINT NOT NULL,
    examples INTEGER NOT NULL,
    decisions INTEGER NOT NULL
);
