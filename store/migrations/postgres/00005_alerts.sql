-- +goose Up

-- Who is told of what. to_url and secret are secrets: they are shown to nobody again.
CREATE TABLE subscriptions (
	id       TEXT PRIMARY KEY, -- random
	created  BIGINT NOT NULL,  -- seconds since 1970
	since    BIGINT NOT NULL,  -- height: only what happens above it is told
	to_url   TEXT NOT NULL,
	secret   TEXT NOT NULL,    -- that a webhook's messages are signed with; empty for others
	pool     TEXT,             -- at most one of the three; none means every pool
	pastelid TEXT,
	operator TEXT,             -- PastelID
	kinds    TEXT NOT NULL,    -- separated by spaces
	cushion  BIGINT NOT NULL,  -- per cent that a cushion should have at least
	overdue  BIGINT NOT NULL   -- blocks that a payout may take once it is valid
);

-- The outbox. A row is a message; its cause is what happened, wherever in the chain.
CREATE TABLE alerts (
	id           TEXT PRIMARY KEY, -- random
	seq          BIGINT NOT NULL,  -- order of delivery
	subscription TEXT NOT NULL,
	cause        TEXT NOT NULL,    -- the same on every branch of the chain
	kind         TEXT NOT NULL,
	pool         TEXT,
	pastelid     TEXT,
	height       BIGINT NOT NULL,  -- of the cause, or the tip when it began
	block        BYTEA,            -- hash of the cause's block; none for what is no event
	lost         BIGINT NOT NULL,  -- 1: its block is gone, and the branch instead is not read to its end
	standing     BIGINT NOT NULL,  -- 1: tells of what is no event and has not ended
	text         TEXT NOT NULL,
	json         TEXT NOT NULL,
	state        TEXT NOT NULL,    -- pending, sending (it may have arrived), sent, withdrawn or failed
	created      BIGINT NOT NULL,  -- seconds since 1970, as the next ones
	attempts     BIGINT NOT NULL,
	next_try     BIGINT NOT NULL,
	sent_at      BIGINT
);
CREATE UNIQUE INDEX alerts_by_cause ON alerts (subscription, cause);
CREATE UNIQUE INDEX alerts_by_seq ON alerts (seq);
CREATE INDEX alerts_by_state ON alerts (state, subscription, seq);
CREATE INDEX alerts_by_height ON alerts (height);
CREATE INDEX alerts_by_standing ON alerts (standing, kind);

-- The last event that became alerts.
CREATE TABLE alert_cursor (
	one      BIGINT PRIMARY KEY, -- always 1
	height   BIGINT NOT NULL,
	position BIGINT NOT NULL,    -- in the block
	hash     BYTEA NOT NULL, -- of the block
	trail    BYTEA           -- of the last blocks whose events became alerts, the newest first: they tell where a reorganization forked off
);

-- What transactions that wait to be mined would do to pledges.
CREATE TABLE mempool_spends (
	txid      BYTEA NOT NULL,
	pledge    BIGINT NOT NULL, -- join order
	pool      TEXT NOT NULL,
	pastelid  TEXT NOT NULL,
	outcome   TEXT NOT NULL,   -- left, reduced or moved
	forfeited BIGINT NOT NULL,
	seen      BIGINT NOT NULL, -- seconds since 1970
	PRIMARY KEY (txid, pledge)
);
CREATE INDEX mempool_spends_by_pool ON mempool_spends (pool);
CREATE INDEX mempool_spends_by_pastelid ON mempool_spends (pastelid);

-- When all of the node's mempool was last looked at, and after which block.
CREATE TABLE mempool_looked (
	one    BIGINT PRIMARY KEY, -- always 1
	height BIGINT NOT NULL,
	at     BIGINT NOT NULL -- seconds since 1970
);
