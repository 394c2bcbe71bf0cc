-- A member's second factor: the secret of codes by time (RFC 6238). Without `confirmed_at` it is being set up.
-- `last_step` is the newest step whose code was used, so that none is used twice.
CREATE TABLE accounts_factor (
    member BIGINT PRIMARY KEY REFERENCES accounts_member (id),
    secret TEXT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Recovery codes not used yet, as hashes.
CREATE TABLE accounts_recovery (
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (member, code_hash)
);

-- Sign-ins that wait for the second factor, as hashes of their tokens.
CREATE TABLE accounts_half (
    token_hash TEXT PRIMARY KEY,
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX accounts_half_member ON accounts_half (member);
CREATE INDEX accounts_half_expiry ON accounts_half (expires_at);
