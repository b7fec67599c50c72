-- +goose Up

-- Lists and heads of pages show rows that each step of the ledger keeps up to date. `smartpoold check` computes them from the history again.

-- A pool's list row: what its pledges, claims, escrow and payouts come to.
ALTER TABLE pools ADD COLUMN shelf BIGINT NOT NULL DEFAULT 0; -- by status, and apart if the pool has as many pledges as it may
ALTER TABLE pools ADD COLUMN low BIGINT NOT NULL DEFAULT 0; -- 1: active with less than half its cushion
ALTER TABLE pools ADD COLUMN broken BIGINT NOT NULL DEFAULT 0; -- 1: a shadow run's, whose escrow was spent
ALTER TABLE pools ADD COLUMN members BIGINT NOT NULL DEFAULT 0; -- live pledges by role, as the next two
ALTER TABLE pools ADD COLUMN standby BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN plain BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN room BIGINT NOT NULL DEFAULT 0; -- PSL that can still count until the target is reached
ALTER TABLE pools ADD COLUMN escrowed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN claimed BIGINT NOT NULL DEFAULT 0; -- settled, in no payout
ALTER TABLE pools ADD COLUMN pending BIGINT NOT NULL DEFAULT 0; -- payouts
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
	status        BIGINT NOT NULL,
	coins         BIGINT NOT NULL, -- PSL that count from the next block on; 0 unless the pool is active
	coin_blocks   BIGINT NOT NULL, -- coins, added up over blocks
	active_blocks BIGINT NOT NULL,
	income        BIGINT NOT NULL,
	rewards       BIGINT NOT NULL, -- blocks with income
	last_paid     BIGINT NOT NULL, -- the last one, or -1
	gap           BIGINT NOT NULL, -- blocks from one of them to the next, at most so far
	forfeits      BIGINT NOT NULL, -- shared out again
	lost          BIGINT NOT NULL, -- by pledges that left
	paid          BIGINT NOT NULL, -- by mined payouts, without change
	mined         BIGINT NOT NULL, -- payouts
	prompt        BIGINT NOT NULL, -- of those, mined soon
	cancelled     BIGINT NOT NULL, -- payouts
	shortages     BIGINT NOT NULL, -- times that the pool began to replenish
	leavers       BIGINT NOT NULL, -- pledges that left
	PRIMARY KEY (pool, height)
);
CREATE INDEX pool_sums_by_height ON pool_sums (height, pool);

-- The same for all pools together.
CREATE TABLE network_sums (
	height        INTEGER PRIMARY KEY,
	active        BIGINT NOT NULL, -- pools, from the next block on
	active_blocks BIGINT NOT NULL, -- active, added up over blocks
	income        BIGINT NOT NULL,
	paid          BIGINT NOT NULL
);

-- Pools of the network.
CREATE TABLE network (
	one          BIGINT PRIMARY KEY, -- always 1
	subscribing  BIGINT NOT NULL,    -- pools by status
	active       BIGINT NOT NULL,
	replenishing BIGINT NOT NULL,
	dissolved    BIGINT NOT NULL,
	expired      BIGINT NOT NULL,
	closed       BIGINT NOT NULL,
	counted      BIGINT NOT NULL, -- of members
	offered      BIGINT NOT NULL,
	escrowed     BIGINT NOT NULL,
	claimed      BIGINT NOT NULL,
	pending      BIGINT NOT NULL, -- payouts
	members      BIGINT NOT NULL, -- PastelIDs
	operators    BIGINT NOT NULL  -- of live pools
);

-- Everyone who opened a pool, with the sums over their pools.
CREATE TABLE operators (
	operator     INTEGER PRIMARY KEY, -- PastelID
	first_pool   INTEGER NOT NULL, -- num
	subscribing  BIGINT NOT NULL, -- pools by status
	active       BIGINT NOT NULL,
	replenishing BIGINT NOT NULL,
	dissolved    BIGINT NOT NULL,
	expired      BIGINT NOT NULL,
	closed       BIGINT NOT NULL,
	ended_short  BIGINT NOT NULL, -- pools that were dissolved, also if they are closed now
	ended_unused BIGINT NOT NULL, -- pools that expired, likewise
	counted      BIGINT NOT NULL, -- of members
	income       BIGINT NOT NULL,
	rewards      BIGINT NOT NULL,
	gap          BIGINT NOT NULL, -- the longest of a pool
	lost         BIGINT NOT NULL,
	paid         BIGINT NOT NULL,
	mined        BIGINT NOT NULL,
	prompt       BIGINT NOT NULL,
	cancelled    BIGINT NOT NULL,
	shortages    BIGINT NOT NULL,
	leavers      BIGINT NOT NULL -- pledges that left
);
CREATE INDEX operators_by_counted ON operators (counted, first_pool);
CREATE INDEX operators_by_since ON operators (first_pool);
CREATE INDEX operators_by_rewards ON operators (rewards, first_pool);

-- Roles of live pledges.
ALTER TABLE pledges ADD COLUMN role BIGINT; -- none once the pledge has ended
CREATE INDEX pledges_of_members ON pledges (pastelid) WHERE role = 2;
