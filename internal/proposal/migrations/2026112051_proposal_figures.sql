-- +goose Up
-- Ratings by case: the case page reads all of a case's, figures those of a year.
CREATE INDEX feedback_case ON feedback (tenant, proposal, round);
