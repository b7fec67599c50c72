package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/pastelnetwork/smartpool/store"
)

// TestAFullDiskStopsBetweenSteps gives SQLite room for few pages at a time: whenever it is full, the ledger stands after the
// step before, and goes on from there once there is room.
func TestAFullDiskStopsBetweenSteps(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")
	want, tables := replay(t, blocks), undisturbed(t, blocks)
	file := sqliteFile(t)
	end, stops, room := len(blocks)-1, 0, int64(1)
	for stored := -1; stored < end; {
		l := open(t, file)
		if h := int(want.check(t, l)); h != stored {
			t.Fatalf("block %d was stored, the database ends at block %d", stored, h)
		}
		pages := rows(t, raw(t, file), "PRAGMA page_count")[0][0].(int64)
		if err := l.store.Exec(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+room)); err != nil {
			t.Fatal(err)
		}
		before := stored
		for stored < end {
			_, err := l.Step(context.Background(), blocks[stored+1].Height-1, blocks[stored+1:stored+2])
			if err == nil {
				stored++
				continue
			}
			stops++
			isSentence(t, err, "the disk is full", "make room")
			if !store.Temporary(err) {
				t.Errorf("%v is final", err)
			}
			if _, again := l.Step(context.Background(), l.Last().Height, nil); again == nil {
				t.Error("the ledger goes on from a step that is not stored")
			}
			break
		}
		l.close(t)
		if room++; stored > before {
			room = 1
		}
	}
	if stops < 10 {
		t.Errorf("the disk was full only %d times", stops)
	}
	compare(t, file, tables)
}
