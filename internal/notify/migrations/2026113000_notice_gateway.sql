-- +goose Up
-- A way out of a tenant: the robot of a group, a webhook, an SMS gateway. The
-- query of the address may hold keys, so it is sealed as the secret is. kinds is
-- a list of the kinds of notice that it carries; request is what an SMS gateway
-- is asked.
CREATE TABLE notice_gateway (
  tenant        TEXT NOT NULL,
  id            TEXT NOT NULL,
  kind          TEXT NOT NULL,
  name          TEXT NOT NULL,
  address       TEXT NOT NULL,
  sealed_query  TEXT NOT NULL,
  sealed_secret TEXT NOT NULL,
  request       TEXT NOT NULL,
  kinds         TEXT NOT NULL,
  active        BOOLEAN NOT NULL,
  tested_at     TEXT NOT NULL,
  tested_by     TEXT NOT NULL,
  tested_ok     BOOLEAN NOT NULL,
  tested_detail TEXT NOT NULL,
  version       INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
);
-- A person gets a text message once.
CREATE UNIQUE INDEX notice_gateway_sms ON notice_gateway (tenant) WHERE kind = 'sms';

-- What a robot or a webhook gets is one notice that belongs to nobody;
-- recipients is a list of whom it is about.
ALTER TABLE notice ADD COLUMN recipients TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
