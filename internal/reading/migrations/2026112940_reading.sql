-- +goose Up
-- A published report of any committee, as somebody of the tenant read it in.
CREATE TABLE reading_report (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL, -- of the file
    kind       TEXT    NOT NULL, -- txt, html, docx, pdf
    size       BIGINT  NOT NULL,
    sha256     TEXT    NOT NULL, -- of the file, which is a blob
    text       TEXT    NOT NULL, -- as it was opened: places of figures count its code points
    source     TEXT    NOT NULL, -- where it comes from: an address, or words
    place      TEXT    NOT NULL, -- as read, then as corrected
    body       TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    period     TEXT    NOT NULL,
    state      TEXT    NOT NULL, -- open, removed
    person     TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX reading_report_file ON reading_report (tenant, sha256) WHERE state <> 'removed';

-- A figure that was read in a report, and what a person decided about it.
CREATE TABLE reading_figure (
    tenant     TEXT    NOT NULL,
    report     TEXT    NOT NULL,
    n          INTEGER NOT NULL, -- in the order of the text
    quote      TEXT    NOT NULL,
    start_pos  INTEGER NOT NULL, -- of the quote in the text of the report
    end_pos    INTEGER NOT NULL,
    at_pos     INTEGER NOT NULL, -- of the number with its unit
    until_pos  INTEGER NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    high       DOUBLE PRECISION NOT NULL, -- the upper end of a range, else 0
    unit       TEXT    NOT NULL,
    bound      TEXT    NOT NULL,
    period     TEXT    NOT NULL, -- empty: that of the report
    kind       TEXT    NOT NULL, -- stat, plan, rule, context
    metric     TEXT    NOT NULL, -- in the catalogue; empty while nobody knows
    dims       TEXT    NOT NULL, -- JSON
    confidence DOUBLE PRECISION NOT NULL,
    part       BOOLEAN NOT NULL, -- stands as a part of the one before it
    damaged    BOOLEAN NOT NULL, -- in a stretch that had to be repaired
    changed    BOOLEAN NOT NULL, -- by a person
    state      TEXT    NOT NULL, -- read, confirmed, dropped
    published  TEXT    NOT NULL DEFAULT '',
    person     TEXT    NOT NULL DEFAULT '',
    decided_at TEXT    NOT NULL DEFAULT '',
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, report, n)
);

-- A published figure of a place and period. A row never changes but for its end:
-- a correction ends it and adds another that names it.
CREATE TABLE reading_published (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    report     TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    place      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    level      TEXT    NOT NULL,
    period     TEXT    NOT NULL,
    metric     TEXT    NOT NULL,
    dims       TEXT    NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    high       DOUBLE PRECISION NOT NULL,
    unit       TEXT    NOT NULL,
    bound      TEXT    NOT NULL,
    quote      TEXT    NOT NULL,
    start_pos  INTEGER NOT NULL,
    end_pos    INTEGER NOT NULL,
    person     TEXT    NOT NULL,
    at         TEXT    NOT NULL,
    replaces   TEXT    NOT NULL DEFAULT '', -- the one that it corrects
    ended_at   TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, id)
);
-- One thing has one value, whoever confirms it and from wherever.
CREATE UNIQUE INDEX reading_published_key ON reading_published (tenant, place, period, metric, dims) WHERE ended_at = '';
CREATE INDEX reading_published_report ON reading_published (tenant, report, n);

-- The rank that a conference wants to reach among its peers in a year.
CREATE TABLE reading_target (
    tenant  TEXT    NOT NULL,
    metric  TEXT    NOT NULL,
    year    INTEGER NOT NULL,
    rank    INTEGER NOT NULL,
    person  TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, metric, year)
);

-- A draft that somebody has checked, for a while.
CREATE TABLE reading_draft (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    data       BYTEA   NOT NULL,
    year       INTEGER NOT NULL,
    person     TEXT    NOT NULL,
    created_at TEXT    NOT NULL,
    until_at   TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX reading_draft_until ON reading_draft (until_at);
