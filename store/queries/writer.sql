-- name: TakeRole :one
INSERT INTO writer (one, epoch, holder) VALUES (1, 1, $1)
ON CONFLICT (one) DO UPDATE SET epoch = writer.epoch + 1, holder = excluded.holder RETURNING epoch;
