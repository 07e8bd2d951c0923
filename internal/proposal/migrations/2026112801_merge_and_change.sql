-- +goose Up
-- 并案: a merged case follows its lead until that is undone.
ALTER TABLE proposal ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
ALTER TABLE proposal ADD COLUMN merged_at TEXT NOT NULL DEFAULT '';
CREATE INDEX proposal_merged ON proposal (tenant, merged_into) WHERE merged_into <> '';

-- What proposers ask once their proposal was handed in: to withdraw it, or to
-- change its text. revision is the one that the new text was written from.
CREATE TABLE change_request (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    proposal    TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('withdraw', 'text')),
    state       TEXT    NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'taken_back', 'lapsed')),
    reason      TEXT    NOT NULL,
    title       TEXT    NOT NULL DEFAULT '',
    situation   TEXT    NOT NULL DEFAULT '',
    analysis    TEXT    NOT NULL DEFAULT '',
    suggestions TEXT    NOT NULL DEFAULT '',
    revision    INTEGER NOT NULL,
    asked_by    TEXT    NOT NULL,
    asked_at    TEXT    NOT NULL,
    decided_by  TEXT    NOT NULL DEFAULT '',
    decided_at  TEXT    NOT NULL DEFAULT '',
    answer      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, id)
);
CREATE INDEX change_request_case ON change_request (tenant, proposal, asked_at);
CREATE UNIQUE INDEX change_request_open ON change_request (tenant, proposal) WHERE state = 'open';
