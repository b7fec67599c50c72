-- name: InsertSubscription :exec
INSERT INTO subscriptions (id, created, since, to_url, secret, pool, pastelid, operator, kinds, cushion, overdue)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: ListSubscriptions :many
SELECT subscriptions.*, CAST(coalesce(m.stop, '') AS TEXT) AS stop FROM subscriptions LEFT JOIN member_subscriptions m ON m.id = subscriptions.id
ORDER BY created, subscriptions.id;

-- name: InsertMemberSubscription :exec
INSERT INTO member_subscriptions (id, stop) VALUES ($1, $2);

-- name: DeleteMemberSubscription :exec
DELETE FROM member_subscriptions WHERE id = $1;

-- name: TakeMemberRequest :execrows
INSERT INTO member_requests (pastelid, at) VALUES ($1, $2)
ON CONFLICT (pastelid) DO UPDATE SET at = excluded.at WHERE member_requests.at < excluded.at;

-- name: ForgetMemberRequests :exec
DELETE FROM member_requests WHERE at < $1;

-- name: DeleteSubscription :execrows
DELETE FROM subscriptions WHERE id = $1;

-- name: DeleteAlertsOf :exec
DELETE FROM alerts WHERE subscription = $1;

-- name: DeleteDeliveriesOf :exec
DELETE FROM deliveries WHERE subscription = $1;

-- name: DeleteEndingsOf :exec
DELETE FROM alert_endings WHERE subscription = $1;

-- name: AlertCursor :one
SELECT height, position, hash FROM alert_cursor;

-- name: PutAlertCursor :exec
INSERT INTO alert_cursor (one, height, position, hash, trail) VALUES (1, $1, $2, $3, $4)
ON CONFLICT (one) DO UPDATE SET height = excluded.height, position = excluded.position, hash = excluded.hash, trail = excluded.trail;

-- name: AlertTrail :one
SELECT trail FROM alert_cursor;

-- name: HashesDownFrom :many
SELECT height, hash FROM blocks WHERE height <= $1 ORDER BY height DESC LIMIT $2;

-- name: LowerSince :exec
UPDATE subscriptions SET since = $1 WHERE since > $1 AND since <= $2;

-- name: LowerStanding :exec
UPDATE alerts SET height = $1 WHERE standing = 1 AND height > $1;

-- name: AlertOfCause :one
SELECT * FROM alerts WHERE subscription = $1 AND cause = $2;

-- name: InsertAlert :exec
INSERT INTO alerts (id, seq, subscription, cause, kind, pool, pastelid, height, block, lost, standing, text, json, state, created, attempts,
	next_try, urgent, thread)
VALUES ($1, (SELECT coalesce(max(a.seq), 0) + 1 FROM alerts a), $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, 'pending', $12, 0, $12, $13, $14);

-- name: LoseAlerts :exec
UPDATE alerts SET lost = 1 WHERE block IS NOT NULL AND alerts.height > $1
AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.height = alerts.height AND b.hash = alerts.block);

-- name: LostAlerts :many
SELECT * FROM alerts WHERE lost = 1 AND height <= $1 ORDER BY seq;

-- name: BindAlert :exec
UPDATE alerts SET lost = 0, height = $2, block = $3, text = $4, json = $5 WHERE id = $1;

-- name: StandingAlerts :many
SELECT * FROM alerts WHERE standing = 1 AND kind = $1 ORDER BY seq;

-- name: CloseAlert :exec
UPDATE alerts SET lost = 0, standing = 0, block = NULL, cause = cause || ' ' || id, state = $2 WHERE id = $1;

-- name: DropAlert :exec
DELETE FROM alerts WHERE id = $1;

-- name: CountEnding :exec
INSERT INTO alert_endings (subscription, cause, ended) VALUES ($1, $2, 1)
ON CONFLICT (subscription, cause) DO UPDATE SET ended = alert_endings.ended + 1;

-- name: Endings :one
SELECT ended FROM alert_endings WHERE subscription = $1 AND cause = $2;

-- name: WaitingAlerts :many
SELECT subscription, urgent, count(*) AS waiting, CAST(min(created) AS BIGINT) AS since,
	CAST(sum(CASE WHEN next_try <= $1 OR next_try > $2 THEN 1 ELSE 0 END) AS BIGINT) AS due
FROM alerts WHERE state IN ('pending', 'sending') AND lost = 0 GROUP BY subscription, urgent ORDER BY urgent DESC, subscription;

-- name: NextAlert :one
SELECT * FROM alerts a WHERE a.subscription = $1 AND a.urgent = $2 AND a.state IN ('pending', 'sending') AND a.lost = 0
AND (a.next_try <= $3 OR a.next_try > $4) AND NOT EXISTS (
	SELECT 1 FROM alerts b WHERE b.subscription = a.subscription AND b.thread = a.thread AND b.seq < a.seq
	AND b.state IN ('pending', 'sending') AND b.lost = 0)
ORDER BY CASE WHEN CAST(sqlc.arg(rotate) AS BIGINT) = 1 THEN a.attempts ELSE 0 END, a.seq LIMIT 1;

-- name: ClaimAlert :execrows
UPDATE alerts SET state = 'sending', attempts = attempts + 1, next_try = $2 WHERE id = $1 AND state IN ('pending', 'sending') AND lost = 0
AND attempts = $3;

