-- Posts whose author left and took the words along: they are not brought back.
CREATE TABLE posts_left (
    post BIGINT PRIMARY KEY,
    at BIGINT NOT NULL
);
