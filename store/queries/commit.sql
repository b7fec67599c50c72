-- name: BlockAt :one
SELECT height, hash, time, digest FROM blocks WHERE height = $1;

-- name: LastBlock :one
SELECT height, hash, time, digest FROM blocks ORDER BY height DESC LIMIT 1;

-- name: UndoAt :one
SELECT undo FROM blocks WHERE height = $1;

-- name: DeleteBlocksAbove :execrows
DELETE FROM blocks WHERE height > $1;

-- name: DeleteEventsAbove :exec
DELETE FROM events WHERE height > $1;

-- name: DeleteCreditsAbove :exec
DELETE FROM credits WHERE height > $1;

-- name: DeletePledgesAbove :exec
DELETE FROM pledges WHERE joined > $1;

-- name: DeletePledgeTicketsAbove :exec
DELETE FROM pledge_tickets WHERE height > $1;

-- name: ReopenPledgesAbove :exec
UPDATE pledges SET ended = NULL, outcome = NULL, forfeited = NULL WHERE ended > $1;

-- name: DeletePayoutOutputsAbove :exec
DELETE FROM payout_outputs WHERE settled > $1;

-- name: DeletePayoutsAbove :exec
DELETE FROM payouts WHERE settled > $1;

-- name: UnpayPayoutsAbove :exec
UPDATE payouts SET paid = NULL WHERE paid > $1;

-- name: UncancelPayoutsAbove :exec
UPDATE payouts SET cancelled = NULL WHERE cancelled > $1;

-- name: ForgetUndo :exec
UPDATE blocks SET undo = NULL WHERE height > $1 AND height <= $2;

-- name: InsertBlock :exec
INSERT INTO blocks (height, hash, time, digest, undo) VALUES ($1, $2, $3, $4, $5);

-- name: InsertEvent :exec
INSERT INTO events (height, position, type, pool, pastelid, pledge, amount, coins, txid, reason, json)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: InsertPledge :exec
INSERT INTO pledges (seq, pool, pastelid, address, joined) VALUES ($1, $2, $3, $4, $5);

-- name: InsertPledgeTicket :exec
INSERT INTO pledge_tickets (height, position, pledge, pool, pastelid, reward, offered, ticket, output_txid, output_vout)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: EndPledge :execrows
UPDATE pledges SET ended = $2, outcome = $3, forfeited = $4 WHERE seq = $1 AND ended IS NULL;

-- name: InsertCredit :exec
INSERT INTO credits (height, position, pool, pastelid, address, amount) VALUES ($1, $2, $3, $4, $5, $6);

-- name: InsertPayout :exec
INSERT INTO payouts (pool, settled, txid, valid_from, valid_to, change, tx) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: InsertPayoutOutput :exec
INSERT INTO payout_outputs (pool, settled, position, address, amount) VALUES ($1, $2, $3, $4, $5);

-- name: PayPayout :execrows
UPDATE payouts SET paid = $3 WHERE pool = $1 AND txid = $2 AND paid IS NULL AND cancelled IS NULL;

-- name: CancelPayout :execrows
UPDATE payouts SET cancelled = $3 WHERE pool = $1 AND txid = $2 AND paid IS NULL AND cancelled IS NULL;

-- name: PutPool :exec
INSERT INTO pools (id, status, company, operator, supernode, fee_address, escrow, required, target, factor, fee, period,
	opened, opened_tx, activated, activation_tx, deadline, ended, counted, offered, num, shelf, low, broken, members, standby, plain, room,
	escrowed, claimed, pending, skeleton)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29,
	$30, $31, $32)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, activated = excluded.activated, activation_tx = excluded.activation_tx,
	deadline = excluded.deadline, ended = excluded.ended, counted = excluded.counted, offered = excluded.offered, shelf = excluded.shelf,
	low = excluded.low, broken = excluded.broken, members = excluded.members, standby = excluded.standby, plain = excluded.plain,
	room = excluded.room, escrowed = excluded.escrowed, claimed = excluded.claimed, pending = excluded.pending;
