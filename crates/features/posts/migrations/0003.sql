-- Credits that passed to the member who claimed an author, so that they can pass back. Without a role: the post itself.
CREATE TABLE posts_passed (
    post BIGINT NOT NULL,
    role TEXT NOT NULL,
    author BIGINT NOT NULL,
    member BIGINT NOT NULL,
    PRIMARY KEY (post, role, author)
);
CREATE INDEX posts_passed_member ON posts_passed (member, author);
