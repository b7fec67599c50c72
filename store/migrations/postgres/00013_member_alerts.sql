-- +goose Up

-- Subscriptions that a PastelID's signature made, without the daemon's token.
CREATE TABLE member_subscriptions (
	id   TEXT PRIMARY KEY, -- of the subscription
	stop TEXT NOT NULL     -- a secret in each of its messages: whoever gets these can end the subscription
);

-- The last request that each PastelID signed: one that is not later is a replay.
CREATE TABLE member_requests (
	pastelid TEXT PRIMARY KEY,
	at       BIGINT NOT NULL -- milliseconds since 1970, as the request says
);
