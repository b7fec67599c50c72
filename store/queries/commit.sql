-- name: BlockAt :one
SELECT height, hash, time, digest FROM blocks WHERE height = $1;

-- name: LastBlock :one
SELECT height, hash, time, digest FROM blocks ORDER BY height DESC LIMIT 1;

-- name: UndoAt :one
SELECT undo FROM blocks WHERE height = $1;

-- name: DeleteBlocksAbove :execrows
DELETE FROM blocks WHERE height > $1;

-- name: DeleteClaimsAbove :exec
DELETE FROM claims WHERE height > $1;

-- name: DeletePledgesAbove :exec
-- Before the tickets.
DELETE FROM pledges WHERE joined > $1 AND seq IN (SELECT e.pledge FROM events e WHERE e.height > $1);

-- name: DeletePledgeTicketsAbove :exec
-- Before the events: a ticket that is accepted has one.
DELETE FROM pledge_tickets WHERE pledge_tickets.height > $1 AND pledge_tickets.pledge IN (SELECT e.pledge FROM events e WHERE e.height > $1);

-- name: DeleteEventsAbove :exec
DELETE FROM events WHERE height > $1;

-- name: DeleteEarningsAbove :exec
DELETE FROM earnings WHERE height > $1;

-- name: DeletePayoutsAbove :exec
DELETE FROM payouts WHERE settled > $1;

-- name: DeletePoolsAbove :exec
-- They have the greatest numbers.
DELETE FROM pools WHERE num > coalesce((SELECT p.num FROM pools p WHERE p.opened <= $1 ORDER BY p.num DESC LIMIT 1), 0);

-- name: DeleteNamesAbove :exec
-- They have the greatest ids.
DELETE FROM names WHERE id > coalesce((SELECT n.id FROM names n WHERE n.height <= $1 ORDER BY n.id DESC LIMIT 1), 0);

-- name: ReopenPledgesAbove :exec
UPDATE pledges SET ended = NULL, outcome = NULL, forfeited = NULL WHERE ended > $1;

-- name: UnpayPayoutsAbove :exec
UPDATE payouts SET paid = NULL WHERE paid > $1;

-- name: UncancelPayoutsAbove :exec
UPDATE payouts SET cancelled = NULL WHERE cancelled > $1;

-- name: ForgetUndo :exec
UPDATE blocks SET undo = NULL WHERE height > $1 AND height <= $2;

-- name: InsertBlock :exec
INSERT INTO blocks (height, hash, time, digest, undo) VALUES ($1, $2, $3, $4, $5);

-- name: LastName :one
SELECT CAST(coalesce(max(id), 0) AS BIGINT) FROM names;

-- name: LastPool :one
SELECT CAST(coalesce(max(num), 0) AS BIGINT) FROM pools;

-- name: InsertPayout :exec
INSERT INTO payouts (pool, settled, txid, change, total, outputs, first_paid, inputs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: InsertEarning :exec
INSERT INTO earnings (pool, height, first, last) VALUES ($1, $2, $3, $4);

-- name: EndPledge :execresult
UPDATE pledges SET ended = $2, outcome = $3, forfeited = $4 WHERE seq = $1 AND ended IS NULL;

-- name: PayPayout :execresult
UPDATE payouts SET paid = $3 WHERE pool = $1 AND txid = $2 AND paid IS NULL AND cancelled IS NULL;

-- name: CancelPayout :execresult
UPDATE payouts SET cancelled = $3 WHERE pool = $1 AND txid = $2 AND paid IS NULL AND cancelled IS NULL;

-- name: InsertPool :exec
INSERT INTO pools (num, id, status, company, operator, supernode, fee_address, escrow, required, target, factor, fee, period,
	opened, opened_tx, activated, activation_tx, deadline, ended, counted, offered, shelf, low, broken, members, standby, plain, room, escrowed, claimed,
	pending, skeleton)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29,
	$30, $31, $32);

-- name: UpdatePool :execresult
UPDATE pools SET status = $2, activated = $3, activation_tx = $4, deadline = $5, ended = $6, counted = $7, offered = $8,
	shelf = $9, low = $10, broken = $11, members = $12, standby = $13, plain = $14, room = $15, escrowed = $16, claimed = $17, pending = $18
WHERE id = $1;
