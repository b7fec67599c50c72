-- name: InsertPosted :exec
INSERT INTO posted_tickets (txid, hash, registers, raw, cost, pool, pastelid, output, owner, height, posted, expires)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: DeletePosted :exec
DELETE FROM posted_tickets WHERE txid = $1;

-- name: ListPosted :many
SELECT * FROM posted_tickets ORDER BY posted, txid;

-- name: SpentSince :one
SELECT CAST(coalesce(sum(cost), 0) AS BIGINT) FROM posted_tickets WHERE registers = 0 AND posted > $1;

-- name: ForgetPosted :exec
DELETE FROM posted_tickets WHERE posted <= $1 AND expires < $2;
