-- +goose Up
-- The decision about one case: what shall be public, and where it stands.
CREATE TABLE disclosure (
    tenant       TEXT    NOT NULL,
    proposal     TEXT    NOT NULL,
    year         INTEGER NOT NULL,
    case_no      INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    plan         TEXT    NOT NULL DEFAULT '', -- of each part, as JSON
    marks        TEXT    NOT NULL DEFAULT '', -- what is removed or kept, as JSON
    source       TEXT    NOT NULL DEFAULT '', -- digests of the originals that the plan was made of
    reason       TEXT    NOT NULL DEFAULT '', -- of the last decision
    prepared_by  TEXT    NOT NULL DEFAULT '',
    prepared_at  TEXT    NOT NULL DEFAULT '',
    decided_by   TEXT    NOT NULL DEFAULT '',
    decided_at   TEXT    NOT NULL DEFAULT '',
    publish_on   TEXT    NOT NULL DEFAULT '',
    editions     INTEGER NOT NULL DEFAULT 0,
    live         INTEGER NOT NULL DEFAULT 0,  -- the edition that the public reads; 0: none
    code         TEXT    NOT NULL DEFAULT '', -- under which the public finds it, for ever
    published_at TEXT    NOT NULL DEFAULT '', -- the first time
    withdrawn_at TEXT    NOT NULL DEFAULT '',
    changed      TEXT    NOT NULL DEFAULT '', -- parts whose original changed since
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, proposal)
);
CREATE INDEX disclosure_state ON disclosure (tenant, state, proposal);
CREATE UNIQUE INDEX disclosure_code ON disclosure (tenant, code) WHERE code <> '';

-- What was or will be public, exactly, never changed.
CREATE TABLE disclosure_edition (
    tenant      TEXT    NOT NULL,
    proposal    TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    sha256      TEXT    NOT NULL,
    plan        TEXT    NOT NULL,
    marks       TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    prepared_by TEXT    NOT NULL,
    decided_by  TEXT    NOT NULL,
    made_at     TEXT    NOT NULL,
    PRIMARY KEY (tenant, proposal, n)
);

-- The public side. What stands in these tables is public, and the public reads
-- nothing else.
CREATE TABLE open_site (
    tenant     TEXT    NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 0,
    changed_at TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant)
);
CREATE TABLE open_case (
    tenant       TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    edition      INTEGER NOT NULL,
    year         INTEGER NOT NULL,
    case_no      INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    subject      TEXT    NOT NULL DEFAULT '',
    meaning      TEXT    NOT NULL DEFAULT '',
    body         TEXT    NOT NULL,
    sha256       TEXT    NOT NULL,
    published_at TEXT    NOT NULL,
    updated_at   TEXT    NOT NULL,
    PRIMARY KEY (tenant, code)
);
CREATE INDEX open_case_order ON open_case (tenant, published_at, code);
CREATE INDEX open_case_year ON open_case (tenant, year, published_at, code);
CREATE TABLE open_unit (
    tenant  TEXT    NOT NULL,
    code    TEXT    NOT NULL,
    unit    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    year    INTEGER NOT NULL,
    meaning TEXT    NOT NULL DEFAULT '',
    on_time BOOLEAN NOT NULL DEFAULT FALSE,
    replied BOOLEAN NOT NULL DEFAULT FALSE, -- its reply can be read
    PRIMARY KEY (tenant, code, unit)
);
CREATE INDEX open_unit_unit ON open_unit (tenant, unit, year);
CREATE TABLE open_figure (
    tenant      TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    unit        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    as_of_on    TEXT    NOT NULL,
    released_by TEXT    NOT NULL,
    released_at TEXT    NOT NULL,
    PRIMARY KEY (tenant, year, id)
);

-- What readers write. Only approved comments are public; contact is sealed and
-- never leaves the office.
CREATE TABLE open_comment (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    proposal   TEXT NOT NULL,
    code       TEXT NOT NULL,
    state      TEXT NOT NULL,
    name       TEXT NOT NULL DEFAULT '',
    text       TEXT NOT NULL,
    contact    TEXT NOT NULL DEFAULT '',
    device     TEXT NOT NULL DEFAULT '',
    at         TEXT NOT NULL,
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT '',
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX open_comment_state ON open_comment (tenant, state, id);
CREATE INDEX open_comment_case ON open_comment (tenant, proposal, state, id);
CREATE INDEX open_comment_device ON open_comment (tenant, device, at);
CREATE TABLE open_answer (
    tenant    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    comment   TEXT    NOT NULL,
    unit      TEXT    NOT NULL,
    unit_name TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    at        TEXT    NOT NULL,
    removed   BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX open_answer_comment ON open_answer (tenant, comment, id);
