-- What owners said to their twins themselves: corrections of what a twin said, and facts that they stated or confirmed;
-- and what is proposed to them as a fact, which nothing uses before they confirm it.
CREATE TABLE twins_statement (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    -- When it was said, or confirmed last.
    at BIGINT NOT NULL,
    -- Of a correction: what it answers. Its owner's and the asker's alone.
    question TEXT NOT NULL,
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    -- The post that it leans on or was read in, and the sentence there.
    post BIGINT,
    quote TEXT,
    -- The answer that it corrects: one that a reader was given, or the post that a twin's answer is.
    answer BIGINT,
    about BIGINT,
    -- Its vector, of four bytes a number as Base64, and the model it is of.
    embedder TEXT,
    vector TEXT
);
CREATE INDEX twins_statement_owner ON twins_statement (owner, state, kind, id);
CREATE INDEX twins_statement_post ON twins_statement (post);
CREATE INDEX twins_statement_answer ON twins_statement (answer);
CREATE INDEX twins_statement_about ON twins_statement (about);

-- Owners whose twins learn nothing new at present, and since when.
CREATE TABLE twins_unlearning (
    owner BIGINT PRIMARY KEY,
    since BIGINT NOT NULL
);

-- Posts that are to be read for facts.
CREATE TABLE twins_unread (
    post BIGINT PRIMARY KEY
);
