-- Pictures of members. The bytes stand in a table of their own, so that lists do not touch them.
CREATE TABLE media_picture (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    member BIGINT NOT NULL,
    -- Of what was sent (SHA-256): sent twice by one member, it is one picture.
    digest TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- From when on it goes if nothing shows it.
    keep_until BIGINT NOT NULL
);
CREATE UNIQUE INDEX media_picture_digest ON media_picture (member, digest);
CREATE INDEX media_picture_member ON media_picture (member, id);
CREATE INDEX media_picture_keep ON media_picture (keep_until);

CREATE TABLE media_bytes (
    picture BIGINT PRIMARY KEY,
    content BYTES NOT NULL
);

-- How many pictures a member added on a day (of UTC), deleted ones among them.
CREATE TABLE media_day (
    member BIGINT NOT NULL,
    day BIGINT NOT NULL,
    pictures BIGINT NOT NULL,
    PRIMARY KEY (member, day)
);
