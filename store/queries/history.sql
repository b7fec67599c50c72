-- name: History :one
SELECT shown_from, kept_from, emptied FROM history WHERE one = 1;

-- name: ShowFrom :exec
UPDATE history SET shown_from = $1 WHERE one = 1;

-- name: KeepFrom :exec
UPDATE history SET kept_from = $1 WHERE one = 1;

-- name: PruneEvents :execrows
DELETE FROM events WHERE (height, position) IN (
	SELECT e.height, e.position FROM events e WHERE e.type = $1 AND e.height < $2 ORDER BY e.height, e.position LIMIT $3);
