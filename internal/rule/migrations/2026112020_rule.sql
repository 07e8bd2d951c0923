-- +goose Up
-- What a version says never changes once it is saved; only withdrawn may be set,
-- and only before the version came into force.
CREATE TABLE rule_version (
  tenant     TEXT NOT NULL,
  n          INTEGER NOT NULL,
  id         TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  base       INTEGER NOT NULL,
  settings   TEXT NOT NULL,
  note       TEXT NOT NULL,
  saved_by   TEXT NOT NULL,
  saved_name TEXT NOT NULL,
  saved_at   TEXT NOT NULL,
  withdrawn  BOOLEAN NOT NULL,
  PRIMARY KEY (tenant, n)
);

CREATE TABLE regulation (
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  title        TEXT NOT NULL,
  edition      TEXT NOT NULL,
  issuer       TEXT NOT NULL,
  effective_on TEXT NOT NULL,
  clauses      TEXT NOT NULL,
  rule_version INTEGER NOT NULL,
  replaces     TEXT NOT NULL,
  version      INTEGER NOT NULL,
  saved_at     TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX regulation_edition ON regulation (tenant, title, edition);
