-- name: TakeRole :one
INSERT INTO writer (one, epoch, holder) VALUES (1, 1, $1)
ON CONFLICT (one) DO UPDATE SET epoch = writer.epoch + 1, holder = excluded.holder RETURNING epoch;

-- name: EmptyRecords :exec
DELETE FROM records;

-- name: EmptyBlocks :exec
DELETE FROM blocks;

-- name: EmptyEvents :exec
DELETE FROM events;

-- name: EmptyPools :exec
DELETE FROM pools;

-- name: EmptyPledges :exec
DELETE FROM pledges;

-- name: EmptyPledgeTickets :exec
DELETE FROM pledge_tickets;

-- name: EmptyCredits :exec
DELETE FROM credits;

-- name: EmptyPayouts :exec
DELETE FROM payouts;

-- name: EmptyPayoutOutputs :exec
DELETE FROM payout_outputs;
