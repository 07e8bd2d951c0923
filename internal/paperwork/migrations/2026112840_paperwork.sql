-- +goose Up
-- Large documents that somebody asked for, and what became of it: filter is the
-- list as JSON, may the permissions under which it is read. The file lies in the
-- folder of papers until until_at.
CREATE TABLE paper_run (
	tenant   TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	account  TEXT    NOT NULL,
	person   TEXT    NOT NULL,
	role     TEXT    NOT NULL,
	body     TEXT    NOT NULL,
	may      TEXT    NOT NULL,
	kind     TEXT    NOT NULL,
	format   TEXT    NOT NULL,
	filter   TEXT    NOT NULL,
	replies  BOOLEAN NOT NULL,
	title    TEXT    NOT NULL,
	asked_at TEXT    NOT NULL,
	state    TEXT    NOT NULL,
	done     INTEGER NOT NULL,
	total    INTEGER NOT NULL,
	problem  TEXT    NOT NULL,
	sha256   TEXT    NOT NULL,
	size     BIGINT  NOT NULL,
	until_at TEXT    NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX paper_run_account ON paper_run (tenant, account, id);
CREATE INDEX paper_run_until ON paper_run (until_at);
