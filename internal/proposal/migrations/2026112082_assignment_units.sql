-- +goose Up
-- Lists name the departments of each case.
DROP INDEX assignment_case;
CREATE INDEX assignment_case ON assignment (tenant, proposal, round, role, state, unit);
