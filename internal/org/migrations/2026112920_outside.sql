-- +goose Up
-- Who a provider of identities outside says somebody is, and whose account that is.
CREATE TABLE account_link (
  issuer    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  account   TEXT NOT NULL REFERENCES account (id),
  name      TEXT NOT NULL DEFAULT '', -- as the provider called them then
  linked_at TEXT NOT NULL,
  PRIMARY KEY (issuer, subject),
  UNIQUE (account, issuer)
);

-- Who came from a provider and has no account yet: the administrator links them
-- by the code that they were shown.
CREATE TABLE account_link_waiting (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  name       TEXT NOT NULL DEFAULT '',
  code       TEXT NOT NULL UNIQUE,    -- keyed hash
  expires_at TEXT NOT NULL,
  PRIMARY KEY (issuer, subject)
);

ALTER TABLE sign_in ADD COLUMN way TEXT NOT NULL DEFAULT '';   -- '' by password, else the issuer
ALTER TABLE sign_in ADD COLUMN proof TEXT NOT NULL DEFAULT ''; -- of the provider, encrypted, for signing out there