-- name: AnswerAlert :execrows
UPDATE alerts SET state = $2, next_try = $3, sent_at = $4, refused = $5 WHERE id = $1 AND state = 'sending' AND attempts = $6;

-- name: GiveUpAlerts :execrows
UPDATE alerts SET state = 'failed' WHERE subscription = $1 AND state IN ('pending', 'sending') AND lost = 0 AND created < $2;

-- name: FirstGivenUp :one
SELECT CAST(coalesce(min(a.created), 0) AS BIGINT) FROM alerts a LEFT JOIN deliveries d ON d.subscription = a.subscription
WHERE a.state = 'failed' AND a.subscription = $1 AND a.created > coalesce(d.delivered_at, -1);

-- name: HastenAlerts :exec
UPDATE alerts SET next_try = $2 WHERE subscription = $1 AND state IN ('pending', 'sending') AND lost = 0 AND refused = 0 AND next_try > $2;

-- name: RetryUnanswered :exec
UPDATE alerts SET next_try = $1 WHERE state = 'sending';

-- name: PutDelivered :exec
INSERT INTO deliveries (subscription, delivered, delivered_at, failed_at, failure, given_up) VALUES ($1, 1, $2, NULL, '', 0)
ON CONFLICT (subscription) DO UPDATE SET delivered = deliveries.delivered + 1, delivered_at = excluded.delivered_at;

-- name: PutFailed :exec
INSERT INTO deliveries (subscription, delivered, delivered_at, failed_at, failure, given_up) VALUES ($1, 0, NULL, $2, $3, $4)
ON CONFLICT (subscription) DO UPDATE SET failed_at = excluded.failed_at, failure = excluded.failure,
	given_up = deliveries.given_up + excluded.given_up;

-- name: Deliveries :many
SELECT * FROM deliveries;

-- name: ForgetAlerts :exec
DELETE FROM alerts WHERE state IN ('sent', 'withdrawn', 'failed') AND standing = 0 AND lost = 0 AND height < $1
AND (created < $2 OR created > $3);

-- name: CountEventsUpTo :one
SELECT count(*) FROM events WHERE events.pool = (SELECT num FROM pools WHERE pools.id = sqlc.arg(pool_id)) AND events.type = $1
AND (events.height, events.position) <= ($2, $3);

-- name: CountPledgeEventsUpTo :one
SELECT count(*) FROM events WHERE events.pastelid = (SELECT id FROM names WHERE text = sqlc.arg(pastelid_text)) AND events.pledge = $1
AND events.type = $2 AND (events.height, events.position) <= ($3, $4);

-- name: TicketsOfPledge :many
SELECT t.ticket, n.text AS reward FROM pledge_tickets t JOIN names n ON n.id = t.reward WHERE t.pledge = $1
ORDER BY t.height, t.position LIMIT $2 OFFSET $3;

-- name: CountPledgesAt :one
SELECT count(*) FROM pledges p WHERE p.pool = (SELECT num FROM pools WHERE pools.id = sqlc.arg(pool_id))
AND p.pastelid = (SELECT id FROM names WHERE text = sqlc.arg(pastelid_text)) AND p.joined <= $1 AND (p.ended IS NULL OR p.ended >= $1);

-- name: PaidByPayout :one
SELECT CAST(coalesce(sum(c.paid), 0) AS BIGINT) FROM claims c
WHERE c.pool = (SELECT num FROM pools WHERE pools.id = sqlc.arg(pool_id)) AND c.height = $1 AND c.output IS NOT NULL AND c.address IN (
	SELECT t.reward FROM pledges p JOIN pledge_tickets t ON t.pledge = p.seq
	WHERE p.pool = (SELECT num FROM pools WHERE pools.id = sqlc.arg(pool_id)) AND p.pastelid = (SELECT id FROM names WHERE text = sqlc.arg(pastelid_text)));

-- name: PoolsOfPledger :many
SELECT DISTINCT o.id FROM pledges p JOIN pools o ON o.num = p.pool
WHERE p.pastelid = (SELECT n.id FROM names n WHERE n.text = sqlc.arg(pastelid_text)) AND p.ended IS NULL;

-- name: LastPoolsOfPledger :many
SELECT o.id FROM pledges p JOIN pools o ON o.num = p.pool
WHERE p.pastelid = (SELECT n.id FROM names n WHERE n.text = sqlc.arg(pastelid_text)) GROUP BY o.id ORDER BY max(p.seq) DESC LIMIT $1;

-- name: LastMove :one
SELECT CAST(coalesce(max(height), -1) AS BIGINT) FROM events
WHERE events.pool = (SELECT num FROM pools WHERE pools.id = sqlc.arg(pool_id)) AND pledge = $1 AND type = $2 AND height > $3;

-- name: PutSpend :exec
INSERT INTO mempool_spends (txid, pledge, pool, pastelid, outcome, forfeited, seen) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (txid, pledge) DO UPDATE SET pool = excluded.pool, pastelid = excluded.pastelid, outcome = excluded.outcome,
	forfeited = excluded.forfeited;

-- name: DeleteSpend :exec
DELETE FROM mempool_spends WHERE txid = $1 AND pledge = $2;

-- name: DeleteSpends :exec
DELETE FROM mempool_spends;

-- name: PutMempoolLooked :exec
INSERT INTO mempool_looked (one, height, at) VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE SET height = excluded.height, at = excluded.at;

-- name: DeleteMempoolLooked :exec
DELETE FROM mempool_looked;
