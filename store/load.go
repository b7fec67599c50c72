package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Load returns the state at the last block; from an empty database, a new state. It checks the records' checksums and number, the rules'
// invariants, and that no block is missing. For the last blocks, which a reorganization may reach, it checks that their events give the
// stored ledger digests and that their undo records are sound.
func (s *Store) Load(ctx context.Context, net pool.Params, shadow bool) (state *pool.State, err error) {
	err = s.use(ctx, func() error {
		if state, err = s.loadOnce(ctx, net, shadow); err == nil {
			s.ends = &ends{state.Tip(), state.Tip()}
		}
		return err
	})
	return state, s.place.name(ctx, err)
}

// loadOnce reads all of it as of one moment.
func (s *Store) loadOnce(ctx context.Context, net pool.Params, shadow bool) (*pool.State, error) {
	if _, err := s.conn.ExecContext(ctx, s.reads.begin); err != nil {
		return nil, err
	}
	defer s.conn.ExecContext(context.WithoutCancel(ctx), rollback) //nolint:errcheck // it only read
	if err := s.role.held(ctx, s.conn, writerRow); err != nil {
		return nil, err
	}
	last, err := s.q.LastBlock(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		last.Height, err = -1, nil
	}
	if err != nil {
		return nil, err
	}
	state, err := s.readState(ctx, net, shadow)
	if err != nil {
		return nil, err
	}
	tip := state.Tip()
	if int64(tip.Height) != last.Height {
		return nil, fmt.Errorf("the database's state is at block %d, but its last block is %d; %s", tip.Height, last.Height, Damaged)
	}
	n, err := s.q.CountBlocks(ctx)
	if err != nil {
		return nil, err
	}
	if n != last.Height+1 {
		return nil, fmt.Errorf("the database has %d blocks up to block %d; %s", n, last.Height, Damaged)
	}
	if err := s.checkBlocks(ctx, tip, net.MaxReorg); err != nil {
		return nil, err
	}
	return state, nil
}

// recordsOfKind is streamed, which sqlc does not support.
const recordsOfKind = "SELECT key, value FROM records WHERE kind = $1"

func (s *Store) readState(ctx context.Context, net pool.Params, shadow bool) (*pool.State, error) {
	l, err := pool.NewLoader(net, shadow)
	if err != nil {
		return nil, err
	}
	for _, kind := range pool.RecordKinds() {
		if err := s.readKind(ctx, kind, l); err != nil {
			return nil, err
		}
	}
	state, err := l.Finish()
	if err != nil {
		return nil, contradicts(err)
	}
	return state, nil
}

func (s *Store) readKind(ctx context.Context, kind pool.RecordKind, l *pool.Loader) error {
	return s.engine.scan(ctx, s.conn, kind, func(key, value []byte) error {
		if err := l.Add(pool.Record{Kind: kind, Key: key, Value: value}); err != nil {
			return contradicts(err)
		}
		return nil
	})
}

// checkBlocks recomputes the last blocks' ledger digests from their events, and reads their undo records.
func (s *Store) checkBlocks(ctx context.Context, tip pool.Tip, depth pastel.Height) error {
	from := max(-1, tip.Height-depth)
	blocks, err := s.q.BlocksAbove(ctx, int64(from))
	if err != nil {
		return err
	}
	events, err := s.q.LedgerEventsAbove(ctx, int32(from))
	if err != nil {
		return err
	}
	outputs, err := s.outputsAbove(ctx, from)
	if err != nil {
		return err
	}
	end := pool.Tip{Height: from}
	if from >= 0 {
		before, err := s.q.BlockAt(ctx, int64(from))
		if err != nil {
			return err
		}
		if end.Digest, err = hash32[pool.Digest](before.Digest); err != nil {
			return err
		}
	}
	for _, b := range blocks {
		end.Height++
		if end.Hash, err = hash32[pastel.BlockHash](b.Hash); err != nil {
			return err
		}
		var list []string
		for len(events) > 0 && int64(events[0].Height) == b.Height {
			e := &events[0]
			text, err := whole(e.Type, []byte(e.Json), func() ([]pool.Payment, error) { return outputs[settlement{e.Pool.Int32, e.Height}], nil })
			if err != nil {
				return fmt.Errorf("block %d: %w; %s", b.Height, err, Damaged)
			}
			list = append(list, string(text))
			events = events[1:]
		}
		end.Digest = pool.NextDigest(end.Digest, end.Hash, list)
		if b.Height != int64(end.Height) || string(b.Digest) != string(end.Digest[:]) {
			return fmt.Errorf("block %d and its events do not give the stored ledger digest; %s", b.Height, Damaged)
		}
		if err := s.checkUndo(ctx, end.Height, end.Hash); err != nil {
			return err
		}
	}
	if len(events) > 0 {
		return fmt.Errorf("the database has events of block %d, but not the block; %s", events[0].Height, Damaged)
	}
	if end != tip {
		return fmt.Errorf("the blocks end in %s with ledger digest %x, but the state in %s with %x; %s",
			end.Hash, end.Digest, tip.Hash, tip.Digest, Damaged)
	}
	return nil
}

// settlement is a pool's number and a height.
type settlement struct{ pool, height int32 }

// outputsAbove returns what the payouts that settled above a block pay.
func (s *Store) outputsAbove(ctx context.Context, from pastel.Height) (map[settlement][]pool.Payment, error) {
	rows, err := s.q.OutputsAbove(ctx, int32(from))
	if err != nil {
		return nil, err
	}
	all := make(map[settlement][]pool.Payment)
	for _, r := range rows {
		to, err := pastel.ParseAddress(&s.net.Network, r.Address)
		if err != nil {
			return nil, fmt.Errorf("payout of block %d: %w; %s", r.Height, err, Damaged)
		}
		of := settlement{r.Pool, r.Height}
		all[of] = append(all[of], pool.Payment{Amount: pastel.Amount(r.Paid.Int64), To: to})
	}
	return all, nil
}

// whole returns an event's JSON with the outputs that are stored elsewhere.
func whole(eventType string, stored []byte, outputs func() ([]pool.Payment, error)) ([]byte, error) {
	if pool.EventType(eventType).Row().Has&pool.HasPayout == 0 {
		return stored, nil
	}
	e, err := pool.ParseEvent(stored)
	if err != nil {
		return nil, err
	}
	if e.Outputs, err = outputs(); err != nil {
		return nil, err
	}
	return e.MarshalJSON()
}

// checkUndo reads a block's undo record if there is one: blocks taken back may have left those below without.
func (s *Store) checkUndo(ctx context.Context, h pastel.Height, hash pastel.BlockHash) error {
	u, err := undoAt(ctx, s.q, h)
	if errors.Is(err, chain.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if u.Block() != hash {
		return fmt.Errorf("the undo record of block %d belongs to another block; %s", h, Damaged)
	}
	return nil
}
