-- +goose Up

-- Readers ask who is paid to an address, and page through payouts of all pools.
CREATE INDEX pledges_by_reward ON pledges (reward, seq);
CREATE INDEX pools_by_fee_address ON pools (fee_address);

-- SQLite finds a column behind a large one only by reading all of it: transactions come last, in both engines.
CREATE TABLE payouts_tx_last (
	pool       TEXT NOT NULL,
	settled    BIGINT NOT NULL,
	txid       BYTEA NOT NULL,
	valid_from BIGINT NOT NULL,
	valid_to   BIGINT NOT NULL,
	fee        BIGINT NOT NULL,
	change     BIGINT NOT NULL,
	paid       BIGINT,
	cancelled  BIGINT,
	tx         BYTEA NOT NULL
);
INSERT INTO payouts_tx_last (pool, settled, txid, valid_from, valid_to, fee, change, paid, cancelled, tx)
	SELECT pool, settled, txid, valid_from, valid_to, fee, change, paid, cancelled, tx FROM payouts;
DROP TABLE payouts;
ALTER TABLE payouts_tx_last RENAME TO payouts;
ALTER TABLE payouts ADD PRIMARY KEY (pool, settled);
CREATE INDEX payouts_by_txid ON payouts (txid);
CREATE INDEX payouts_by_settled ON payouts (settled);
CREATE INDEX payouts_by_paid ON payouts (paid);

-- The hashes of the last blocks whose events became alerts, the newest first: they tell where a reorganization forked off.
ALTER TABLE alert_cursor ADD COLUMN trail BYTEA;

-- When all of the node's mempool was last looked at, and after which block.
CREATE TABLE mempool_looked (
	one    BIGINT PRIMARY KEY, -- always 1
	height BIGINT NOT NULL,
	at     BIGINT NOT NULL -- seconds since 1970
);
