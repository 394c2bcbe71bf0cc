CREATE TABLE search_embedding (
    revision BIGINT NOT NULL,
    model TEXT NOT NULL,
    post BIGINT NOT NULL,
    data BYTES NOT NULL,
    PRIMARY KEY (revision, model)
);
CREATE INDEX search_embedding_post ON search_embedding (post);

CREATE TABLE search_pending (
    post BIGINT PRIMARY KEY,
    queued_at BIGINT NOT NULL
);
