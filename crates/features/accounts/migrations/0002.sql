-- Handles of members who are gone, as hashes: nobody else takes them over.
CREATE TABLE accounts_former_handle (
    handle_hash TEXT PRIMARY KEY
);

-- Networks from which a member signed in, as hashes: tries from there do not wait because of those from elsewhere.
CREATE TABLE accounts_known_network (
    member BIGINT NOT NULL REFERENCES accounts_member (id),
    network_hash TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (member, network_hash)
);
