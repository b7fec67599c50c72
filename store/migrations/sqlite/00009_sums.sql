-- +goose Up

-- Lists and heads of pages show rows that each step of the ledger keeps up to date. `smartpoold check` computes them from the history again.

-- A pool's list row: what its pledges, claims, escrow and payouts come to.
ALTER TABLE pools ADD COLUMN shelf INTEGER NOT NULL DEFAULT 0; -- by status, and apart if the pool has as many pledges as it may
ALTER TABLE pools ADD COLUMN low INTEGER NOT NULL DEFAULT 0; -- 1: active with less than half its cushion
ALTER TABLE pools ADD COLUMN broken INTEGER NOT NULL DEFAULT 0; -- 1: a shadow run's, whose escrow was spent
ALTER TABLE pools ADD COLUMN members INTEGER NOT NULL DEFAULT 0; -- live pledges by role, as the next two
ALTER TABLE pools ADD COLUMN standby INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN plain INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN room INTEGER NOT NULL DEFAULT 0; -- PSL that can still count until the target is reached
ALTER TABLE pools ADD COLUMN escrowed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0; -- settled, in no payout
ALTER TABLE pools ADD COLUMN pending INTEGER NOT NULL DEFAULT 0; -- payouts
ALTER TABLE pools ADD COLUMN skeleton TEXT NOT NULL DEFAULT ''; -- of the company: the same for names that look the same
CREATE INDEX pools_by_opened ON pools (opened, num);
CREATE INDEX pools_shelved ON pools (shelf, num);
CREATE INDEX pools_by_counted ON pools (shelf, counted, num);
CREATE INDEX pools_by_members ON pools (shelf, members, num);
CREATE INDEX pools_by_room ON pools (shelf, room, num);
CREATE INDEX pools_by_fee ON pools (shelf, fee, num);
CREATE INDEX pools_by_skeleton ON pools (skeleton, operator);
DROP INDEX pools_by_operator;
CREATE INDEX pools_by_operator ON pools (operator, num);

-- What a pool has come to since it opened, after each block that concerned it.
CREATE TABLE pool_sums (
	pool          INTEGER NOT NULL, -- num
	height        INTEGER NOT NULL,
	status        INTEGER NOT NULL,
	coins         INTEGER NOT NULL, -- PSL that count from the next block on; 0 unless the pool is active
	coin_blocks   INTEGER NOT NULL, -- coins, added up over blocks
	active_blocks INTEGER NOT NULL,
	income        INTEGER NOT NULL,
	rewards       INTEGER NOT NULL, -- blocks with income
	last_paid     INTEGER NOT NULL, -- the last one, or -1
	gap           INTEGER NOT NULL, -- blocks from one of them to the next, at most so far
	forfeits      INTEGER NOT NULL, -- shared out again
	lost          INTEGER NOT NULL, -- by pledges that left
	paid          INTEGER NOT NULL, -- by mined payouts, without change
	mined         INTEGER NOT NULL, -- payouts
	prompt        INTEGER NOT NULL, -- of those, mined soon
	cancelled     INTEGER NOT NULL, -- payouts
	shortages     INTEGER NOT NULL, -- times that the pool began to replenish
	leavers       INTEGER NOT NULL, -- pledges that left
	PRIMARY KEY (pool, height)
) STRICT, WITHOUT ROWID;
CREATE INDEX pool_sums_by_height ON pool_sums (height, pool);

-- The same for all pools together.
CREATE TABLE network_sums (
	height        INTEGER PRIMARY KEY,
	active        INTEGER NOT NULL, -- pools, from the next block on
	active_blocks INTEGER NOT NULL, -- active, added up over blocks
	income        INTEGER NOT NULL,
	paid          INTEGER NOT NULL
) STRICT;

-- Pools of the network.
CREATE TABLE network (
	one          INTEGER PRIMARY KEY, -- always 1
	subscribing  INTEGER NOT NULL,    -- pools by status
	active       INTEGER NOT NULL,
	replenishing INTEGER NOT NULL,
	dissolved    INTEGER NOT NULL,
	expired      INTEGER NOT NULL,
	closed       INTEGER NOT NULL,
	counted      INTEGER NOT NULL, -- of members
	offered      INTEGER NOT NULL,
	escrowed     INTEGER NOT NULL,
	claimed      INTEGER NOT NULL,
	pending      INTEGER NOT NULL, -- payouts
	members      INTEGER NOT NULL, -- PastelIDs
	operators    INTEGER NOT NULL  -- of live pools
) STRICT;

-- Everyone who opened a pool, with the sums over their pools.
CREATE TABLE operators (
	operator     INTEGER PRIMARY KEY, -- PastelID
	first_pool   INTEGER NOT NULL, -- num
	subscribing  INTEGER NOT NULL, -- pools by status
	active       INTEGER NOT NULL,
	replenishing INTEGER NOT NULL,
	dissolved    INTEGER NOT NULL,
	expired      INTEGER NOT NULL,
	closed       INTEGER NOT NULL,
	ended_short  INTEGER NOT NULL, -- pools that were dissolved, also if they are closed now
	ended_unused INTEGER NOT NULL, -- pools that expired, likewise
	counted      INTEGER NOT NULL, -- of members
	income       INTEGER NOT NULL,
	rewards      INTEGER NOT NULL,
	gap          INTEGER NOT NULL, -- the longest of a pool
	lost         INTEGER NOT NULL,
	paid         INTEGER NOT NULL,
	mined        INTEGER NOT NULL,
	prompt       INTEGER NOT NULL,
	cancelled    INTEGER NOT NULL,
	shortages    INTEGER NOT NULL,
	leavers      INTEGER NOT NULL -- pledges that left
) STRICT;
CREATE INDEX operators_by_counted ON operators (counted, first_pool);
CREATE INDEX operators_by_since ON operators (first_pool);
CREATE INDEX operators_by_rewards ON operators (rewards, first_pool);

-- Roles of live pledges.
ALTER TABLE pledges ADD COLUMN role INTEGER; -- none once the pledge has ended
CREATE INDEX pledges_of_members ON pledges (pastelid) WHERE role = 2;
