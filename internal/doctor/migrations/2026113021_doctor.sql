-- +goose Up
-- The last examination of a tenant's records that somebody asked for.
CREATE TABLE doctor_visit (
    tenant   TEXT    NOT NULL PRIMARY KEY,
    id       TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'examining', 'mending', 'done', 'failed')),
    done     INTEGER NOT NULL DEFAULT 0,
    total    INTEGER NOT NULL DEFAULT 0,
    found    TEXT    NOT NULL DEFAULT '[]', -- what was found, and what became of it
    person   TEXT    NOT NULL,
    asked_at TEXT    NOT NULL,
    ended_at TEXT    NOT NULL DEFAULT ''
);
