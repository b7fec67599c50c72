-- name: PoolFigures :one
-- What a pool adds to its operator's row and the network's.
SELECT num, operator, status, activated, ended, counted, offered, escrowed, claimed, pending FROM pools WHERE id = $1;

-- name: LastSums :one
SELECT height, status, coins, coin_blocks, active_blocks, income, rewards, last_paid, gap, forfeits, lost, paid, mined, prompt, cancelled, shortages,
	leavers, active_income FROM pool_sums WHERE pool = $1 ORDER BY height DESC LIMIT 1;

-- name: DeletePoolSumsAbove :exec
DELETE FROM pool_sums WHERE height > $1;

-- name: LastNetworkSums :one
SELECT height, active, active_blocks, income, paid, active_income FROM network_sums ORDER BY height DESC LIMIT 1;

-- name: InsertNetworkSums :exec
INSERT INTO network_sums (height, active, active_blocks, income, paid, active_income) VALUES ($1, $2, $3, $4, $5, $6);

-- name: DeleteNetworkSumsAbove :exec
DELETE FROM network_sums WHERE height > $1;

-- name: PaidPayout :one
-- The payout that a transaction pays.
SELECT settled, total FROM payouts WHERE pool = $1 AND txid = $2;

-- name: Network :one
SELECT subscribing, active, replenishing, dissolved, expired, closed, counted, offered, escrowed, claimed, pending, members, operators FROM network;

-- name: PutNetwork :exec
INSERT INTO network (one, subscribing, active, replenishing, dissolved, expired, closed, counted, offered, escrowed, claimed, pending, members, operators)
VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (one) DO UPDATE SET subscribing = excluded.subscribing, active = excluded.active, replenishing = excluded.replenishing,
	dissolved = excluded.dissolved, expired = excluded.expired, closed = excluded.closed, counted = excluded.counted, offered = excluded.offered,
	escrowed = excluded.escrowed, claimed = excluded.claimed, pending = excluded.pending, members = excluded.members, operators = excluded.operators;

-- name: OperatorRow :one
SELECT subscribing, active, replenishing, dissolved, expired, closed, ended_short, ended_unused, counted, income, rewards, gap, lost, paid, mined,
	prompt, cancelled, shortages, leavers FROM operators WHERE operator = $1;

-- name: PutOperator :exec
INSERT INTO operators (operator, first_pool, subscribing, active, replenishing, dissolved, expired, closed, ended_short, ended_unused, counted, income,
	rewards, gap, lost, paid, mined, prompt, cancelled, shortages, leavers)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
ON CONFLICT (operator) DO UPDATE SET first_pool = excluded.first_pool, subscribing = excluded.subscribing, active = excluded.active,
	replenishing = excluded.replenishing, dissolved = excluded.dissolved, expired = excluded.expired, closed = excluded.closed,
	ended_short = excluded.ended_short, ended_unused = excluded.ended_unused, counted = excluded.counted, income = excluded.income,
	rewards = excluded.rewards, gap = excluded.gap, lost = excluded.lost, paid = excluded.paid, mined = excluded.mined, prompt = excluded.prompt,
	cancelled = excluded.cancelled, shortages = excluded.shortages, leavers = excluded.leavers;

-- name: DeleteOperator :exec
DELETE FROM operators WHERE operator = $1;

-- name: FirstPool :one
SELECT num FROM pools WHERE operator = $1 ORDER BY num LIMIT 1;

-- name: LongestGap :one
-- Over an operator's pools.
SELECT CAST(coalesce(max((SELECT gap FROM pool_sums s WHERE s.pool = p.num ORDER BY height DESC LIMIT 1)), 0) AS BIGINT)
FROM pools p WHERE operator = $1;

-- name: EmptyPoolSums :exec
DELETE FROM pool_sums;

-- name: EmptyNetworkSums :exec
DELETE FROM network_sums;

-- name: EmptyNetwork :exec
DELETE FROM network;

-- name: EmptyOperators :exec
DELETE FROM operators;
