-- +goose Up
-- What was not sent and should have been: few among many that were not meant to be.
CREATE INDEX delivery_untold ON delivery (tenant, reason, notice)
  WHERE state IN ('failed', 'skipped') AND reason NOT IN ('superseded', 'not_mailed', 'not_texted', 'switched_off', 'no_smtp');
