-- +goose Up
-- spec holds start, term, hard maximum, extensions and pauses as they were
-- given; the dates are reckoned from it. next_mark and next_on name the reminder
-- that comes next.
CREATE TABLE clock (
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  kind         TEXT NOT NULL,
  title        TEXT NOT NULL,
  subject      TEXT NOT NULL,
  object       TEXT NOT NULL,
  object_id    TEXT NOT NULL,
  link         TEXT NOT NULL,
  rule_version INTEGER NOT NULL,
  spec         TEXT NOT NULL,
  steps        TEXT NOT NULL,
  started_on   TEXT NOT NULL,
  due_on       TEXT NOT NULL,
  hard_on      TEXT NOT NULL,
  half_on      TEXT NOT NULL,
  eighty_on    TEXT NOT NULL,
  paused       BOOLEAN NOT NULL,
  state        TEXT NOT NULL,
  stopped_on   TEXT NOT NULL,
  ran_out_on   TEXT NOT NULL,
  next_mark    TEXT NOT NULL,
  next_on      TEXT NOT NULL,
  version      INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX clock_object ON clock (tenant, object, object_id, id); -- id last, or the order of a query would cost a scan
CREATE INDEX clock_due ON clock (tenant, due_on) WHERE state = 'running';
CREATE INDEX clock_next ON clock (next_on) WHERE next_on <> '';

CREATE TABLE clock_holder (
  tenant TEXT NOT NULL,
  clock  TEXT NOT NULL,
  n      INTEGER NOT NULL,
  person TEXT NOT NULL,
  role   TEXT NOT NULL,
  body   TEXT NOT NULL,
  PRIMARY KEY (tenant, clock, n)
);
CREATE INDEX clock_holder_person ON clock_holder (tenant, person) WHERE person <> '';
CREATE INDEX clock_holder_role ON clock_holder (tenant, role, body) WHERE role <> '';
