-- +goose Up
-- Lists of ten years: each order has an index that begins with what most filters
-- by, and holds what else they ask, so that a page is picked without reading the
-- cases, whose texts are long.
DROP INDEX proposal_newest;
CREATE INDEX proposal_newest ON proposal (tenant, updated_at, id, state, year, kind, subject, session, meaning, body, lead, channel, case_no, due_on, title);
DROP INDEX proposal_year;
CREATE INDEX proposal_year ON proposal (tenant, year, updated_at, id, state, kind, subject);
CREATE INDEX proposal_by_number ON proposal (tenant, case_no, id, state, year, kind, subject, session, meaning, body, lead, channel);
CREATE INDEX proposal_by_due ON proposal (tenant, COALESCE(NULLIF(due_on, ''), '9999-12-31'), id, state);

-- What somebody still has to do something about: for queues and their counts.
CREATE INDEX proposal_live ON proposal (tenant, state, updated_at, id, due_on, satisfaction, round, lead, body, channel, case_no)
  WHERE state NOT IN ('not_filed', 'archived', 'withdrawn');
