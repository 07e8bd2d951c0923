-- +goose Up
-- How well departments handled the proposals of a year (承办单位测评).
CREATE TABLE assessment (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    session      TEXT    NOT NULL,
    year         INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    as_of        TEXT    NOT NULL, -- the last day of the period that is assessed
    rate_until   TEXT    NOT NULL, -- the last day for ratings
    state        TEXT    NOT NULL,
    rule_version INTEGER NOT NULL,
    decision     TEXT    NOT NULL DEFAULT '', -- by which it was published
    person       TEXT    NOT NULL,
    created_at   TEXT    NOT NULL,
    scored_at    TEXT    NOT NULL DEFAULT '',
    published_at TEXT    NOT NULL DEFAULT '',
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX assessment_year ON assessment (tenant, year);

-- A department that is assessed, with its result once it was counted.
CREATE TABLE assessment_unit (
    tenant     TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    total      DOUBLE PRECISION NOT NULL DEFAULT 0,
    place      INTEGER NOT NULL DEFAULT 0,
    level      TEXT    NOT NULL DEFAULT '',
    improve    TEXT    NOT NULL DEFAULT '', -- what it is asked to do better
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, assessment, unit)
);
CREATE INDEX assessment_unit_of ON assessment_unit (tenant, unit);

-- One indicator of one department: how many of how many, what that is worth and
-- how much it weighs.
CREATE TABLE assessment_score (
    tenant     TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    indicator  TEXT    NOT NULL,
    num        BIGINT  NOT NULL,
    den        BIGINT  NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    weight     INTEGER NOT NULL,
    PRIMARY KEY (tenant, assessment, unit, indicator)
);

-- What one person thinks of one department. No page shows whose it is.
CREATE TABLE assessment_rating (
    tenant     TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('member', 'office', 'leader')),
    value      INTEGER NOT NULL CHECK (value BETWEEN 0 AND 100),
    at         TEXT    NOT NULL,
    PRIMARY KEY (tenant, assessment, unit, person)
);

-- What a department thinks of a proposal that it handled: the other way round.
CREATE TABLE assessment_quality (
    tenant     TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    proposal   TEXT    NOT NULL,
    value      INTEGER NOT NULL CHECK (value BETWEEN 0 AND 100),
    person     TEXT    NOT NULL,
    at         TEXT    NOT NULL,
    PRIMARY KEY (tenant, assessment, unit, proposal)
);

-- Something that the inspection office of the government asks of a department
-- about proposals (专项督查).
CREATE TABLE inspection (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    session     TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    unit        TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    content     TEXT    NOT NULL DEFAULT '',
    issued_on   TEXT    NOT NULL,
    due_on      TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    result      TEXT    NOT NULL DEFAULT '', -- the department's report
    answer      TEXT    NOT NULL DEFAULT '', -- the office's word on it
    reported_at TEXT    NOT NULL DEFAULT '',
    done_at     TEXT    NOT NULL DEFAULT '',
    person      TEXT    NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX inspection_year ON inspection (tenant, year, issued_on);
CREATE INDEX inspection_unit ON inspection (tenant, unit, state);
