-- +goose Up
-- A file that belongs to a record of a capability; its bytes are a blob.
CREATE TABLE attachment (
    tenant    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    object    TEXT    NOT NULL, -- the kind of record: key_proposal, supervision_event, digest
    object_id TEXT    NOT NULL,
    purpose   TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    size      BIGINT  NOT NULL,
    sha256    TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    at        TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX attachment_object ON attachment (tenant, object, object_id, at);
