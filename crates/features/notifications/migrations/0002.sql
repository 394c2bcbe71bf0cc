-- Who blocks whom, as the log says: a member is told of nothing that a blocked one does.
CREATE TABLE notifications_block (
    member BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    PRIMARY KEY (member, blocked)
);
CREATE INDEX notifications_block_blocked ON notifications_block (blocked);
