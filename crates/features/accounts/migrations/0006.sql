-- Accounts at other sites by which members sign in. `issuer` is the site's kind and address, `subject` its lasting name for
-- the person, `shown` the handle there, `page` the address of the account's page as it is compared: in small letters.
CREATE TABLE accounts_connection (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    shown TEXT NOT NULL,
    page TEXT,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_connection_subject ON accounts_connection (issuer, subject);
CREATE INDEX accounts_connection_member ON accounts_connection (member);
CREATE INDEX accounts_connection_page ON accounts_connection (page);

-- Browsers sent to another site, by the hashes of what comes back in the address and of what is in the browser's cookie.
-- `member` is who connects the account there; without one somebody signs in.
CREATE TABLE accounts_errand (
    state_hash TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    site TEXT NOT NULL,
    member BIGINT REFERENCES accounts_member (id),
    next TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX accounts_errand_member ON accounts_errand (member);
CREATE INDEX accounts_errand_expiry ON accounts_errand (expires_at);

-- People who showed who they are elsewhere and have yet to choose a handle here, as hashes of their tokens. `address` is
-- one that the site verified.
CREATE TABLE accounts_arrival (
    token_hash TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    shown TEXT NOT NULL,
    page TEXT,
    name TEXT NOT NULL,
    address TEXT,
    next TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX accounts_arrival_expiry ON accounts_arrival (expires_at);
