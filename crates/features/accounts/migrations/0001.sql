-- Everybody who wrote something: members, and authors whose work was imported. Handles are lower-case ASCII.
CREATE TABLE accounts_author (
    id BIGINT PRIMARY KEY,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    name_fold TEXT NOT NULL,
    url TEXT,
    claimed BOOLEAN NOT NULL,
    sample BOOLEAN NOT NULL,
    merged_into BIGINT REFERENCES accounts_author (id),
    created_at BIGINT NOT NULL,
    erased_at BIGINT
);
CREATE UNIQUE INDEX accounts_author_handle ON accounts_author (handle);
CREATE INDEX accounts_author_merged ON accounts_author (merged_into);

-- How importing sources call an author. Only a hash is kept, so that an erased author leaves no name here, and
-- importing again still finds the same author.
CREATE TABLE accounts_import_key (
    key_hash TEXT PRIMARY KEY,
    author BIGINT NOT NULL REFERENCES accounts_author (id)
);
CREATE INDEX accounts_import_key_author ON accounts_import_key (author);

CREATE TABLE accounts_member (
    id BIGINT PRIMARY KEY REFERENCES accounts_author (id),
    password TEXT,
    role TEXT NOT NULL,
    standing TEXT NOT NULL,
    language TEXT,
    theme TEXT,
    about_zh_hans TEXT NOT NULL,
    about_zh_hant TEXT NOT NULL,
    about_en TEXT NOT NULL,
    links TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX accounts_member_role ON accounts_member (role, standing);

CREATE TABLE accounts_session (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    token_hash TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_session_token ON accounts_session (token_hash);
CREATE INDEX accounts_session_member ON accounts_session (member);
CREATE INDEX accounts_session_expiry ON accounts_session (expires_at);

-- Failed tries of secrets. The subject is a hash over an account, an address, or both.
CREATE TABLE accounts_throttle (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);

-- Tokens of first-administrator links; empty once there is an administrator.
CREATE TABLE accounts_setup (
    token_hash TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- Members who say that an unclaimed author is them. `proof` is the kind of proof: `admin` is an administrator's word.
CREATE TABLE accounts_claim (
    id BIGINT PRIMARY KEY,
    author BIGINT NOT NULL REFERENCES accounts_author (id),
    member BIGINT NOT NULL REFERENCES accounts_author (id),
    proof TEXT NOT NULL,
    why TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT,
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE UNIQUE INDEX accounts_claim_open ON accounts_claim (author, member) WHERE state = 'open';
CREATE INDEX accounts_claim_state ON accounts_claim (state, id);
CREATE INDEX accounts_claim_member ON accounts_claim (member);
