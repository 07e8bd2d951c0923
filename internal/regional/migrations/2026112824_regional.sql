-- +goose Up
-- A proposal that conferences of several places hand in together to a higher
-- level (跨区域联名提案). It lies with the one that began it (tenant); the others
-- reach it by their row in regional_partner, and by nothing else.
CREATE TABLE regional_joint (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    year         INTEGER NOT NULL,
    topic        TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    text_no      INTEGER NOT NULL DEFAULT 0, -- of the newest text
    submitted_to TEXT    NOT NULL DEFAULT '',
    level        TEXT    NOT NULL DEFAULT '', -- of whom it was submitted to
    doc_no       TEXT    NOT NULL DEFAULT '',
    submitted_on TEXT    NOT NULL DEFAULT '',
    standing     TEXT    NOT NULL DEFAULT '', -- there: received, filed, key, not_filed
    standing_on  TEXT    NOT NULL DEFAULT '',
    standing_note TEXT   NOT NULL DEFAULT '',
    person       TEXT    NOT NULL,
    created_at   TEXT    NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);

-- Who takes part: the one that began it too. partner is a tenant of the platform,
-- or empty for one outside, of which only the name is known.
CREATE TABLE regional_partner (
    tenant   TEXT    NOT NULL,
    joint    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    partner  TEXT    NOT NULL DEFAULT '',
    name     TEXT    NOT NULL,
    text_no  INTEGER NOT NULL DEFAULT 0, -- the text that it approved; 0 none
    officer  TEXT    NOT NULL DEFAULT '', -- who approved, by name
    note     TEXT    NOT NULL DEFAULT '',
    approved_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, joint, position)
);
CREATE INDEX regional_partner_of ON regional_partner (partner, tenant, joint);

CREATE TABLE regional_text (
    tenant TEXT    NOT NULL,
    joint  TEXT    NOT NULL,
    n      INTEGER NOT NULL,
    title  TEXT    NOT NULL,
    body   TEXT    NOT NULL,
    note   TEXT    NOT NULL DEFAULT '', -- what was changed
    author TEXT    NOT NULL, -- by name
    place  TEXT    NOT NULL, -- short name of the author's conference
    at     TEXT    NOT NULL,
    PRIMARY KEY (tenant, joint, n)
);

-- A ministry or department that took something up.
CREATE TABLE regional_adoption (
    tenant   TEXT NOT NULL,
    joint    TEXT NOT NULL,
    id       TEXT NOT NULL,
    body     TEXT NOT NULL,
    what     TEXT NOT NULL,
    evidence TEXT NOT NULL,
    on_date  TEXT NOT NULL,
    place    TEXT NOT NULL, -- who recorded it
    at       TEXT NOT NULL,
    PRIMARY KEY (tenant, joint, id)
);
