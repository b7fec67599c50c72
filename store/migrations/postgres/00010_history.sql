-- +goose Up

-- A pool's income while it was active: that of blocks after whose predecessor its coins counted.
ALTER TABLE pool_sums ADD COLUMN active_income BIGINT NOT NULL DEFAULT 0; -- of the blocks that active_blocks counts
UPDATE pool_sums SET active_income = x.total FROM (
	SELECT pool, height, sum(CASE WHEN coins_before > 0 THEN income - income_before ELSE 0 END) OVER (PARTITION BY pool ORDER BY height) AS total
	FROM (
		SELECT pool, height, income, lag(income) OVER pools AS income_before, lag(coins) OVER pools AS coins_before
		FROM pool_sums WINDOW pools AS (PARTITION BY pool ORDER BY height)
	) AS pairs
) AS x WHERE pool_sums.pool = x.pool AND pool_sums.height = x.height;

ALTER TABLE network_sums ADD COLUMN active_income BIGINT NOT NULL DEFAULT 0;
UPDATE network_sums SET active_income = x.total FROM (
	SELECT height, sum(sum(more)) OVER (ORDER BY height) AS total
	FROM (SELECT height, active_income - lag(active_income, 1, 0) OVER (PARTITION BY pool ORDER BY height) AS more FROM pool_sums) AS steps
	GROUP BY height
) AS x WHERE network_sums.height = x.height;

-- The program makes this table before it runs migrations that empty the ledger, and notes the number of blocks.
CREATE TABLE IF NOT EXISTS emptying (blocks INTEGER NOT NULL);
DELETE FROM emptying WHERE EXISTS (SELECT 1 FROM blocks);

-- A ledger of version 8 has no sums, and one that went on from there has none of its older pools: it is emptied, too.
INSERT INTO emptying SELECT count(*) FROM blocks WHERE EXISTS (
	SELECT 1 FROM pools WHERE NOT EXISTS (SELECT 1 FROM pool_sums WHERE pool_sums.pool = pools.num AND pool_sums.height = pools.opened)
) HAVING count(*) > 0;
DELETE FROM records WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM blocks WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM events WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM names WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM pledges WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM pledge_tickets WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM claims WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM earnings WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM payouts WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM pool_sums WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM network_sums WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM network WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM operators WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM mempool_spends WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM mempool_looked WHERE EXISTS (SELECT 1 FROM emptying);
DELETE FROM pools WHERE EXISTS (SELECT 1 FROM emptying);

-- How much of the history is there.
CREATE TABLE history (
	one        BIGINT PRIMARY KEY, -- always 1
	shown_from BIGINT NOT NULL,    -- first block all of whose events answers show
	kept_from  BIGINT NOT NULL,    -- first block none of whose events may be deleted
	emptied    BIGINT NOT NULL     -- blocks of the ledger that an upgrade deleted
);
INSERT INTO history (one, shown_from, kept_from, emptied) SELECT 1, 0, 0, coalesce(max(blocks), 0) FROM emptying;
DROP TABLE emptying;
