-- +goose Up
-- Figures as they were reported: kept as they stood, compared with what is
-- counted later.
CREATE TABLE figure_freeze (
	tenant  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	title   TEXT    NOT NULL,
	year    INTEGER NOT NULL,
	session TEXT    NOT NULL,
	as_of   TEXT    NOT NULL,
	person  TEXT    NOT NULL,
	at      TEXT    NOT NULL,
	PRIMARY KEY (tenant, id)
);

-- One figure of a freeze. Records are the ids of what counted, sorted, one a
-- line; a rate has none of its own. The hash covers value and records.
CREATE TABLE figure_snapshot (
	tenant  TEXT   NOT NULL,
	frozen  TEXT   NOT NULL,
	figure  TEXT   NOT NULL,
	n       INTEGER NOT NULL,
	amount  BIGINT NOT NULL,
	num     BIGINT NOT NULL,
	den     BIGINT NOT NULL,
	records TEXT   NOT NULL,
	hash    TEXT   NOT NULL,
	PRIMARY KEY (tenant, frozen, figure)
);
