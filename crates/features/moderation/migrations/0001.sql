-- What moderators have to look at: all reports of one post or one member until they decide.
CREATE TABLE moderation_case (
    id BIGINT PRIMARY KEY,
    -- `post` or `member`, and which one.
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    -- The member, or the post's author.
    member BIGINT NOT NULL,
    state TEXT NOT NULL,
    reports INTEGER NOT NULL,
    opened_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    taken_by BIGINT,
    taken_at BIGINT,
    decided_at BIGINT
);
CREATE UNIQUE INDEX moderation_case_open ON moderation_case (kind, subject) WHERE state = 'open';
CREATE INDEX moderation_case_state ON moderation_case (state, id);
CREATE INDEX moderation_case_member ON moderation_case (member);

CREATE TABLE moderation_report (
    case_id BIGINT NOT NULL,
    by_member BIGINT NOT NULL,
    reason TEXT NOT NULL,
    words TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (case_id, by_member)
);
CREATE INDEX moderation_report_member ON moderation_report (by_member, at);

-- What moderators write for one another.
CREATE TABLE moderation_note (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    -- 0 where the moderator's account was erased.
    by_member BIGINT NOT NULL,
    words TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX moderation_note_case ON moderation_note (case_id, id);

-- What they did. A proposed act waits for a second moderator; an ended one was refused or undone.
CREATE TABLE moderation_act (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    measure TEXT NOT NULL,
    post BIGINT,
    member BIGINT NOT NULL,
    reason TEXT NOT NULL,
    -- For the member.
    words TEXT NOT NULL,
    -- Of a suspension for a time.
    days INTEGER NOT NULL,
    until BIGINT,
    state TEXT NOT NULL,
    by_member BIGINT NOT NULL,
    at BIGINT NOT NULL,
    confirmed_by BIGINT,
    confirmed_at BIGINT,
    ended_by BIGINT,
    ended_at BIGINT,
    why TEXT NOT NULL
);
CREATE INDEX moderation_act_case ON moderation_act (case_id, id);
CREATE INDEX moderation_act_member ON moderation_act (member, state);
CREATE INDEX moderation_act_post ON moderation_act (post, state) WHERE post IS NOT NULL;
CREATE INDEX moderation_act_state ON moderation_act (state, id);

CREATE TABLE moderation_appeal (
    act BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    member BIGINT NOT NULL,
    words TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- Empty until another moderator decided.
    granted BOOLEAN,
    answer TEXT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT
);
CREATE INDEX moderation_appeal_open ON moderation_appeal (case_id) WHERE granted IS NULL;
