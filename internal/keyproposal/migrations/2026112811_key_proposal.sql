-- +goose Up
-- Who may lead key proposals: a person with a post; principal are those of whom
-- each is to lead one every year.
CREATE TABLE key_leader (
    tenant    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    post      TEXT    NOT NULL,
    kind      TEXT    NOT NULL CHECK (kind IN ('party', 'government', 'conference')),
    principal BOOLEAN NOT NULL DEFAULT FALSE,
    active    BOOLEAN NOT NULL DEFAULT TRUE,
    version   INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX key_leader_person ON key_leader (tenant, person) WHERE active;

-- A proposal on its way to being a key proposal, or being one.
CREATE TABLE key_proposal (
    tenant         TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    proposal       TEXT    NOT NULL,
    year           INTEGER NOT NULL, -- that of the proposal
    state          TEXT    NOT NULL,
    criteria       TEXT    NOT NULL, -- codes that it meets
    reason         TEXT    NOT NULL DEFAULT '',
    rule_version   INTEGER NOT NULL,
    nominated_by   TEXT    NOT NULL,
    nominated_at   TEXT    NOT NULL,
    opinions_due   TEXT    NOT NULL DEFAULT '',
    consulted_at   TEXT    NOT NULL DEFAULT '',
    decided_on     TEXT    NOT NULL DEFAULT '', -- day of the chairs' meeting
    decision       TEXT    NOT NULL DEFAULT '',
    approved_at    TEXT    NOT NULL DEFAULT '',
    declined_at    TEXT    NOT NULL DEFAULT '',
    leader         TEXT    NOT NULL DEFAULT '', -- person; post and kind as they were then
    leader_post    TEXT    NOT NULL DEFAULT '',
    leader_kind    TEXT    NOT NULL DEFAULT '',
    committee      TEXT    NOT NULL DEFAULT '',
    plan           TEXT    NOT NULL DEFAULT '',
    plan_forms     TEXT    NOT NULL DEFAULT '', -- codes
    plan_until     TEXT    NOT NULL DEFAULT '',
    plan_signed_on TEXT    NOT NULL DEFAULT '',
    plan_method    TEXT    NOT NULL DEFAULT '', -- "web", or "paper" when the office recorded it
    outcome        TEXT    NOT NULL DEFAULT '',
    report         TEXT    NOT NULL DEFAULT '',
    reported_at    TEXT    NOT NULL DEFAULT '',
    closed_at      TEXT    NOT NULL DEFAULT '',
    updated_at     TEXT    NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
-- Whatever was not taken may be nominated once more.
CREATE UNIQUE INDEX key_proposal_once ON key_proposal (tenant, proposal) WHERE state <> 'declined';
CREATE INDEX key_proposal_year ON key_proposal (tenant, year, state);
CREATE INDEX key_proposal_leader ON key_proposal (tenant, leader, year);

-- What a party or a committee was asked and said about a nomination.
CREATE TABLE key_opinion (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL,
    key_proposal TEXT NOT NULL,
    body         TEXT NOT NULL,
    asked_at     TEXT NOT NULL,
    stance       TEXT NOT NULL DEFAULT '', -- code; none until it is given
    opinion      TEXT NOT NULL DEFAULT '',
    person       TEXT NOT NULL DEFAULT '', -- who wrote it down
    method       TEXT NOT NULL DEFAULT '', -- "web", or "paper"
    answered_at  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX key_opinion_body ON key_opinion (tenant, key_proposal, body);
CREATE INDEX key_opinion_open ON key_opinion (tenant, body, answered_at);

-- The log of a supervision: what was done, by which form of the plan.
CREATE TABLE key_activity (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL,
    key_proposal TEXT NOT NULL,
    on_date      TEXT NOT NULL,
    form         TEXT NOT NULL,
    summary      TEXT NOT NULL,
    event        TEXT NOT NULL DEFAULT '', -- the supervision event that it came from
    person       TEXT NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX key_activity_of ON key_activity (tenant, key_proposal, on_date);

-- A party's proposal that is given priority, and how.
CREATE TABLE key_priority (
    tenant   TEXT    NOT NULL,
    proposal TEXT    NOT NULL,
    measure  TEXT    NOT NULL, -- code
    note     TEXT    NOT NULL DEFAULT '',
    person   TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    version  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, proposal)
);
