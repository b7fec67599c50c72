-- name: PutRecord :exec
INSERT INTO records (kind, key, value) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value;

-- name: DeleteRecord :exec
DELETE FROM records WHERE kind = $1 AND key = $2;
