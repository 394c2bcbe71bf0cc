CREATE TABLE observatory_ai_calls (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    day INTEGER NOT NULL,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    member BIGINT,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_micro BIGINT NOT NULL,
    millis BIGINT NOT NULL,
    ok BOOLEAN NOT NULL
);
CREATE INDEX observatory_ai_calls_day ON observatory_ai_calls (day, purpose, member);
