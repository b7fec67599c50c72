package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Load returns the state at the last block, a new one from an empty database. It checks every record's checksum, their number,
// the invariants of the rules, and that the last blocks' events give the ledger digest that stands beside them.
func (s *Store) Load(ctx context.Context, net pastel.Network, shadow bool) (*pool.State, error) {
	last, err := s.q.LastBlock(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return pool.New(net, shadow)
	}
	if err != nil {
		return nil, explain(err)
	}
	state, err := s.readState(ctx, net, shadow)
	if err != nil {
		return nil, explain(err)
	}
	tip := state.Tip()
	hash, err := hash32[pastel.BlockHash](last.Hash)
	if err != nil {
		return nil, err
	}
	if int64(tip.Height) != last.Height || tip.Hash != hash {
		return nil, fmt.Errorf("the database's state is of block %d, its last block is %d: it is damaged, start with an empty one",
			tip.Height, last.Height)
	}
	if err := s.checkDigests(ctx, tip, net.MaxReorg); err != nil {
		return nil, explain(err)
	}
	return state, nil
}

// recordsOfKind is a stream, for which sqlc has no form.
const recordsOfKind = "SELECT key, value FROM records WHERE kind = $1"

func (s *Store) readState(ctx context.Context, net pastel.Network, shadow bool) (*pool.State, error) {
	l, err := pool.NewLoader(net, shadow)
	if err != nil {
		return nil, err
	}
	for _, kind := range pool.RecordKinds() {
		if err := s.readKind(ctx, kind, l); err != nil {
			return nil, err
		}
	}
	return l.Finish()
}

func (s *Store) readKind(ctx context.Context, kind pool.RecordKind, l *pool.Loader) error {
	rows, err := s.conn.QueryContext(ctx, recordsOfKind, int16(kind))
	if err != nil {
		return err
	}
	defer rows.Close()
	var key, value sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		if err := l.Add(pool.Record{Kind: kind, Key: key, Value: value}); err != nil {
			return fmt.Errorf("%w: the database is damaged or of another network, start with an empty one", err)
		}
	}
	return rows.Err()
}

// checkDigests computes the last blocks' ledger digests again from their events.
func (s *Store) checkDigests(ctx context.Context, tip pool.Tip, depth pastel.Height) error {
	from := int64(max(-1, tip.Height-depth))
	blocks, err := s.q.BlocksAbove(ctx, from)
	if err != nil {
		return err
	}
	events, err := s.q.LedgerEventsAbove(ctx, from)
	if err != nil {
		return err
	}
	var digest pool.Digest
	if from >= 0 {
		before, err := s.q.BlockAt(ctx, from)
		if err != nil {
			return err
		}
		if digest, err = hash32[pool.Digest](before.Digest); err != nil {
			return err
		}
	}
	for i, b := range blocks {
		hash, err := hash32[pastel.BlockHash](b.Hash)
		if err != nil {
			return err
		}
		var list []string
		for len(events) > 0 && events[0].Height == b.Height {
			list = append(list, events[0].Json)
			events = events[1:]
		}
		digest = pool.NextDigest(digest, hash, list)
		if b.Height != from+1+int64(i) || string(b.Digest) != string(digest[:]) {
			return fmt.Errorf("block %d and its events do not give the ledger digest stored: the database is damaged, "+
				"start with an empty one", b.Height)
		}
	}
	if digest != tip.Digest {
		return fmt.Errorf("the blocks give ledger digest %x, the state has %x: the database is damaged, start with an empty one",
			digest, tip.Digest)
	}
	return nil
}
