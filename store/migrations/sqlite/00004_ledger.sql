-- +goose Up

-- The state, as records of package pool: all of them together are the state at the last block.
CREATE TABLE records (
	kind  INTEGER NOT NULL,
	key   BLOB NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- The chain. undo takes the block back; it is kept for as many blocks as a reorganization may reach.
CREATE TABLE blocks (
	height INTEGER PRIMARY KEY,
	hash   BLOB NOT NULL,
	time   INTEGER NOT NULL, -- seconds since 1970
	digest BLOB NOT NULL,  -- ledger digest after the block
	undo   BLOB
) STRICT;

-- History. Amounts are patoshi, coins whole PSL; txids are in the order of their hash's bytes.
CREATE TABLE events (
	height   INTEGER NOT NULL,
	position INTEGER NOT NULL, -- in the block
	type     TEXT NOT NULL,
	pool     TEXT,
	pastelid TEXT,
	pledge   INTEGER,          -- join order, of events about a pledge
	amount   INTEGER,          -- received, forfeited, left or, of payout.settled, all it pays
	coins    INTEGER,
	txid     BLOB,
	reason   TEXT,
	json     TEXT NOT NULL,   -- the event in its canonical form
	PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;
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
	required      INTEGER NOT NULL,
	target        INTEGER NOT NULL,
	factor        INTEGER NOT NULL, -- 0.0001
	fee           INTEGER NOT NULL, -- 0.01 %
	period        INTEGER NOT NULL, -- blocks
	opened        INTEGER NOT NULL,
	opened_tx     BLOB NOT NULL,
	activated     INTEGER,
	activation_tx BLOB,
	deadline      INTEGER,          -- of replenishing
	ended         INTEGER,
	counted       INTEGER NOT NULL,
	offered       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pools_by_operator ON pools (operator);
CREATE INDEX pools_by_status ON pools (status);
CREATE INDEX pools_by_fee_address ON pools (fee_address);

-- Pledges that were accepted at some time.
CREATE TABLE pledges (
	seq       INTEGER PRIMARY KEY, -- join order over all pools
	pool      TEXT NOT NULL,
	pastelid  TEXT NOT NULL,
	address   TEXT NOT NULL,
	joined    INTEGER NOT NULL,
	ended     INTEGER,             -- left or released
	outcome   TEXT,               -- pledge.left or pledge.released
	forfeited INTEGER
) STRICT;
CREATE INDEX pledges_by_pool ON pledges (pool, seq);
CREATE INDEX pledges_by_pastelid ON pledges (pastelid, seq);
CREATE INDEX pledges_by_address ON pledges (address, seq);
CREATE INDEX pledges_by_joined ON pledges (joined);
CREATE INDEX pledges_by_ended ON pledges (ended);

-- The tickets that made them and amended them: the last one of a pledge is in force.
CREATE TABLE pledge_tickets (
	height      INTEGER NOT NULL,
	position    INTEGER NOT NULL, -- among those of the block
	pledge      INTEGER NOT NULL, -- join order
	pool        TEXT NOT NULL,
	pastelid    TEXT NOT NULL,
	reward      TEXT NOT NULL,
	offered     INTEGER NOT NULL,
	ticket      BLOB NOT NULL,
	output_txid BLOB NOT NULL,
	output_vout INTEGER NOT NULL,
	PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX pledge_tickets_by_pledge ON pledge_tickets (pledge, height, position);
CREATE INDEX pledge_tickets_by_pastelid ON pledge_tickets (pastelid, pool, reward);
CREATE INDEX pledge_tickets_by_reward ON pledge_tickets (reward, pledge);

-- What became somebody's for good: settled, or income of a pool that ended.
CREATE TABLE credits (
	height   INTEGER NOT NULL,
	position INTEGER NOT NULL, -- in the block
	pool     TEXT NOT NULL,
	pastelid TEXT,            -- unknown for the last members of a dissolved pool
	address  TEXT NOT NULL,
	amount   INTEGER NOT NULL,
	PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX credits_by_pastelid ON credits (pastelid, height);
CREATE INDEX credits_by_address ON credits (address, height);
CREATE INDEX credits_by_pool ON credits (pool, height);

-- SQLite finds a column behind a large one only by reading all of it: transactions come last.
CREATE TABLE payouts (
	pool       TEXT NOT NULL,
	settled    INTEGER NOT NULL,
	txid       BLOB NOT NULL,
	valid_from INTEGER NOT NULL,
	valid_to   INTEGER NOT NULL,
	change     INTEGER NOT NULL,
	paid       INTEGER,
	cancelled  INTEGER,
	tx         BLOB NOT NULL,
	PRIMARY KEY (pool, settled)
) STRICT, WITHOUT ROWID;
CREATE INDEX payouts_by_txid ON payouts (txid);
CREATE INDEX payouts_by_settled ON payouts (settled);
CREATE INDEX payouts_by_paid ON payouts (paid);

CREATE TABLE payout_outputs (
	pool     TEXT NOT NULL,
	settled  INTEGER NOT NULL,
	position INTEGER NOT NULL,
	address  TEXT NOT NULL,
	amount   INTEGER NOT NULL,
	PRIMARY KEY (pool, settled, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX payout_outputs_by_address ON payout_outputs (address, settled);
CREATE INDEX payout_outputs_by_settled ON payout_outputs (settled);
