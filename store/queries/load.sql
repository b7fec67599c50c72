-- name: BlocksAbove :many
SELECT height, hash, digest FROM blocks WHERE height > $1 ORDER BY height;

-- name: LedgerEventsAbove :many
-- The events that the ledger digest covers.
SELECT height, json FROM events WHERE height > $1 AND type <> 'ticket.rejected' ORDER BY height, position;

-- name: CountBlocks :one
SELECT count(*) FROM blocks;
