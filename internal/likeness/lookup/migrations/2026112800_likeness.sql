-- +goose Up
-- The signature of each text that can be looked up. doc is a number for its kind
-- and id, so that bands are narrow. All of it follows from the texts.
CREATE TABLE likeness_doc (
  tenant TEXT    NOT NULL,
  kind   TEXT    NOT NULL,
  id     TEXT    NOT NULL,
  doc    BIGINT  NOT NULL,
  form   INTEGER NOT NULL, -- how the signature was made
  sig    BYTEA,            -- none: too short to be compared
  PRIMARY KEY (tenant, kind, id)
);
CREATE INDEX likeness_doc_number ON likeness_doc (tenant, doc);

-- Under which keys it is looked up.
CREATE TABLE likeness_band (
  tenant TEXT   NOT NULL,
  key    BIGINT NOT NULL,
  doc    BIGINT NOT NULL,
  PRIMARY KEY (tenant, key, doc)
);
