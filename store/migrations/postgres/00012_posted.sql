-- +goose Up

-- Tickets that the daemon posted for people without a node. A row is written before its transaction is sent, and deleted once it neither
-- can be mined nor counts for a budget.
CREATE TABLE posted_tickets (
	txid      BYTEA PRIMARY KEY,
	hash      BYTEA NOT NULL,    -- SHA-256 of what was posted: a pledge's statement, or the text that a registration signs
	registers BIGINT NOT NULL, -- 1: it registers a PastelID, 0: it pledges
	raw       BYTEA NOT NULL,    -- the transaction
	cost      BIGINT NOT NULL, -- patoshi that it takes from the wallet
	pool      TEXT NOT NULL,    -- of a pledge; empty otherwise
	pastelid  TEXT NOT NULL,
	output    TEXT NOT NULL,    -- pledged, txid:vout; empty otherwise
	owner     TEXT NOT NULL,    -- its address; of a registration, the address it names
	height    BIGINT NOT NULL, -- of the ledger's tip when it was posted
	posted    BIGINT NOT NULL, -- seconds since 1970
	expires   BIGINT NOT NULL  -- last block that can hold it
);
