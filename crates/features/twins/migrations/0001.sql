CREATE TABLE twins_answer (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    asker BIGINT,
    twin BIGINT,
    question TEXT NOT NULL,
    language TEXT NOT NULL,
    abstained BOOLEAN NOT NULL,
    reason TEXT,
    confidence DOUBLE PRECISION NOT NULL,
    body TEXT NOT NULL,
    rating_key TEXT NOT NULL
);
CREATE INDEX twins_answer_twin ON twins_answer (twin, id);
CREATE INDEX twins_answer_asker ON twins_answer (asker);

CREATE TABLE twins_rating (
    answer BIGINT PRIMARY KEY REFERENCES twins_answer (id) ON DELETE CASCADE,
    helpful BOOLEAN NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE twins_calibration (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    sampled INTEGER NOT NULL,
    threshold DOUBLE PRECISION NOT NULL,
    kept DOUBLE PRECISION NOT NULL,
    refused DOUBLE PRECISION NOT NULL
);

CREATE TABLE twins_post (
    post BIGINT PRIMARY KEY,
    author BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX twins_post_author ON twins_post (author, at);
