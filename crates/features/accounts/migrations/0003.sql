-- The address at which a member was shown to read mail. `fold` is the address as it is compared.
CREATE TABLE accounts_email (
    member BIGINT PRIMARY KEY REFERENCES accounts_member (id),
    address TEXT NOT NULL,
    fold TEXT NOT NULL,
    verified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_email_fold ON accounts_email (fold);

-- Mails that were asked for and not sent yet. Those asked for by address are written down whether somebody has the
-- address or not: who it belongs to is looked up when it is sent.
CREATE TABLE accounts_letter (
    id BIGINT PRIMARY KEY,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    member BIGINT,
    language TEXT NOT NULL,
    next TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX accounts_letter_member ON accounts_letter (member);
CREATE INDEX accounts_letter_created ON accounts_letter (created_at);

-- Links that work once, as hashes of their tokens. `address` is the one that a link goes to prove.
CREATE TABLE accounts_link (
    token_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    address TEXT,
    next TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX accounts_link_member ON accounts_link (member, purpose);
CREATE INDEX accounts_link_expiry ON accounts_link (expires_at);
