-- What readers together think of a post: kept by the commands, exact at every commit.
CREATE TABLE reactions_tally (
    post BIGINT PRIMARY KEY,
    votes INTEGER NOT NULL,
    thanks INTEGER NOT NULL,
    kept INTEGER NOT NULL
);

CREATE TABLE reactions_vote (
    member BIGINT NOT NULL,
    post BIGINT NOT NULL,
    -- -1 or 1.
    value INTEGER NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member, post)
);
CREATE INDEX reactions_vote_post ON reactions_vote (post);

CREATE TABLE reactions_thanks (
    member BIGINT NOT NULL,
    post BIGINT NOT NULL,
    -- Who is thanked.
    receiver BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member, post)
);
CREATE INDEX reactions_thanks_post ON reactions_thanks (post);
CREATE INDEX reactions_thanks_receiver ON reactions_thanks (receiver, at);

CREATE TABLE reactions_folder (
    id BIGINT PRIMARY KEY,
    member BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case: two folders of a member do not differ by that alone.
    folded TEXT NOT NULL
);
CREATE UNIQUE INDEX reactions_folder_name ON reactions_folder (member, folded);

CREATE TABLE reactions_bookmark (
    member BIGINT NOT NULL,
    post BIGINT NOT NULL,
    -- None is the folder that everybody has.
    folder BIGINT,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member, post)
);
CREATE INDEX reactions_bookmark_latest ON reactions_bookmark (member, at, post);
CREATE INDEX reactions_bookmark_folder ON reactions_bookmark (folder, at, post) WHERE folder IS NOT NULL;
CREATE INDEX reactions_bookmark_post ON reactions_bookmark (post);

CREATE TABLE reactions_follow (
    member BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    -- Of a tag: its text; of anything else empty.
    tag TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member, kind, id)
);
CREATE INDEX reactions_follow_target ON reactions_follow (kind, id, member);

-- How many follow something: kept by the commands.
CREATE TABLE reactions_followed (
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    followers INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Posts that are not to be seen at the moment, as the log says: bookmarks of them are not counted.
CREATE TABLE reactions_gone (
    post BIGINT PRIMARY KEY
);

-- Who was erased: a command of theirs that was still under way leaves nothing behind.
CREATE TABLE reactions_erased (
    member BIGINT PRIMARY KEY
);
