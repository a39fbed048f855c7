-- +goose Up

-- The trace of the call that made the delivery, see trace.Place.Bytes; NULL if it had
-- none. What an earlier release inserts has none.
ALTER TABLE delivery ADD COLUMN trace BLOB;

-- +goose Down
SELECT 1;
