-- +goose Up

-- Rechecks are looked up plugin by plugin.
DROP INDEX connection_recheck;
CREATE INDEX connection_recheck ON connection (plugin, recheck_at) WHERE recheck_at <> 0;

-- +goose Down
SELECT 1;
