-- Pictures that texts show from other hosts, and the copies that are kept of them; their bytes stand in media_bytes.
CREATE TABLE media_far (
    id BIGINT PRIMARY KEY,
    -- SHA-256 of the address.
    digest TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    -- Of the copy, once there is one.
    name TEXT UNIQUE,
    bytes BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- When it is fetched, or tried again. NULL: no more.
    next_at BIGINT
);
CREATE INDEX media_far_next ON media_far (next_at) WHERE next_at IS NOT NULL;

-- Which posts show them.
CREATE TABLE media_far_post (
    post BIGINT NOT NULL,
    picture BIGINT NOT NULL,
    PRIMARY KEY (post, picture)
);
CREATE INDEX media_far_post_picture ON media_far_post (picture);

-- Posts whose texts are to be looked at, and the event that says so.
CREATE TABLE media_look (
    post BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL
);
