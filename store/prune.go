package store

import (
	"context"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// Pruned lists the types of events that a writer deletes once they are older than it keeps history. Nobody who pays taxes, checks a payout or a
// ledger digest, or takes a block back needs them, alerts do not tell of them, and no row of sums comes from them. What they change of pledges
// stands in the pledges' own rows.
func Pruned() []pool.EventType {
	return []pool.EventType{pool.PledgeMoved, pool.PledgeReleased, pool.ReputationChanged, pool.TicketRejected}
}

// KeepHistory makes the writer keep events of the types that Pruned lists for this many blocks, and hide and delete older ones; 0 for ever. Call it
// before the first step. It must be no less than the rules' MaxReorg.
//
// What answers show follows from the last block alone: each step moves the first block all of whose events are shown, MaxReorg blocks at a time, and
// so does one that takes blocks back. Prune deletes only what no reorganization can make visible again.
func (s *Store) KeepHistory(blocks pastel.Height) { s.keep = blocks }

// shownFrom returns the first block all of whose events are shown when the ledger ends at a block, unless earlier settings had more deleted.
func (s *Store) shownFrom(tip pastel.Height) pastel.Height {
	if s.keep == 0 {
		return 0
	}
	from := max(tip+1-s.keep, 0)
	return from - from%s.net.MaxReorg
}

// show stores from which block on events are shown after a step.
func (s *Store) show(ctx context.Context, q *db.Queries, tip pastel.Height) error {
	h, err := q.History(ctx)
	if err != nil {
		return err
	}
	from := max(int64(s.shownFrom(tip)), h.KeptFrom)
	if from == h.ShownFrom {
		return nil
	}
	return q.ShowFrom(ctx, from)
}

// pruneAtOnce is how many events one transaction deletes at most: steps of the ledger wait for it.
var pruneAtOnce int64 = 1_000

// Prune deletes some of the events that are too old to keep, and reports whether there may be more. What a transaction is about to delete it also
// notes, so that a writer that ends between two of them leaves nothing that the next one does not find.
func (s *Store) Prune(ctx context.Context) (more bool, err error) {
	err = s.use(ctx, func() error {
		last, err := lastBlock(ctx, s.q)
		if err != nil {
			return err
		}
		to := max(s.shownFrom(last.Height)-s.net.MaxReorg, 0)
		if to <= s.pruned {
			return nil
		}
		h, err := s.q.History(ctx)
		if err != nil {
			return err
		}
		// An earlier writer may have had more to delete.
		if to = max(to, pastel.Height(h.KeptFrom)); to > 0 {
			more, err = s.pruneTo(ctx, to)
		}
		if err == nil && !more {
			s.pruned = to
		}
		return err
	})
	return more, s.place.name(ctx, err)
}

func (s *Store) pruneTo(ctx context.Context, to pastel.Height) (more bool, err error) {
	tx, err := s.engine.begin(ctx, s.conn, s.q)
	if err != nil {
		return false, err
	}
	n := int64(0)
	if err = s.role.held(ctx, tx, s.reads.holder); err == nil {
		n, err = prune(ctx, tx.queries(), to)
	}
	if first := tx.failed(); first != nil {
		err = first
	}
	if err != nil {
		tx.Rollback() //nolint:errcheck // the first error matters
		return false, err
	}
	return n == pruneAtOnce, tx.Commit()
}

// prune deletes events of blocks before one.
func prune(ctx context.Context, q *db.Queries, to pastel.Height) (n int64, err error) {
	if err := q.KeepFrom(ctx, int64(to)); err != nil {
		return 0, err
	}
	for _, t := range Pruned() {
		more, err := q.PruneEvents(ctx, db.PruneEventsParams{Type: string(t), Height: int32(to), Limit: int32(pruneAtOnce - n)})
		if n += more; err != nil || n == pruneAtOnce {
			return n, err
		}
	}
	return n, nil
}

// isShown is the condition that an event of a type that Pruned lists is not hidden.
const isShown = "events.height >= (SELECT shown_from FROM history WHERE one = 1)"

// shown adds the condition that no event of these types is hidden; of no type, of every type.
func shown(q *query, types []string) {
	old := 0
	for _, t := range Pruned() {
		old += int(count(slices.Contains(types, string(t))))
	}
	switch {
	case len(types) > 0 && old == 0:
	case len(types) > 0 && old == len(types):
		q.and(isShown)
	default:
		args := []any{}
		for _, t := range Pruned() {
			args = append(args, string(t))
		}
		q.and("(type NOT IN (?"+strings.Repeat(", ?", len(args)-1)+") OR "+isShown+")", args...)
	}
}

// HistoryFrom returns the first block all of whose events the database shows; 0 if it shows those of all.
func (s *Snapshot) HistoryFrom() (pastel.Height, error) {
	h, err := db.New(s.conn).History(s.ctx)
	return pastel.Height(h.ShownFrom), err
}
