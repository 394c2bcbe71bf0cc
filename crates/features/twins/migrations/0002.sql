-- What an owner decides for the twin as a whole.
CREATE TABLE twins_owner (
    owner BIGINT PRIMARY KEY,
    paused BOOLEAN NOT NULL,
    -- Words it never speaks about, as JSON.
    topics TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- What the twin may do, act by act; nothing where there is no row.
CREATE TABLE twins_grant (
    owner BIGINT NOT NULL,
    act TEXT NOT NULL,
    mode TEXT NOT NULL,
    -- Of publishing by itself: percent of confidence, tags and languages as JSON (none is any), answers in 24 hours.
    least INTEGER NOT NULL,
    tags TEXT NOT NULL,
    languages TEXT NOT NULL,
    per_day INTEGER NOT NULL,
    PRIMARY KEY (owner, act)
);

-- Questions that appeared, derived from the log; at is negative while one is deleted.
CREATE TABLE twins_question (
    post BIGINT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX twins_question_at ON twins_question (at);

-- Questions for which it was looked whose twin could answer: once each.
CREATE TABLE twins_considered (
    question BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    outcome TEXT NOT NULL
);

CREATE TABLE twins_draft (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL,
    question BIGINT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    owners_part TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    language TEXT NOT NULL,
    -- The Markdown as it is or would be published, and the whole answer with its citations as JSON.
    body TEXT NOT NULL,
    answer TEXT NOT NULL,
    -- Whom it cites, as JSON of ids.
    facts TEXT NOT NULL,
    -- The id that the post has or would have.
    post BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE UNIQUE INDEX twins_draft_question ON twins_draft (question, owner);
CREATE INDEX twins_draft_owner ON twins_draft (owner, state, id);
CREATE INDEX twins_draft_state ON twins_draft (state, id);
CREATE UNIQUE INDEX twins_draft_post ON twins_draft (post);

-- The ledger: everything a twin did.
CREATE TABLE twins_act (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    question BIGINT NOT NULL,
    draft BIGINT,
    why TEXT,
    confidence DOUBLE PRECISION,
    -- What it saw: citations as JSON.
    seen TEXT NOT NULL
);
CREATE INDEX twins_act_owner ON twins_act (owner, id);

-- What the twin said and what the owner said to that.
CREATE TABLE twins_correction (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL,
    draft BIGINT NOT NULL,
    question BIGINT NOT NULL,
    at BIGINT NOT NULL,
    twin_said TEXT NOT NULL,
    owner_said TEXT,
    reason TEXT
);
CREATE INDEX twins_correction_owner ON twins_correction (owner, id);

-- Posts that are no evidence for their author's twin.
CREATE TABLE twins_excluded (
    owner BIGINT NOT NULL,
    post BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (owner, post)
);
