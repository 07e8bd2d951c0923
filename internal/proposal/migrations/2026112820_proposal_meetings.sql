-- +goose Up
-- The departments that an examiner would ask, noted with the verdict.
ALTER TABLE proposal_review ADD COLUMN units TEXT NOT NULL DEFAULT '';

-- A case that need not meet a requirement for being closed, and why.
CREATE TABLE proposal_exemption (
    tenant   TEXT NOT NULL,
    proposal TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('meetings', 'disclosure')),
    reason   TEXT NOT NULL,
    person   TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (tenant, proposal, kind)
);
