-- +goose Up

-- Who writes: every transaction of a writer checks that the row is still its own. Its first writer adds it.
CREATE TABLE writer (
	one    INTEGER PRIMARY KEY, -- always 1
	epoch  INTEGER NOT NULL,    -- how often the role was taken
	holder TEXT NOT NULL        -- random: a restored backup brings old epochs back
) STRICT;
