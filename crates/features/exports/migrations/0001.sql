-- One archive per member: being made, ready, or failed.
CREATE TABLE exports_archive (
    member BIGINT PRIMARY KEY,
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- When its making last went on.
    moved_at BIGINT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    files INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    ready_at BIGINT,
    expires_at BIGINT
);
CREATE INDEX exports_archive_expiry ON exports_archive (expires_at);

-- The archive itself, in pieces: whichever process is asked for it has it.
CREATE TABLE exports_part (
    archive BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    bytes BYTES NOT NULL,
    PRIMARY KEY (archive, ordinal)
);

-- Sessions in which the member was asked again, and until when that counts.
CREATE TABLE exports_confirmed (
    session BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX exports_confirmed_member ON exports_confirmed (member);

-- Who was erased: an archive that was still being made leaves nothing behind.
CREATE TABLE exports_erased (
    member BIGINT PRIMARY KEY
);
