-- Personal access tokens, as hashes. `scopes` are words with spaces between; `hint` is the end of the token, by which
-- its owner knows it again.
CREATE TABLE accounts_token (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX accounts_token_hash ON accounts_token (token_hash);
CREATE INDEX accounts_token_member ON accounts_token (member);
CREATE INDEX accounts_token_expiry ON accounts_token (expires_at);
