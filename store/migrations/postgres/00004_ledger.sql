-- +goose Up

-- The state, as records of package pool: all of them together are the state at the last block.
CREATE TABLE records (
	kind  SMALLINT NOT NULL,
	key   BYTEA NOT NULL,
	value BYTEA NOT NULL,
	PRIMARY KEY (kind, key)
);

-- The chain. undo takes the block back; it is kept for as many blocks as a reorganization may reach.
CREATE TABLE blocks (
	height BIGINT PRIMARY KEY,
	hash   BYTEA NOT NULL,
	time   BIGINT NOT NULL, -- seconds since 1970
	digest BYTEA NOT NULL,  -- ledger digest after the block
	undo   BYTEA
);

-- History. Amounts are patoshi, coins whole PSL; txids are in the order of their hash's bytes.
CREATE TABLE events (
	height   BIGINT NOT NULL,
	position BIGINT NOT NULL, -- in the block
	type     TEXT NOT NULL,
	pool     TEXT,
	pastelid TEXT,
	pledge   BIGINT,          -- join order, of events about a pledge
	amount   BIGINT,          -- received, forfeited, left or, of payout.settled, all it pays
	coins    BIGINT,
	txid     BYTEA,
	reason   TEXT,
	json     TEXT NOT NULL,   -- the event in its canonical form
	PRIMARY KEY (height, position)
);
CREATE INDEX events_by_pool ON events (pool, height, position);
CREATE INDEX events_by_pastelid ON events (pastelid, height, position);
CREATE INDEX events_by_type ON events (type, height, position);
CREATE INDEX events_by_pledge ON events (pledge, height, position) WHERE type IN ('pledge.amended', 'pledge.reduced');

CREATE TABLE pools (
	id            TEXT PRIMARY KEY,
	status        TEXT NOT NULL,
	company       TEXT NOT NULL,
	operator      TEXT NOT NULL, -- PastelID
	supernode     TEXT NOT NULL, -- PastelID
	fee_address   TEXT NOT NULL,
	escrow        TEXT NOT NULL, -- never a place to send coins to
	required      BIGINT NOT NULL,
	target        BIGINT NOT NULL,
	factor        BIGINT NOT NULL, -- 0.0001
	fee           BIGINT NOT NULL, -- 0.01 %
	period        BIGINT NOT NULL, -- blocks
	opened        BIGINT NOT NULL,
	opened_tx     BYTEA NOT NULL,
	activated     BIGINT,
	activation_tx BYTEA,
	deadline      BIGINT,          -- of replenishing
	ended         BIGINT,
	counted       BIGINT NOT NULL,
	offered       BIGINT NOT NULL
);
CREATE INDEX pools_by_operator ON pools (operator);
CREATE INDEX pools_by_status ON pools (status);
CREATE INDEX pools_by_fee_address ON pools (fee_address);

-- Pledges that were accepted at some time.
CREATE TABLE pledges (
	seq       BIGINT PRIMARY KEY, -- join order over all pools
	pool      TEXT NOT NULL,
	pastelid  TEXT NOT NULL,
	address   TEXT NOT NULL,
	joined    BIGINT NOT NULL,
	ended     BIGINT,             -- left or released
	outcome   TEXT,               -- pledge.left or pledge.released
	forfeited BIGINT
);
CREATE INDEX pledges_by_pool ON pledges (pool, seq);
CREATE INDEX pledges_by_pastelid ON pledges (pastelid, seq);
CREATE INDEX pledges_by_address ON pledges (address, seq);
CREATE INDEX pledges_by_joined ON pledges (joined);
CREATE INDEX pledges_by_ended ON pledges (ended);

-- The tickets that made them and amended them: the last one of a pledge is in force.
CREATE TABLE pledge_tickets (
	height      BIGINT NOT NULL,
	position    BIGINT NOT NULL, -- among those of the block
	pledge      BIGINT NOT NULL, -- join order
	pool        TEXT NOT NULL,
	pastelid    TEXT NOT NULL,
	reward      TEXT NOT NULL,
	offered     BIGINT NOT NULL,
	ticket      BYTEA NOT NULL,
	output_txid BYTEA NOT NULL,
	output_vout BIGINT NOT NULL,
	PRIMARY KEY (height, position)
);
CREATE INDEX pledge_tickets_by_pledge ON pledge_tickets (pledge, height, position);
CREATE INDEX pledge_tickets_by_pastelid ON pledge_tickets (pastelid, pool, reward);
CREATE INDEX pledge_tickets_by_reward ON pledge_tickets (reward, pledge);

-- What became somebody's for good: settled, or income of a pool that ended.
CREATE TABLE credits (
	height   BIGINT NOT NULL,
	position BIGINT NOT NULL, -- in the block
	pool     TEXT NOT NULL,
	pastelid TEXT,            -- unknown for the last members of a dissolved pool
	address  TEXT NOT NULL,
	amount   BIGINT NOT NULL,
	PRIMARY KEY (height, position)
);
CREATE INDEX credits_by_pastelid ON credits (pastelid, height);
CREATE INDEX credits_by_address ON credits (address, height);
CREATE INDEX credits_by_pool ON credits (pool, height);

-- SQLite finds a column behind a large one only by reading all of it: transactions come last.
CREATE TABLE payouts (
	pool       TEXT NOT NULL,
	settled    BIGINT NOT NULL,
	txid       BYTEA NOT NULL,
	valid_from BIGINT NOT NULL,
	valid_to   BIGINT NOT NULL,
	change     BIGINT NOT NULL,
	paid       BIGINT,
	cancelled  BIGINT,
	tx         BYTEA NOT NULL,
	PRIMARY KEY (pool, settled)
);
CREATE INDEX payouts_by_txid ON payouts (txid);
CREATE INDEX payouts_by_settled ON payouts (settled);
CREATE INDEX payouts_by_paid ON payouts (paid);

CREATE TABLE payout_outputs (
	pool     TEXT NOT NULL,
	settled  BIGINT NOT NULL,
	position BIGINT NOT NULL,
	address  TEXT NOT NULL,
	amount   BIGINT NOT NULL,
	PRIMARY KEY (pool, settled, position)
);
CREATE INDEX payout_outputs_by_address ON payout_outputs (address, settled);
CREATE INDEX payout_outputs_by_settled ON payout_outputs (settled);
