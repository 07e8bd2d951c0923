-- +goose Up
-- A call for proposals: when it is open and what it hints at.
CREATE TABLE collection_round (
    tenant    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    session   TEXT    NOT NULL,
    title     TEXT    NOT NULL,
    opens_on  TEXT    NOT NULL,
    closes_on TEXT    NOT NULL,
    topics    TEXT    NOT NULL DEFAULT '',
    version   INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX collection_round_session ON collection_round (tenant, session, opens_on);

-- The case: one for each proposal.
CREATE TABLE proposal (
    tenant        TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    session       TEXT    NOT NULL,
    year          INTEGER NOT NULL,
    serial_no     INTEGER NOT NULL DEFAULT 0,
    case_no       INTEGER NOT NULL DEFAULT 0,
    kind          TEXT    NOT NULL CHECK (kind IN ('individual', 'joint', 'collective')),
    body          TEXT    NOT NULL DEFAULT '',
    interim       BOOLEAN NOT NULL DEFAULT FALSE,
    channel       TEXT    NOT NULL DEFAULT '',
    title         TEXT    NOT NULL DEFAULT '',
    situation     TEXT    NOT NULL DEFAULT '',
    analysis      TEXT    NOT NULL DEFAULT '',
    suggestions   TEXT    NOT NULL DEFAULT '',
    subject       TEXT    NOT NULL DEFAULT '',
    researched    BOOLEAN NOT NULL DEFAULT FALSE,
    self_written  BOOLEAN NOT NULL DEFAULT FALSE,
    relayed       BOOLEAN NOT NULL DEFAULT FALSE,
    open_choice   TEXT    NOT NULL DEFAULT 'open',
    open_reason   TEXT    NOT NULL DEFAULT '',
    units_wish    TEXT    NOT NULL DEFAULT '',
    contact_wish  TEXT    NOT NULL DEFAULT '',
    lead          TEXT    NOT NULL DEFAULT '',
    state         TEXT    NOT NULL,
    stage         INTEGER NOT NULL DEFAULT 0,
    round         INTEGER NOT NULL DEFAULT 0,
    rule_version  INTEGER NOT NULL DEFAULT 0,
    revision      INTEGER NOT NULL DEFAULT 0,
    reason_code   TEXT    NOT NULL DEFAULT '',
    disposition   TEXT    NOT NULL DEFAULT '',
    outcome       TEXT    NOT NULL DEFAULT '',
    meaning       TEXT    NOT NULL DEFAULT '',
    satisfaction  TEXT    NOT NULL DEFAULT '',
    due_on        TEXT    NOT NULL DEFAULT '',
    created_at    TEXT    NOT NULL,
    submitted_at  TEXT    NOT NULL DEFAULT '',
    filed_at      TEXT    NOT NULL DEFAULT '',
    dispatched_at TEXT    NOT NULL DEFAULT '',
    replied_at    TEXT    NOT NULL DEFAULT '',
    closed_at     TEXT    NOT NULL DEFAULT '',
    archived_at   TEXT    NOT NULL DEFAULT '',
    updated_at    TEXT    NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX proposal_case_no ON proposal (tenant, session, case_no) WHERE case_no > 0;
CREATE UNIQUE INDEX proposal_serial_no ON proposal (tenant, session, serial_no) WHERE serial_no > 0;
CREATE INDEX proposal_newest ON proposal (tenant, updated_at, id);
CREATE INDEX proposal_state ON proposal (tenant, state, updated_at, id);
CREATE INDEX proposal_year ON proposal (tenant, year, state);
CREATE INDEX proposal_lead ON proposal (tenant, lead, updated_at);
CREATE INDEX proposal_body ON proposal (tenant, body, updated_at) WHERE body <> '';

-- The next serial and case number of each session: one row, updated in place.
CREATE TABLE proposal_counter (
    tenant  TEXT    NOT NULL,
    session TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    n       INTEGER NOT NULL,
    PRIMARY KEY (tenant, session, name)
);

CREATE TABLE proposal_revision (
    tenant      TEXT    NOT NULL,
    proposal    TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    title       TEXT    NOT NULL,
    situation   TEXT    NOT NULL,
    analysis    TEXT    NOT NULL,
    suggestions TEXT    NOT NULL,
    person      TEXT    NOT NULL,
    at          TEXT    NOT NULL,
    reason      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, proposal, n)
);

-- Who stands behind a proposal: the lead, the co-signers, the drafters of a body.
CREATE TABLE proposal_party (
    tenant     TEXT    NOT NULL,
    proposal   TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('lead', 'cosigner', 'drafter')),
    state      TEXT    NOT NULL CHECK (state IN ('chosen', 'invited', 'confirmed', 'refused', 'dropped')),
    position   INTEGER NOT NULL,
    invited_at TEXT    NOT NULL DEFAULT '',
    decided_at TEXT    NOT NULL DEFAULT '',
    method     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, proposal, person)
);
CREATE INDEX proposal_party_person ON proposal_party (tenant, person, state);

