-- +goose Up
-- Tables between their preview and their import. Imported is how many rows were,
-- -1 before that; the bytes go when they were.
CREATE TABLE shelf (
	tenant   TEXT    NOT NULL,
	account  TEXT    NOT NULL,
	purpose  TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	data     BYTEA   NOT NULL,
	until_at TEXT    NOT NULL,
	imported INTEGER NOT NULL,
	PRIMARY KEY (tenant, account, purpose)
);
CREATE INDEX shelf_until ON shelf (until_at);
