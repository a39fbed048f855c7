-- +goose Up

-- The last revision of its record that brings nothing to the connection beyond what this
-- delivery brings: facts of the order changed that only other connections take. 0 if that
-- is its own revision.
ALTER TABLE delivery ADD COLUMN covers INTEGER NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
