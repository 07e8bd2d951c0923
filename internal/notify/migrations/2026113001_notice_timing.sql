-- +goose Up
ALTER TABLE notice_preference ADD COLUMN sms BOOLEAN NOT NULL DEFAULT TRUE;

-- When a person is told outside the platform; of person '' what holds for those
-- of the tenant who chose nothing. quiet: '' as the tenant, 'none', 'own'. Times
-- are 15:04 in China, weekday is 1 for Monday.
CREATE TABLE notice_timing (
  tenant      TEXT NOT NULL,
  person      TEXT NOT NULL,
  quiet       TEXT NOT NULL,
  quiet_from  TEXT NOT NULL,
  quiet_until TEXT NOT NULL,
  roundup      TEXT NOT NULL,
  roundup_time TEXT NOT NULL,
  weekday     INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  PRIMARY KEY (tenant, person)
);
-- What a roundup gathers, and what is timed anew when a person chooses otherwise.
CREATE INDEX delivery_waiting ON delivery (tenant, person, channel) WHERE next_at <> '' AND reason <> '';
