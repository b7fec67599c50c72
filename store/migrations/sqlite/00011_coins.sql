-- +goose Up

-- The outputs of an address, by value. The index reads them from the record of an output, which never changes its form: 8 bytes value, little-endian
-- (the last is 0), 4 bytes height and flags, 20 bytes hash of the owner's key.
CREATE INDEX coins_by_owner ON records (
	substr(value, 13, 20),
	lower(hex(substr(value, 7, 1)) || hex(substr(value, 6, 1)) || hex(substr(value, 5, 1)) || hex(substr(value, 4, 1)) || hex(substr(value, 3, 1))
		|| hex(substr(value, 2, 1)) || hex(substr(value, 1, 1))),
	key
) WHERE kind = 3;
