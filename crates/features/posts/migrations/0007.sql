-- Articles of one author in an order.
CREATE TABLE posts_series (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL,
    title TEXT NOT NULL,
    slug TEXT NOT NULL,
    about TEXT NOT NULL,
    version INTEGER NOT NULL,
    made_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX posts_series_owner ON posts_series (owner, id);

-- A post is a part of one series at most.
CREATE TABLE posts_series_part (
    post BIGINT PRIMARY KEY,
    series BIGINT NOT NULL,
    ordinal INTEGER NOT NULL
);
CREATE INDEX posts_series_part_series ON posts_series_part (series, ordinal);
