-- +goose Up
-- A digest of proposals for those who decide: short, numbered, addressed.
CREATE TABLE digest (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    year         INTEGER NOT NULL DEFAULT 0, -- calendar year of its number; 0 until it is sent
    no           INTEGER NOT NULL DEFAULT 0,
    work_year    INTEGER NOT NULL DEFAULT 0, -- that of the session in which it was sent, by which it is counted
    session      TEXT    NOT NULL DEFAULT '',
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    rule_version INTEGER NOT NULL,
    created_by   TEXT    NOT NULL,
    created_at   TEXT    NOT NULL,
    approved_by  TEXT    NOT NULL DEFAULT '',
    approved_at  TEXT    NOT NULL DEFAULT '',
    sent_on      TEXT    NOT NULL DEFAULT '',
    sent_at      TEXT    NOT NULL DEFAULT '',
    updated_at   TEXT    NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX digest_no ON digest (tenant, year, no) WHERE no > 0;
CREATE INDEX digest_work_year ON digest (tenant, work_year, sent_on);

-- The last number of a year; it leaves no gap, since it is undone with the act.
CREATE TABLE digest_counter (
    tenant TEXT    NOT NULL,
    year   INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (tenant, year)
);

CREATE TABLE digest_case (
    tenant   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    proposal TEXT NOT NULL,
    PRIMARY KEY (tenant, digest, proposal)
);
CREATE INDEX digest_case_proposal ON digest_case (tenant, proposal);

CREATE TABLE digest_recipient (
    tenant TEXT NOT NULL,
    digest TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (tenant, digest, person)
);
CREATE INDEX digest_recipient_person ON digest_recipient (tenant, person);

-- What a leader wrote back, and what follows from it.
CREATE TABLE digest_instruction (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    person      TEXT    NOT NULL, -- the leader
    on_date     TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    method      TEXT    NOT NULL, -- "web", or "paper" when the office recorded it
    file        TEXT    NOT NULL DEFAULT '', -- the scan
    recorded_by TEXT    NOT NULL,
    recorded_at TEXT    NOT NULL,
    unit        TEXT    NOT NULL DEFAULT '', -- the department that has to follow up
    due_on      TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT '', -- "", "open", "reported", "done"
    report      TEXT    NOT NULL DEFAULT '',
    reported_at TEXT    NOT NULL DEFAULT '',
    answer      TEXT    NOT NULL DEFAULT '',
    done_at     TEXT    NOT NULL DEFAULT '',
    version     INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX digest_instruction_digest ON digest_instruction (tenant, digest, on_date);
CREATE INDEX digest_instruction_unit ON digest_instruction (tenant, unit, state);
