-- +goose Up
-- What somebody outside thinks of the handling that is assessed (第三方评估): at
-- most one for an assessment.
CREATE TABLE evaluation (
    tenant       TEXT    NOT NULL,
    assessment   TEXT    NOT NULL,
    body         TEXT    NOT NULL, -- who evaluates
    way          TEXT    NOT NULL CHECK (way IN ('account', 'paper')),
    cases        INTEGER NOT NULL, -- to draw of each department: of the year
    back         INTEGER NOT NULL, -- and of what was promised in the years before
    due_on       TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    seed         TEXT    NOT NULL DEFAULT '',
    remark       TEXT    NOT NULL DEFAULT '', -- of the evaluator, on all of it
    reason       TEXT    NOT NULL DEFAULT '', -- of the office: why it was sent back, drawn anew, cancelled
    person       TEXT    NOT NULL,
    created_at   TEXT    NOT NULL,
    drawn_at     TEXT    NOT NULL DEFAULT '',
    submitted_at TEXT    NOT NULL DEFAULT '',
    accepted_at  TEXT    NOT NULL DEFAULT '',
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, assessment)
);
CREATE INDEX evaluation_body ON evaluation (tenant, body, state);

-- A department's answer that could be drawn, in the order of the draw; drawn says
-- that it is to be evaluated.
CREATE TABLE evaluation_case (
    tenant     TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    proposal   TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    back       BOOLEAN NOT NULL, -- of an earlier year
    place      INTEGER NOT NULL,
    drawn      BOOLEAN NOT NULL,
    remark     TEXT    NOT NULL DEFAULT '',
    person     TEXT    NOT NULL DEFAULT '', -- who evaluated it
    at         TEXT    NOT NULL DEFAULT '',
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, assessment, id),
    UNIQUE (tenant, assessment, proposal, unit)
);

-- The points of a case for one indicator, at most its weight.
CREATE TABLE evaluation_mark (
    tenant     TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    evaluated  TEXT    NOT NULL, -- the case
    indicator  TEXT    NOT NULL,
    points     INTEGER NOT NULL CHECK (points BETWEEN 0 AND 100),
    PRIMARY KEY (tenant, assessment, evaluated, indicator)
);