CREATE TABLE proposal_review (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    proposal    TEXT    NOT NULL,
    stage       TEXT    NOT NULL,
    reviewer    TEXT    NOT NULL,
    verdict     TEXT    NOT NULL,
    reason_code TEXT    NOT NULL DEFAULT '',
    disposition TEXT    NOT NULL DEFAULT '',
    score       INTEGER NOT NULL DEFAULT 0,
    note        TEXT    NOT NULL DEFAULT '',
    at          TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX proposal_review_case ON proposal_review (tenant, proposal, at);

-- The work of one department in one round.
CREATE TABLE assignment (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    proposal     TEXT    NOT NULL,
    round        INTEGER NOT NULL,
    unit         TEXT    NOT NULL,
    role         TEXT    NOT NULL CHECK (role IN ('sole', 'host', 'co_handler', 'split')),
    state        TEXT    NOT NULL,
    note         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    due_on       TEXT    NOT NULL DEFAULT '',
    issued_by    TEXT    NOT NULL DEFAULT '',
    issued_at    TEXT    NOT NULL,
    signed_at    TEXT    NOT NULL DEFAULT '',
    ended_at     TEXT    NOT NULL DEFAULT '',
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX assignment_case ON assignment (tenant, proposal, round);
CREATE INDEX assignment_unit ON assignment (tenant, unit, state, due_on);
CREATE UNIQUE INDEX assignment_host ON assignment (tenant, proposal, round) WHERE role IN ('sole', 'host') AND state NOT IN ('returned', 'cancelled');
CREATE UNIQUE INDEX assignment_once ON assignment (tenant, proposal, round, unit) WHERE state NOT IN ('returned', 'cancelled');

-- What a department asks of the dispatch office: to return, to extend, to add a department.
CREATE TABLE assignment_request (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    proposal   TEXT NOT NULL,
    assignment TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('return', 'extension', 'add_unit')),
    state      TEXT NOT NULL CHECK (state IN ('open', 'granted', 'refused')),
    reason     TEXT NOT NULL,
    unit       TEXT NOT NULL DEFAULT '',
    asked_by   TEXT NOT NULL,
    asked_at   TEXT NOT NULL,
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL DEFAULT '',
    answer     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, id)
);
CREATE INDEX assignment_request_case ON assignment_request (tenant, proposal, asked_at);
CREATE INDEX assignment_request_open ON assignment_request (tenant, state, kind);

CREATE TABLE contact_record (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    proposal   TEXT NOT NULL,
    assignment TEXT NOT NULL,
    kind       TEXT NOT NULL,
    on_date    TEXT NOT NULL,
    people     TEXT NOT NULL,
    summary    TEXT NOT NULL,
    person     TEXT NOT NULL,
    at         TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX contact_record_case ON contact_record (tenant, proposal, on_date);

-- A department's answer: the host's reply to the proposers, or a co-handler's
-- opinion to the host. Immutable once delivered.
CREATE TABLE reply (
    tenant         TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    proposal       TEXT    NOT NULL,
    assignment     TEXT    NOT NULL,
    round          INTEGER NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('reply', 'opinion')),
    state          TEXT    NOT NULL CHECK (state IN ('draft', 'signed_off', 'delivered')),
    doc_no         TEXT    NOT NULL DEFAULT '',
    outcome        TEXT    NOT NULL DEFAULT '',
    meaning        TEXT    NOT NULL DEFAULT '',
    disclosure     TEXT    NOT NULL DEFAULT '',
    body           TEXT    NOT NULL DEFAULT '',
    contact_name   TEXT    NOT NULL DEFAULT '',
    contact_phone  TEXT    NOT NULL DEFAULT '',
    contact_waiver TEXT    NOT NULL DEFAULT '',
    opinion_waiver TEXT    NOT NULL DEFAULT '',
    signer         TEXT    NOT NULL DEFAULT '',
    signed_at      TEXT    NOT NULL DEFAULT '',
    checked_by     TEXT    NOT NULL DEFAULT '',
    delivered_at   TEXT    NOT NULL DEFAULT '',
    updated_at     TEXT    NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX reply_assignment ON reply (tenant, assignment);
CREATE INDEX reply_case ON reply (tenant, proposal, round);

-- A proposer's rating of one round; a changed rating supersedes the older row.
CREATE TABLE feedback (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    proposal   TEXT    NOT NULL,
    round      INTEGER NOT NULL,
    person     TEXT    NOT NULL,
    overall    TEXT    NOT NULL,
    scores     TEXT    NOT NULL DEFAULT '{}',
    comment    TEXT    NOT NULL DEFAULT '',
    contacted  BOOLEAN NOT NULL DEFAULT FALSE,
    channel    TEXT    NOT NULL,
    account    TEXT    NOT NULL DEFAULT '',
    device     TEXT    NOT NULL DEFAULT '',
    network    TEXT    NOT NULL DEFAULT '',
    alarm      TEXT    NOT NULL DEFAULT '',
    at         TEXT    NOT NULL,
    current    BOOLEAN NOT NULL DEFAULT TRUE,
    supersedes TEXT    NOT NULL DEFAULT '',
    reason     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX feedback_current ON feedback (tenant, proposal, round, person) WHERE current;
CREATE INDEX feedback_device ON feedback (tenant, device) WHERE device <> '';

-- What a department promised in a reply, followed until it is done.
CREATE TABLE commitment (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    proposal     TEXT    NOT NULL,
    assignment   TEXT    NOT NULL,
    unit         TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    due_on       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('planned', 'open', 'reported', 'done')),
    evidence     TEXT    NOT NULL DEFAULT '',
    reported_at  TEXT    NOT NULL DEFAULT '',
    answer       TEXT    NOT NULL DEFAULT '',
    confirmed_by TEXT    NOT NULL DEFAULT '',
    confirmed_at TEXT    NOT NULL DEFAULT '',
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX commitment_case ON commitment (tenant, proposal);
CREATE INDEX commitment_state ON commitment (tenant, state, due_on);

CREATE TABLE proposal_file (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    proposal   TEXT    NOT NULL,
    assignment TEXT    NOT NULL DEFAULT '',
    purpose    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    size       BIGINT  NOT NULL,
    sha256     TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    at         TEXT    NOT NULL,
    removed    BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX proposal_file_case ON proposal_file (tenant, proposal, at);
