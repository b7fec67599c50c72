package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestAFullDiskIsWaitedFor gives SQLite room for few pages at a time: whenever it is full, the step waits for room and is stored then.
func TestAFullDiskIsWaitedFor(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")
	file := sqliteFile(t)
	l := openTroubled(t, file)
	beside := raw(t, file)
	stops := 0
	makeRoom := func(room int64) {
		pages := rows(t, beside, "PRAGMA page_count")[0][0].(int64)
		if err := l.store.Exec(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+room)); err != nil {
			t.Fatal(err)
		}
	}
	makeRoom(1)
	for at := range blocks {
		step := l.begin(pastel.Height(at)-1, blocks[at:at+1])
		for room, waiting := int64(1), true; waiting; {
			select {
			case err := <-step:
				if err != nil {
					t.Fatal(err)
				}
				waiting = false
			case err := <-l.errs:
				if err != nil {
					stops++
					isSentence(t, err, "SQLite file ledger.db", "the disk is full", "free some space")
					room *= 4
					makeRoom(room)
				}
			}
		}
	}
	if stops < 10 {
		t.Errorf("the disk was full only %d times", stops)
	}
	l.Close()
	l.close(t)
	compare(t, file, undisturbed(t, blocks))
}
