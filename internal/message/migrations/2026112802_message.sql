-- +goose Up
-- What is said about a case between its proposers, the office and the departments
-- that handle it. A side is 'proposer', 'office' or the id of a department.
CREATE TABLE message (
    tenant   TEXT NOT NULL,
    id       TEXT NOT NULL,
    proposal TEXT NOT NULL,
    side     TEXT NOT NULL,
    person   TEXT NOT NULL,
    body     TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX message_case ON message (tenant, proposal, id);

-- To whom it goes: those sides and its own read it, nobody else.
CREATE TABLE message_to (
    tenant  TEXT NOT NULL,
    message TEXT NOT NULL,
    side    TEXT NOT NULL,
    PRIMARY KEY (tenant, message, side)
);
CREATE INDEX message_to_side ON message_to (tenant, side, message);

-- The last message that somebody has seen of a case, on one side.
CREATE TABLE message_seen (
    tenant   TEXT NOT NULL,
    proposal TEXT NOT NULL,
    person   TEXT NOT NULL,
    side     TEXT NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (tenant, proposal, person, side)
);
