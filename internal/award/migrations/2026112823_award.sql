-- +goose Up
-- The best proposals of a year (年度好提案).
CREATE TABLE award (
    tenant         TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    session        TEXT    NOT NULL,
    year           INTEGER NOT NULL,
    title          TEXT    NOT NULL,
    nominate_until TEXT    NOT NULL,
    places         INTEGER NOT NULL, -- how many may win, and how many a ballot may name
    state          TEXT    NOT NULL,
    round          INTEGER NOT NULL DEFAULT 0, -- of voting; a void one is done again
    rule_version   INTEGER NOT NULL,
    due            INTEGER NOT NULL DEFAULT 0, -- persons on the list of voters
    issued         INTEGER NOT NULL DEFAULT 0, -- ballots given out: online and on paper
    cast_          INTEGER NOT NULL DEFAULT 0, -- ballots that came back
    void_reason    TEXT    NOT NULL DEFAULT '',
    decision       TEXT    NOT NULL DEFAULT '',
    person         TEXT    NOT NULL,
    created_at     TEXT    NOT NULL,
    counted_at     TEXT    NOT NULL DEFAULT '',
    published_at   TEXT    NOT NULL DEFAULT '',
    version        INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX award_year ON award (tenant, year);

CREATE TABLE award_candidate (
    tenant      TEXT    NOT NULL,
    award       TEXT    NOT NULL,
    proposal    TEXT    NOT NULL,
    shortlisted BOOLEAN NOT NULL DEFAULT FALSE,
    votes       INTEGER NOT NULL DEFAULT 0,
    won         BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tenant, award, proposal)
);
CREATE INDEX award_candidate_of ON award_candidate (tenant, proposal);

CREATE TABLE award_nomination (
    tenant   TEXT NOT NULL,
    award    TEXT NOT NULL,
    proposal TEXT NOT NULL,
    person   TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('member', 'office', 'unit')),
    body     TEXT NOT NULL DEFAULT '',
    reason   TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (tenant, award, proposal, person)
);

-- Who may vote in a round and who has: not how, and not when.
CREATE TABLE award_voter (
    tenant TEXT    NOT NULL,
    award  TEXT    NOT NULL,
    round  INTEGER NOT NULL,
    person TEXT    NOT NULL,
    voted  BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tenant, award, round, person)
);

-- The ballots of a round, one a line, sorted: neither the order in which they
-- came nor a row of their own leads from one to its voter.
CREATE TABLE award_urn (
    tenant  TEXT    NOT NULL,
    award   TEXT    NOT NULL,
    round   INTEGER NOT NULL,
    ballots TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, award, round)
);
