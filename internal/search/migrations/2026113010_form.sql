-- +goose Up
-- The form in which what one begins to type for a document stands in
-- search_start; 0 where it does not stand there yet.
ALTER TABLE search_doc ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
CREATE INDEX search_doc_form ON search_doc (form, n);
