-- What members write to one another in private. A conversation has two members today and may have more one day: who
-- takes part stands in a table of its own.
CREATE TABLE messages_conversation (
    id BIGINT PRIMARY KEY,
    made_at BIGINT NOT NULL,
    -- Its latest message.
    last BIGINT NOT NULL
);

-- The one conversation of two members, the lower id first.
CREATE TABLE messages_pair (
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    PRIMARY KEY (low, high)
);

CREATE TABLE messages_member (
    conversation BIGINT NOT NULL,
    member BIGINT NOT NULL,
    -- The latest message here, and the latest one that the member has read.
    last BIGINT NOT NULL,
    read_to BIGINT NOT NULL,
    -- How many messages of others are behind that.
    unread INTEGER NOT NULL,
    PRIMARY KEY (conversation, member)
);
CREATE INDEX messages_member_inbox ON messages_member (member, last);
CREATE INDEX messages_member_unread ON messages_member (member) WHERE unread > 0;

CREATE TABLE messages_message (
    id BIGINT PRIMARY KEY,
    conversation BIGINT NOT NULL,
    author BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX messages_message_page ON messages_message (conversation, id);
CREATE INDEX messages_message_author ON messages_message (author, at);

-- Who began a conversation, and when: for the limits of new ones.
CREATE TABLE messages_begun (
    conversation BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX messages_begun_member ON messages_begun (member, at);

CREATE TABLE messages_block (
    member BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member, blocked)
);
CREATE INDEX messages_block_blocked ON messages_block (blocked);

-- Who may write to a member; what is not there is everybody.
CREATE TABLE messages_setting (
    member BIGINT PRIMARY KEY,
    who TEXT NOT NULL
);

-- Who was erased: a message that was still under way leaves nothing behind.
CREATE TABLE messages_erased (
    member BIGINT PRIMARY KEY
);
