-- name: BlocksAbove :many
SELECT height, hash, digest FROM blocks WHERE height > $1 ORDER BY height;

-- name: LedgerEventsAbove :many
-- The events that the ledger digest covers.
SELECT height, type, pool, json FROM events WHERE height > $1 AND type <> 'ticket.rejected' ORDER BY height, position;

-- name: CountBlocks :one
SELECT count(*) FROM blocks;

-- name: OutputsAbove :many
-- Of the payouts that settled above a block.
SELECT c.pool, c.height, n.text AS address, c.paid FROM claims c JOIN names n ON n.id = c.address
WHERE c.height > $1 AND c.output IS NOT NULL ORDER BY c.height, c.pool, c.output;
