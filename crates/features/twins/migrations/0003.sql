-- How often answers cited a post, and when last: those that were given to somebody who asked, and those that appeared
-- below a question. Derived from the log.
CREATE TABLE twins_cited (
    post BIGINT PRIMARY KEY,
    answers BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
