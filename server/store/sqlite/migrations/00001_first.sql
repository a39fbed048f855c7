-- +goose Up

-- Times are microseconds since 1970 in UTC, 0 for none.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- AUTOINCREMENT: a key is never used again, so that what remembers one does not
-- come to mean another merchant.
CREATE TABLE merchant (
    key            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    title          TEXT NOT NULL,
    version        INTEGER NOT NULL,
    config_version INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    -- Whether it ever had an order or a tracking record.
    used           INTEGER NOT NULL DEFAULT 0,
    -- The last change of an order of it, without what is in notes.
    last_change    INTEGER NOT NULL DEFAULT 0
);

-- A deleted connection stays, without its secrets, for the history of its
-- deliveries.
CREATE TABLE connection (
    key             INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant        INTEGER NOT NULL REFERENCES merchant (key),
    id              TEXT NOT NULL,
    plugin          TEXT NOT NULL,
    title           TEXT NOT NULL,
    settings        TEXT NOT NULL,
    secrets         BLOB,
    secret_times    TEXT NOT NULL,
    generation      INTEGER NOT NULL,
    filter          TEXT NOT NULL,
    wait_for_order  INTEGER NOT NULL,
    allow_repeats   INTEGER NOT NULL,
    takes_orders    INTEGER NOT NULL,
    takes_tracking  INTEGER NOT NULL,
    takes_facts     INTEGER NOT NULL,
    scope_per_order INTEGER NOT NULL,
    intents         INTEGER NOT NULL,
    state           INTEGER NOT NULL,
    pause_reason    TEXT NOT NULL,
    pause_hint      TEXT NOT NULL,
    recheck_at      INTEGER NOT NULL DEFAULT 0,
    recheck_wait    INTEGER NOT NULL DEFAULT 0,
    probing         INTEGER NOT NULL DEFAULT 0,
    check_state     INTEGER NOT NULL,
    check_at        INTEGER NOT NULL,
    account_id      TEXT NOT NULL,
    account_name    TEXT NOT NULL,
    plugin_state    BLOB,
    not_before      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER NOT NULL DEFAULT 0,
    -- What is still to be done to its deliveries in steps, see chores.go.
    chores          INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX connection_id ON connection (merchant, id) WHERE deleted_at = 0;
CREATE INDEX connection_account ON connection (plugin, account_id) WHERE account_id <> '' AND deleted_at = 0;
CREATE INDEX connection_recheck ON connection (recheck_at) WHERE recheck_at <> 0;

-- Until when accounts are kept still, whatever becomes of their connections. What is
-- over is forgotten at the start.
CREATE TABLE account_wait (
    plugin     TEXT NOT NULL,
    account_id TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    PRIMARY KEY (plugin, account_id)
) WITHOUT ROWID;

CREATE TABLE totals (
    connection    INTEGER PRIMARY KEY REFERENCES connection (key),
    made          INTEGER NOT NULL,
    delivered     INTEGER NOT NULL,
    present       INTEGER NOT NULL,
    skipped       INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    superseded    INTEGER NOT NULL,
    cancelled     INTEGER NOT NULL,
    -- The connection's last delivery, see chain.go.
    last_delivery INTEGER NOT NULL,
    -- The last note that is in this row.
    last_note     INTEGER NOT NULL
);

-- What commits changed of totals and chains, see tally.go.
CREATE TABLE note (
    key    INTEGER PRIMARY KEY,
    totals BLOB,
    orders BLOB
);

-- "order" is a keyword. The order_id leads the index so that an order is found
-- without its merchant too.
CREATE TABLE orders (
    key            INTEGER PRIMARY KEY,
    merchant       INTEGER NOT NULL REFERENCES merchant (key),
    order_id       TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    source_version INTEGER,
    hash           BLOB NOT NULL,
    source         TEXT NOT NULL,
    facts          BLOB NOT NULL,
    -- The last row of order_change for it.
    last_change    INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    body           BLOB NOT NULL
);
CREATE UNIQUE INDEX orders_id ON orders (order_id, merchant);

-- A row for each revision of an order: the chain of a merchant's orders by their
-- last change.
CREATE TABLE order_change (
    id              INTEGER PRIMARY KEY,
    order_key       INTEGER NOT NULL REFERENCES orders (key),
    merchant        INTEGER NOT NULL REFERENCES merchant (key),
    before_merchant INTEGER NOT NULL
);

-- Revisions before the current one.
CREATE TABLE order_revision (
    order_key      INTEGER NOT NULL REFERENCES orders (key),
    revision       INTEGER NOT NULL,
    source_version INTEGER,
    hash           BLOB NOT NULL,
    source         TEXT NOT NULL,
    updated_at     INTEGER NOT NULL,
    body           BLOB NOT NULL
);
CREATE UNIQUE INDEX order_revision_key ON order_revision (order_key, revision);

CREATE TABLE tracking (
    key            INTEGER PRIMARY KEY,
    merchant       INTEGER NOT NULL REFERENCES merchant (key),
    number_key     TEXT NOT NULL,
    number         TEXT NOT NULL,
    order_id       TEXT NOT NULL,
    shipment_id    TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    source_version INTEGER,
    hash           BLOB NOT NULL,
    facts          BLOB NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    body           BLOB NOT NULL
);
CREATE UNIQUE INDEX tracking_number ON tracking (number_key, merchant);
CREATE INDEX tracking_order ON tracking (order_id, merchant);

CREATE TABLE tracking_revision (
    tracking_key   INTEGER NOT NULL REFERENCES tracking (key),
    revision       INTEGER NOT NULL,
    number         TEXT NOT NULL,
    order_id       TEXT NOT NULL,
    source_version INTEGER,
    hash           BLOB NOT NULL,
    updated_at     INTEGER NOT NULL,
    body           BLOB NOT NULL
);
CREATE UNIQUE INDEX tracking_revision_key ON tracking_revision (tracking_key, revision);
-- Finds the deliveries of an order's parcels that have moved to another one.
CREATE INDEX tracking_revision_order ON tracking_revision (order_id);

-- The last attempt lives in the row, so that a delivery that arrives at once is
-- written twice: when it is made and with its outcome. epoch is the one in which
-- it last became ready to be sent, 0 if no send of it can be under way.
-- before_connection and before_merchant are the ids of the deliveries made before it
-- for its connection and for its merchant, 0 for the first: see chain.go.
CREATE TABLE delivery (
    id                INTEGER PRIMARY KEY,
    connection        INTEGER NOT NULL REFERENCES connection (key),
    merchant          INTEGER NOT NULL REFERENCES merchant (key),
    before_connection INTEGER NOT NULL,
    before_merchant   INTEGER NOT NULL,
    kind              INTEGER NOT NULL,
    record            INTEGER NOT NULL,
    revision          INTEGER NOT NULL,
    state             INTEGER NOT NULL,
    reason            TEXT NOT NULL,
    hint              TEXT NOT NULL,
    fix_scope         INTEGER NOT NULL,
    due               INTEGER NOT NULL,
    sends             INTEGER NOT NULL,
    spent             INTEGER NOT NULL,
    retry_age         INTEGER NOT NULL,
    fate_unknown      INTEGER NOT NULL,
    epoch             INTEGER NOT NULL,
    size              INTEGER NOT NULL,
    order_id          TEXT NOT NULL,
    number            TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    finished_at       INTEGER NOT NULL,
    last_number       INTEGER NOT NULL DEFAULT 0,
    last_start        INTEGER,
    last_took         INTEGER,
    last_outcome      INTEGER,
    last_reason       TEXT,
    last_hint         TEXT,
    last_fix          INTEGER,
    last_status       INTEGER,
    last_request      TEXT,
    last_answer       TEXT,
    last_differs      TEXT
);
CREATE UNIQUE INDEX delivery_record ON delivery (kind, record, connection, revision);
CREATE INDEX delivery_ready ON delivery (connection, due, id) WHERE state = 1;
CREATE INDEX delivery_blocked ON delivery (connection, order_id) WHERE state = 2;
CREATE INDEX delivery_failed ON delivery (connection, id) WHERE state = 5;

-- Attempts before the last one.
CREATE TABLE attempt (
    delivery  INTEGER NOT NULL REFERENCES delivery (id),
    number    INTEGER NOT NULL,
    start     INTEGER NOT NULL,
    took      INTEGER NOT NULL,
    outcome   INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    hint      TEXT NOT NULL,
    fix       INTEGER NOT NULL,
    status    INTEGER NOT NULL,
    request   TEXT NOT NULL,
    answer    TEXT NOT NULL,
    differs   TEXT NOT NULL,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

-- The record comes first: the rows of a commit then lie side by side, however many
-- connections they belong to.
CREATE TABLE remote_record (
    kind        INTEGER NOT NULL,
    record      INTEGER NOT NULL,
    connection  INTEGER NOT NULL REFERENCES connection (key),
    remote_id   TEXT NOT NULL,
    remote_url  TEXT NOT NULL,
    state       BLOB,
    content_key BLOB,
    PRIMARY KEY (kind, record, connection)
) WITHOUT ROWID;

CREATE TABLE request (
    merchant   INTEGER NOT NULL REFERENCES merchant (key),
    request_id TEXT NOT NULL,
    hash       BLOB NOT NULL,
    receipt    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (merchant, request_id)
) WITHOUT ROWID;
CREATE INDEX request_created ON request (created_at);

CREATE TABLE extra_field (
    merchant   INTEGER NOT NULL REFERENCES merchant (key),
    source     TEXT NOT NULL,
    level      INTEGER NOT NULL,
    name       TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (merchant, source, level, name)
) WITHOUT ROWID;

-- +goose Down
SELECT 1;
