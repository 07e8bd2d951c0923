-- +goose Up
-- Something held to press or to talk over the handling of proposals: a meeting, a
-- briefing, a visit to a department.
CREATE TABLE supervision_event (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    type        TEXT    NOT NULL, -- code
    meaning     TEXT    NOT NULL, -- what the type means everywhere, by which it is counted
    year        INTEGER NOT NULL, -- that of the session in which its day falls
    session     TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    on_date     TEXT    NOT NULL,
    place       TEXT    NOT NULL DEFAULT '',
    leader      TEXT    NOT NULL DEFAULT '', -- person who leads it
    committee   TEXT    NOT NULL DEFAULT '', -- body that organises it
    agenda      TEXT    NOT NULL DEFAULT '',
    guests      TEXT    NOT NULL DEFAULT '', -- who attends and is in no roster
    issues      TEXT    NOT NULL DEFAULT '',
    conclusions TEXT    NOT NULL DEFAULT '',
    reason      TEXT    NOT NULL DEFAULT '', -- why it was called off
    rule_version INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    created_at  TEXT    NOT NULL,
    held_at     TEXT    NOT NULL DEFAULT '', -- when its results were written down
    updated_at  TEXT    NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX supervision_event_year ON supervision_event (tenant, year, on_date);

CREATE TABLE supervision_case (
    tenant   TEXT NOT NULL,
    event    TEXT NOT NULL,
    proposal TEXT NOT NULL,
    PRIMARY KEY (tenant, event, proposal)
);
CREATE INDEX supervision_case_proposal ON supervision_case (tenant, proposal);

CREATE TABLE supervision_unit (
    tenant TEXT NOT NULL,
    event  TEXT NOT NULL,
    unit   TEXT NOT NULL,
    PRIMARY KEY (tenant, event, unit)
);
CREATE INDEX supervision_unit_unit ON supervision_unit (tenant, unit);

CREATE TABLE supervision_person (
    tenant TEXT NOT NULL,
    event  TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (tenant, event, person)
);
CREATE INDEX supervision_person_person ON supervision_person (tenant, person);

-- What a visited department still had to answer on the day of the visit.
CREATE TABLE supervision_open (
    tenant   TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    proposal TEXT    NOT NULL,
    case_no  INTEGER NOT NULL,
    title    TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    due_on   TEXT    NOT NULL,
    overdue  BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, event, unit, proposal)
);

-- What somebody has to do after it, and by when.
CREATE TABLE supervision_task (
    tenant      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    proposal    TEXT    NOT NULL DEFAULT '', -- of one case only
    unit        TEXT    NOT NULL DEFAULT '', -- the department, or
    person      TEXT    NOT NULL DEFAULT '', -- the person whose it is
    text        TEXT    NOT NULL,
    due_on      TEXT    NOT NULL,
    created_at  TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'reported', 'done')),
    report      TEXT    NOT NULL DEFAULT '',
    reported_at TEXT    NOT NULL DEFAULT '',
    answer      TEXT    NOT NULL DEFAULT '',
    decided_by  TEXT    NOT NULL DEFAULT '',
    decided_at  TEXT    NOT NULL DEFAULT '',
    version     INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX supervision_task_event ON supervision_task (tenant, event, due_on);
CREATE INDEX supervision_task_unit ON supervision_task (tenant, unit, state, due_on);
CREATE INDEX supervision_task_person ON supervision_task (tenant, person, state, due_on);
