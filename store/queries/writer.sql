-- name: TakeRole :one
INSERT INTO writer (one, epoch, holder) VALUES (1, 1, $1)
ON CONFLICT (one) DO UPDATE SET epoch = writer.epoch + 1, holder = excluded.holder RETURNING epoch;

-- name: EmptyRecords :exec
DELETE FROM records;

-- name: EmptyBlocks :exec
DELETE FROM blocks;

-- name: EmptyEvents :exec
DELETE FROM events;

-- name: EmptyNames :exec
DELETE FROM names;

-- name: EmptyPools :exec
DELETE FROM pools;

-- name: EmptyPledges :exec
DELETE FROM pledges;

-- name: EmptyPledgeTickets :exec
DELETE FROM pledge_tickets;

-- name: EmptyClaims :exec
DELETE FROM claims;

-- name: EmptyEarnings :exec
DELETE FROM earnings;

-- name: EmptyPayouts :exec
DELETE FROM payouts;

-- name: EmptyHistory :exec
UPDATE history SET shown_from = 0, kept_from = 0, emptied = 0 WHERE one = 1;

