-- +goose Up
-- title and body are templates in the source language, filled in with params
-- when shown. shown says whether it is in the person's inbox.
CREATE TABLE notice (
  tenant     TEXT NOT NULL,
  id         TEXT NOT NULL,
  person     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  title      TEXT NOT NULL,
  body       TEXT NOT NULL,
  params     TEXT NOT NULL,
  link       TEXT NOT NULL,
  object     TEXT NOT NULL,
  object_id  TEXT NOT NULL,
  created_at TEXT NOT NULL,
  shown      BOOLEAN NOT NULL,
  read_at    TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX notice_unread ON notice (tenant, person) WHERE shown AND read_at = '';
CREATE INDEX notice_inbox ON notice (tenant, person, id) WHERE shown;
CREATE INDEX notice_object ON notice (tenant, object, object_id);

-- One row for each notice and channel, sent or not. next_at: when a pending one
-- is due, when the claim on a sending one ends; empty when nothing is left to do.
CREATE TABLE delivery (
  tenant     TEXT NOT NULL,
  notice     TEXT NOT NULL,
  channel    TEXT NOT NULL,
  person     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  state      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  detail     TEXT NOT NULL,
  address    TEXT NOT NULL,
  name       TEXT NOT NULL,
  lang       TEXT NOT NULL,
  tries      INTEGER NOT NULL,
  next_at    TEXT NOT NULL,
  claim      TEXT NOT NULL,
  created_at TEXT NOT NULL,
  done_at    TEXT NOT NULL,
  PRIMARY KEY (tenant, notice, channel)
);
CREATE INDEX delivery_due ON delivery (next_at) WHERE next_at <> '';
CREATE INDEX delivery_state ON delivery (tenant, state, notice);

CREATE TABLE notice_preference (
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  kind   TEXT NOT NULL,
  mail   BOOLEAN NOT NULL,
  PRIMARY KEY (tenant, person, kind)
);
