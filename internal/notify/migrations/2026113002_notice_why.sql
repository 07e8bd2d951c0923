-- +goose Up
-- Why the person was told, as an id of notify.Whys; '' of what was sent before
-- and of what belongs to nobody.
ALTER TABLE notice ADD COLUMN why TEXT NOT NULL DEFAULT '';
