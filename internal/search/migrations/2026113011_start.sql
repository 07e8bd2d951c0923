-- +goose Up
-- Where one may begin to type what a document is called by: in this scope, by
-- this head (the initials of two letters), in these ways. It follows from
-- search_doc; Renew and Rebuild write it anew. Nothing in it is declared NOT NULL
-- or unique: SQLite would prepare to take back each statement of several rows,
-- and to do that writes the full text to disk halfway, which cost six times as
-- much as the rows.
DROP TABLE IF EXISTS search_start;
CREATE TABLE search_start (
  scope INTEGER,
  head  BIGINT,
  n     INTEGER,
  said  TEXT,
  name  TEXT
);
CREATE INDEX search_start_head ON search_start (scope, head, n DESC, said, name);
CREATE INDEX search_start_n ON search_start (n);
UPDATE search_doc SET form = 0;
