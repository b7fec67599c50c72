-- +goose Up

-- What must be acted on is sent before anything else; messages of one thread are sent in order.
ALTER TABLE alerts ADD COLUMN urgent BIGINT NOT NULL DEFAULT 0; -- 1: its kind is urgent
ALTER TABLE alerts ADD COLUMN thread TEXT COLLATE "C" NOT NULL DEFAULT ''; -- the cause, also of the messages that end or withdraw another
ALTER TABLE alerts ADD COLUMN refused BIGINT NOT NULL DEFAULT 0; -- attempts that the receiver refused
UPDATE alerts SET urgent = 1 WHERE kind NOT IN ('pool.expired', 'pool.closed', 'pledge.promoted', 'payout.settled', 'payout.paid');
-- The id was added to the cause of a message that ended; what ends or withdraws another is about that one's id.
UPDATE alerts SET thread = CASE WHEN cause LIKE '% ' || id THEN substr(cause, 1, length(cause) - length(id) - 1) ELSE cause END;
UPDATE alerts SET thread = (SELECT told.thread FROM alerts told WHERE told.id = substr(alerts.cause, length('about ') + 1))
WHERE cause LIKE 'about %' AND EXISTS (SELECT 1 FROM alerts told WHERE told.id = substr(alerts.cause, length('about ') + 1));
DROP INDEX alerts_by_state;
CREATE INDEX alerts_by_state ON alerts (state, subscription, urgent, attempts, seq, lost, next_try, created);
CREATE INDEX alerts_by_thread ON alerts (subscription, thread, seq);

-- What became of the messages to each subscription so far.
CREATE TABLE deliveries (
	subscription TEXT COLLATE "C" PRIMARY KEY,
	delivered    BIGINT NOT NULL, -- messages
	delivered_at BIGINT,          -- the last one; seconds since 1970, as the next one
	failed_at    BIGINT,          -- the last attempt that failed
	failure      TEXT COLLATE "C" NOT NULL, -- why it failed, without anything of the URL
	given_up     BIGINT NOT NULL  -- messages
);

-- How often a message about a cause that had gone out ended, so that the next one about it gets another id.
CREATE TABLE alert_endings (
	subscription TEXT COLLATE "C" NOT NULL,
	cause        TEXT COLLATE "C" NOT NULL,
	ended        BIGINT NOT NULL,
	PRIMARY KEY (subscription, cause)
);
