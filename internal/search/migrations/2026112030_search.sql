-- +goose Up
-- What can be found, as it was put. The full text itself lies in search_fts,
-- which differs between the databases and is made by Setup. An n is given in
-- the order in which things came and stays with its document.
CREATE TABLE search_doc (
  n        INTEGER PRIMARY KEY,
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  id       TEXT NOT NULL,
  number   TEXT NOT NULL,
  title    TEXT NOT NULL,
  body     TEXT NOT NULL,
  people   TEXT NOT NULL,
  audience TEXT NOT NULL,
  facets   TEXT NOT NULL,
  at       TEXT NOT NULL
);
CREATE UNIQUE INDEX search_doc_object ON search_doc (tenant, kind, id);

-- The documents of a tenant with the same wide audiences share a scope: its id
-- is part of every word of theirs in the full text.
CREATE TABLE search_scope (
  id       INTEGER PRIMARY KEY,
  tenant   TEXT NOT NULL,
  audience TEXT NOT NULL
);
CREATE UNIQUE INDEX search_scope_audience ON search_scope (tenant, audience);
