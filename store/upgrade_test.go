package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/store"
)

// asVersion6 takes back what version 7 of the tables added.
var asVersion6 = []string{
	"DELETE FROM smartpool_version WHERE version_id = 7",
	"DROP TABLE deliveries", "DROP TABLE alert_endings", "DROP INDEX alerts_by_state", "DROP INDEX alerts_by_thread",
	"ALTER TABLE alerts DROP COLUMN urgent", "ALTER TABLE alerts DROP COLUMN thread", "ALTER TABLE alerts DROP COLUMN refused",
	"CREATE INDEX alerts_by_state ON alerts (state, subscription, seq)",
}

// Messages that an earlier release left unsent wait behind nothing but what they end or withdraw, as those of this release do.
func TestOneBadItemOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx, now := context.Background(), time.Unix(100, 0)
		open(t, url).close(t)
		d := raw(t, url)
		for _, statement := range asVersion6 {
			exec(t, d, statement)
		}
		for i, a := range []struct {
			id, cause, kind, state string
			attempts               int
		}{
			{"NEWS", "payout.settled atlas 1", "payout.settled", "pending", 0},
			{"ENDED", "cushion.low atlas ENDED", "cushion.low", "sending", 5},
			{"END", "about ENDED", "cushion.low", "pending", 0},
			{"AGAIN", "cushion.low atlas", "cushion.low", "pending", 0},
			{"LEFT", "pledge.left atlas jX 1", "pledge.left", "pending", 0},
			{"ORPHAN", "about FORGOTTEN", "pledge.left", "pending", 0},
		} {
			exec(t, d, `INSERT INTO alerts (id, seq, subscription, cause, kind, height, lost, standing, text, json, state, created, attempts, next_try)
				VALUES ($1, $2, 'mine', $3, $4, 1, 0, 0, '', '', $5, 0, $6, 0)`, a.id, i+1, a.cause, a.kind, a.state, a.attempts)
		}

		alerts, err := open(t, url).store.OpenAlerts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer alerts.Close()
		for _, want := range []string{"LEFT", "ORPHAN", "ENDED", "END", "AGAIN", "NEWS"} {
			lane := store.Lane{Subscription: "mine", Urgent: want != "NEWS"}
			var a store.Alert
			err := alerts.View(ctx, func(x *store.AlertTx) (err error) {
				a, _, err = x.NextAlert(lane, now, now, true)
				return err
			})
			if err != nil || a.ID != want {
				t.Fatalf("%q instead of %s, %v", a.ID, want, err)
			}
			exec(t, d, "UPDATE alerts SET state = 'sent' WHERE id = $1", a.ID)
		}
	})
}
