-- +goose Up
-- A meeting at which filed proposals are handed to departments (交办会).
CREATE TABLE dispatch_meeting (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    year       INTEGER NOT NULL,
    title      TEXT    NOT NULL,
    on_date    TEXT    NOT NULL,
    place      TEXT    NOT NULL DEFAULT '',
    chair      TEXT    NOT NULL DEFAULT '',
    attendees  TEXT    NOT NULL DEFAULT '',
    units      TEXT    NOT NULL DEFAULT '', -- ids of the departments that came
    minutes    TEXT    NOT NULL DEFAULT '',
    cancelled  BOOLEAN NOT NULL DEFAULT FALSE,
    person     TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX dispatch_meeting_year ON dispatch_meeting (tenant, year, on_date);

-- A proposal on the agenda of a meeting. It stands on one open agenda at most;
-- once sent it may come back to a later meeting.
CREATE TABLE dispatch_case (
    tenant   TEXT    NOT NULL,
    meeting  TEXT    NOT NULL,
    proposal TEXT    NOT NULL,
    position INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'chosen', 'sent')),
    note     TEXT    NOT NULL DEFAULT '',
    sent_by  TEXT    NOT NULL DEFAULT '',
    sent_at  TEXT    NOT NULL DEFAULT '',
    version  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, meeting, proposal)
);
CREATE UNIQUE INDEX dispatch_case_open ON dispatch_case (tenant, proposal) WHERE state <> 'sent';

-- The departments chosen for it.
CREATE TABLE dispatch_case_unit (
    tenant   TEXT    NOT NULL,
    meeting  TEXT    NOT NULL,
    proposal TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    role     TEXT    NOT NULL CHECK (role IN ('sole', 'host', 'co_handler', 'split')),
    position INTEGER NOT NULL,
    PRIMARY KEY (tenant, meeting, proposal, unit)
);
CREATE INDEX dispatch_case_unit_of ON dispatch_case_unit (tenant, unit, meeting);

CREATE TABLE dispatch_file (
    tenant  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    meeting TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    size    BIGINT  NOT NULL,
    sha256  TEXT    NOT NULL,
    person  TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    removed BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX dispatch_file_meeting ON dispatch_file (tenant, meeting, at);
