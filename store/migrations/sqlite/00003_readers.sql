-- +goose Up

-- Readers ask who is paid to an address, and page through payouts of all pools.
CREATE INDEX pledges_by_reward ON pledges (reward, seq);
CREATE INDEX pools_by_fee_address ON pools (fee_address);

-- In a table without row ids a column behind a large one is found only by reading all of it: transactions come last.
CREATE TABLE payouts_tx_last (
	pool       TEXT NOT NULL,
	settled    INTEGER NOT NULL,
	txid       BLOB NOT NULL,
	valid_from INTEGER NOT NULL,
	valid_to   INTEGER NOT NULL,
	fee        INTEGER NOT NULL,
	change     INTEGER NOT NULL,
	paid       INTEGER,
	cancelled  INTEGER,
	tx         BLOB NOT NULL,
	PRIMARY KEY (pool, settled)
) STRICT, WITHOUT ROWID;
INSERT INTO payouts_tx_last (pool, settled, txid, valid_from, valid_to, fee, change, paid, cancelled, tx)
	SELECT pool, settled, txid, valid_from, valid_to, fee, change, paid, cancelled, tx FROM payouts;
DROP TABLE payouts;
ALTER TABLE payouts_tx_last RENAME TO payouts;
CREATE INDEX payouts_by_txid ON payouts (txid);
CREATE INDEX payouts_by_settled ON payouts (settled);
CREATE INDEX payouts_by_paid ON payouts (paid);

-- The hashes of the last blocks whose events became alerts, the newest first: they tell where a reorganization forked off.
ALTER TABLE alert_cursor ADD COLUMN trail BLOB;

-- When all of the node's mempool was last looked at, and after which block.
CREATE TABLE mempool_looked (
	one    INTEGER PRIMARY KEY, -- always 1
	height INTEGER NOT NULL,
	at     INTEGER NOT NULL -- seconds since 1970
) STRICT;
