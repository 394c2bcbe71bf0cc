-- One line per member, kind and subject, for as long as it is unread and seven days at most. Derived from the log; the
-- id follows from what the line is about, so that a rebuilt one is the same.
CREATE TABLE notifications_note (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    -- The subject where it is a post, else 0.
    post BIGINT NOT NULL,
    -- 1: what was told also names the member.
    named INTEGER NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    last_epoch BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    read_at BIGINT,
    -- Up to which event it was read: what comes behind it begins a new line.
    read_epoch BIGINT,
    read_seq BIGINT
);
CREATE INDEX notifications_note_key ON notifications_note (member, kind, subject);
CREATE INDEX notifications_note_recent ON notifications_note (member, last_at, id);
CREATE INDEX notifications_note_unread ON notifications_note (member, kind) WHERE read_at IS NULL;

-- What a line is made of: one row per cause.
CREATE TABLE notifications_part (
    note BIGINT NOT NULL,
    -- What makes it one: a post, a voter, an answer, an event.
    item BIGINT NOT NULL,
    -- 0 where there is nobody to be named.
    actor BIGINT NOT NULL,
    -- The post that it leads to, or 0.
    post BIGINT NOT NULL,
    at BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    -- 1: it was taken back.
    taken INTEGER NOT NULL,
    PRIMARY KEY (note, item)
);
CREATE INDEX notifications_part_actor ON notifications_part (actor);

-- What members read, and up to which event: theirs, and kept when the rest is derived anew.
CREATE TABLE notifications_read (
    note BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    at BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
CREATE INDEX notifications_read_member ON notifications_read (member);

-- What members chose to be told, and where; what is not there is as it comes.
CREATE TABLE notifications_setting (
    member BIGINT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    told INTEGER NOT NULL,
    PRIMARY KEY (member, kind, channel)
);

-- What the log says of posts, members and follows: derived, so that the past is told as it was.
CREATE TABLE notifications_post (
    post BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    author BIGINT NOT NULL,
    parent BIGINT NOT NULL,
    -- Of a comment: what is talked about, the first post above it that is no comment. Else the post itself.
    top BIGINT NOT NULL
);
CREATE INDEX notifications_post_author ON notifications_post (author);

CREATE TABLE notifications_gone (
    post BIGINT PRIMARY KEY
);

CREATE TABLE notifications_member (
    member BIGINT PRIMARY KEY,
    at BIGINT NOT NULL
);

-- Who was erased: a command of theirs that was still under way leaves nothing behind.
CREATE TABLE notifications_erased (
    member BIGINT PRIMARY KEY
);

CREATE TABLE notifications_follow (
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    member BIGINT NOT NULL,
    since_epoch BIGINT NOT NULL,
    since_seq BIGINT NOT NULL,
    until_epoch BIGINT NOT NULL,
    until_seq BIGINT NOT NULL,
    PRIMARY KEY (kind, id, member, since_epoch, since_seq)
);
CREATE INDEX notifications_follow_member ON notifications_follow (member, kind, id);

-- The tags of a post when it appeared, as far as somebody followed them. The log does not name them, so they are kept
-- when the rest is derived anew.
CREATE TABLE notifications_topic (
    post BIGINT NOT NULL,
    tag BIGINT NOT NULL,
    PRIMARY KEY (post, tag)
);

-- How far tags were looked up.
CREATE TABLE notifications_through (
    id INTEGER PRIMARY KEY,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
INSERT INTO notifications_through (id, epoch, seq) VALUES (1, 0, 0);

-- What followers are still to be told, by a job, some hundreds of them in one transaction.
CREATE TABLE notifications_spread (
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    source TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    -- Whom others told already: the post's author.
    author BIGINT NOT NULL,
    item BIGINT NOT NULL,
    post BIGINT NOT NULL,
    -- The last follower who was told.
    after BIGINT NOT NULL,
    PRIMARY KEY (epoch, seq, source, source_id)
);

-- For streams: a number that rises with every change, and whom the last ones concerned.
CREATE TABLE notifications_clock (
    id INTEGER PRIMARY KEY,
    n BIGINT NOT NULL
);
INSERT INTO notifications_clock (id, n) VALUES (1, 0);
CREATE TABLE notifications_pulse (
    member BIGINT PRIMARY KEY,
    n BIGINT NOT NULL
);
CREATE INDEX notifications_pulse_n ON notifications_pulse (n);
