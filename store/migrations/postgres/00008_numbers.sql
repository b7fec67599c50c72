-- +goose Up

-- The ledger's tables are made anew, empty: the daemon fills them from the chain again. What is about alerts stays.
DROP TABLE records;
DROP TABLE blocks;
DROP TABLE events;
DROP TABLE pools;
DROP TABLE pledges;
DROP TABLE pledge_tickets;
DROP TABLE credits;
DROP TABLE payouts;
DROP TABLE payout_outputs;
DELETE FROM mempool_spends;
DELETE FROM mempool_looked;

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
	digest BYTEA NOT NULL,    -- ledger digest after the block
	undo   BYTEA
);

-- History. Rows name PastelIDs and addresses by the ids of names, and pools by their num. Amounts are patoshi, coins whole PSL; txids are in
-- the order of their hash's bytes.

-- PastelIDs and addresses, numbered in the order in which the chain first names them.
CREATE TABLE names (
	id     INTEGER PRIMARY KEY,
	text   TEXT COLLATE "C" NOT NULL,
	height INTEGER NOT NULL -- of first use
);
CREATE UNIQUE INDEX names_by_text ON names (text);

CREATE TABLE pools (
	num           INTEGER PRIMARY KEY, -- rank by the height of opening, then by id, from 1
	id            TEXT COLLATE "C" NOT NULL,
	status        TEXT COLLATE "C" NOT NULL,
	company       TEXT COLLATE "C" NOT NULL,
	operator      INTEGER NOT NULL, -- PastelID
	supernode     INTEGER NOT NULL, -- PastelID
	fee_address   INTEGER NOT NULL,
	escrow        INTEGER NOT NULL, -- never a place to send coins to
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
CREATE UNIQUE INDEX pools_by_id ON pools (id);
CREATE INDEX pools_by_operator ON pools (operator);
CREATE INDEX pools_by_status ON pools (status);
CREATE INDEX pools_by_fee_address ON pools (fee_address);
CREATE INDEX pools_by_escrow ON pools (escrow);

CREATE TABLE events (
	height   INTEGER NOT NULL,
	position INTEGER NOT NULL, -- in the block
	type     TEXT COLLATE "C" NOT NULL,
	pool     INTEGER,
	pastelid INTEGER,
	pledge   BIGINT,          -- join order, of events about a pledge
	amount   BIGINT,          -- of events that name one
	coins    BIGINT,          -- of pledge.reduced
	json     TEXT COLLATE "C" NOT NULL,    -- the event in its canonical form; that of payout.settled without its outputs, which are claims
	PRIMARY KEY (height, position)
);
CREATE INDEX events_by_pool ON events (pool, height, position);
CREATE INDEX events_by_pastelid ON events (pastelid, height, position) WHERE pastelid IS NOT NULL;
CREATE INDEX events_by_type ON events (type, height, position);
CREATE INDEX events_by_pledge ON events (pledge, height, position) WHERE type IN ('pledge.amended', 'pledge.reduced');

-- Pledges that were accepted at some time.
CREATE TABLE pledges (
	seq       BIGINT PRIMARY KEY, -- join order over all pools
	pool      INTEGER NOT NULL,
	pastelid  INTEGER NOT NULL,
	address   INTEGER NOT NULL,
	joined    INTEGER NOT NULL,
	ended     INTEGER,             -- left or released
	outcome   TEXT COLLATE "C",                -- pledge.left or pledge.released
	forfeited BIGINT
);
CREATE INDEX pledges_by_pool ON pledges (pool, seq);
CREATE INDEX pledges_by_pastelid ON pledges (pastelid, seq);
CREATE INDEX pledges_by_address ON pledges (address, seq);
CREATE INDEX pledges_by_ended ON pledges (ended) WHERE ended IS NOT NULL;

-- The tickets that made them and amended them: the last one of a pledge is in force.
CREATE TABLE pledge_tickets (
	pledge      BIGINT NOT NULL, -- join order
	height      INTEGER NOT NULL,
	position    INTEGER NOT NULL, -- among those of the block
	reward      INTEGER NOT NULL, -- address
	offered     BIGINT NOT NULL,
	ticket      BYTEA NOT NULL,
	output_txid BYTEA NOT NULL,
	output_vout BIGINT NOT NULL,
	PRIMARY KEY (pledge, height, position)
);
CREATE INDEX pledge_tickets_by_reward ON pledge_tickets (reward, pledge);

-- Who was paid what: what became somebody's for good, settled or as income of a pool that ended, and what the block's payout pays.
CREATE TABLE claims (
	height   INTEGER NOT NULL,
	position INTEGER NOT NULL, -- in the block: of the credit; from 2^30 on, of what was only paid
	pool     INTEGER NOT NULL,
	pastelid INTEGER,          -- unknown for the last members of a dissolved pool, and for what was only paid
	address  INTEGER NOT NULL,
	output   INTEGER,          -- of the payout's transaction
	credited BIGINT,
	paid     BIGINT,
	PRIMARY KEY (height, position)
);
CREATE INDEX claims_by_payee ON claims (pool, address, height);

-- Blocks in which a pool credited something. Its credits lie from the first position to the last, maybe between those of other pools.
CREATE TABLE earnings (
	pool   INTEGER NOT NULL,
	height INTEGER NOT NULL,
	first  INTEGER NOT NULL,
	last   INTEGER NOT NULL,
	PRIMARY KEY (pool, height)
);
CREATE INDEX earnings_by_height ON earnings (height);

-- Settled payouts. Their transactions follow from the rows and the outputs.
CREATE TABLE payouts (
	pool       INTEGER NOT NULL,
	settled    INTEGER NOT NULL,
	txid       BYTEA NOT NULL,
	change     BIGINT NOT NULL,
	total      BIGINT NOT NULL,  -- of the outputs, without the change
	outputs    INTEGER NOT NULL, -- their number
	first_paid INTEGER,          -- position of the first claim that was only paid, which the others follow
	paid       INTEGER,
	cancelled  INTEGER,
	inputs     BYTEA NOT NULL,    -- 36 bytes for each: txid, then the output's number, little-endian
	PRIMARY KEY (pool, settled)
);
CREATE INDEX payouts_by_txid ON payouts (txid);
CREATE INDEX payouts_by_settled ON payouts (settled, pool);
CREATE INDEX payouts_by_paid ON payouts (paid) WHERE paid IS NOT NULL;
CREATE INDEX payouts_by_cancelled ON payouts (cancelled) WHERE cancelled IS NOT NULL;
CREATE INDEX payouts_pending ON payouts (settled, pool) WHERE paid IS NULL AND cancelled IS NULL;
