-- +goose Up

-- What was done: one row for each act, never changed afterwards. Only name,
-- note and salt may be emptied, by an erasure that is an entry itself.
CREATE TABLE ledger_entry (
	id           TEXT PRIMARY KEY,
	tenant       TEXT NOT NULL,
	at           TEXT NOT NULL,
	action       TEXT NOT NULL,
	kind         TEXT NOT NULL,
	object       TEXT NOT NULL,
	from_state   TEXT NOT NULL,
	to_state     TEXT NOT NULL,
	account      TEXT NOT NULL,
	person       TEXT NOT NULL,
	role         TEXT NOT NULL,
	body         TEXT NOT NULL,
	channel      TEXT NOT NULL,
	request_key  TEXT NOT NULL,
	request_hash TEXT NOT NULL,
	data         TEXT NOT NULL,
	digest       TEXT NOT NULL,
	name         TEXT NOT NULL,
	note         TEXT NOT NULL,
	salt         TEXT NOT NULL,
	text_hash    TEXT NOT NULL
);
CREATE INDEX ledger_entry_object ON ledger_entry (tenant, kind, object, id);
CREATE INDEX ledger_entry_recent ON ledger_entry (tenant, id);

-- The rows that an entry wrote, and the digest of each as it then was; an
-- empty digest means that the row was deleted.
CREATE TABLE ledger_row (
	entry      TEXT NOT NULL,
	n          INTEGER NOT NULL,
	table_name TEXT NOT NULL,
	row_key    TEXT NOT NULL,
	without    TEXT NOT NULL,
	digest     TEXT NOT NULL,
	PRIMARY KEY (entry, n)
);

-- Request keys that were used, so that a retry repeats nothing.
CREATE TABLE ledger_request (
	tenant  TEXT NOT NULL,
	account TEXT NOT NULL,
	key     TEXT NOT NULL,
	hash    TEXT NOT NULL,
	act     TEXT NOT NULL,
	object  TEXT NOT NULL,
	at      TEXT NOT NULL,
	PRIMARY KEY (tenant, account, key)
);

-- Entries that await sealing.
CREATE TABLE ledger_pending (entry TEXT PRIMARY KEY);

-- The tree of the whole installation: the entry at each leaf, the hashes of
-- leaves and nodes in the order of golang.org/x/mod/sumdb/tlog, and the signed
-- checkpoints.
CREATE TABLE ledger_leaf (
	leaf  BIGINT PRIMARY KEY,
	entry TEXT NOT NULL UNIQUE
);
CREATE TABLE ledger_hash (
	n    BIGINT PRIMARY KEY,
	hash TEXT NOT NULL
);
CREATE TABLE ledger_checkpoint (
	size BIGINT PRIMARY KEY,
	at   TEXT NOT NULL,
	text TEXT NOT NULL
);
