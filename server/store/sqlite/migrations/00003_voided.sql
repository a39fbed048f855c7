-- +goose Up

-- Whether the parcel's label was voided. Of parcels that an earlier release accepted only
-- their bodies tell, until they are submitted again.
ALTER TABLE tracking ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
