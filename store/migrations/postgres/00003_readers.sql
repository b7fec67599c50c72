-- +goose Up

-- Readers ask who is paid to an address, and page through payouts of all pools.
CREATE INDEX pledges_by_reward ON pledges (reward, seq);
CREATE INDEX pools_by_fee_address ON pools (fee_address);
