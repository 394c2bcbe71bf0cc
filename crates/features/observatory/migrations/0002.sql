CREATE TABLE observatory_daily (
    day INTEGER NOT NULL,
    fact TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, fact)
);
CREATE TABLE observatory_post (
    post BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    visible BOOLEAN NOT NULL
);
