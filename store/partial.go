package store

import (
	"bytes"
	"errors"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// StateFor returns as much of the state as simulating a transaction reads (pool.ReadPart). It costs what it returns, and
// for an output whose address already backs pledges what the outputs of that address are.
func (s *Snapshot) StateFor(reads pool.Reads) (*pool.State, error) {
	x := partial{s: s, reads: reads}
	for _, read := range []func() error{x.tip, x.people, x.coins, x.statements, x.pools, x.pledges, x.named} { // in the order of kinds
		if err := read(); err != nil {
			return nil, err
		}
	}
	state, err := pool.ReadPart(s.r.net, s.r.shadow, x.list)
	if err != nil {
		return nil, contradicts(err)
	}
	return state, nil
}

// partial gathers records.
type partial struct {
	s      *Snapshot
	reads  pool.Reads
	list   []pool.Record
	theirs []pledgePlace // their live pledges
}

// pledgePlace is where a pledge is.
type pledgePlace struct {
	pool ticket.PoolID
	seq  uint64
}

// keep keeps a record.
func (x *partial) keep(r pool.Record) error {
	x.list = append(x.list, pool.Record{Kind: r.Kind, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
	return nil
}

// keyed reads records by their keys, which it sorts.
func (x *partial) keyed(kind pool.RecordKind, keys [][]byte) error {
	if len(keys) == 0 {
		return nil
	}
	q := &query{}
	q.and("kind = ?", int16(kind))
	in(q, "key", keys)
	return x.s.records(q.text.String()+" ORDER BY key", q.args, x.keep)
}

func (x *partial) tip() error {
	return x.s.records("WHERE kind = $1", []any{int16(pool.RecordTip)}, x.keep)
}

func (x *partial) people() error {
	var keys [][]byte
	for _, id := range x.reads.PastelIDs {
		keys = append(keys, bytes.Clone(id[:]))
	}
	return x.keyed(pool.RecordPerson, keys)
}

func (x *partial) coins() error {
	seen := map[string]bool{}
	keep := func(r pool.Record) error {
		if seen[string(r.Key)] {
			return nil
		}
		seen[string(r.Key)] = true
		return x.keep(r)
	}
	for _, out := range x.reads.Outputs {
		c, err := x.s.Coin(out)
		if errors.Is(err, chain.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		theirs, err := x.s.livePledges(c.Owner)
		if err != nil {
			return err
		}
		x.theirs = append(x.theirs, theirs...)
		args := []any{int16(pool.RecordCoin), pool.CoinKey(out)}
		if err := x.s.records("WHERE kind = $1 AND key = $2", args, keep); err != nil {
			return err
		}
		if len(theirs) == 0 { // its other outputs back nothing
			continue
		}
		if err := x.s.backingRecords(c.Owner, keep); err != nil {
			return err
		}
	}
	return nil
}

// livePledges finds the live pledges of an address.
func (s *Snapshot) livePledges(owner pastel.KeyHash) ([]pledgePlace, error) {
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: owner}.Encode(&s.r.net.Network)
	rows, err := s.Pledges(PledgeFilter{Address: address, Live: true, At: Now}, Page{Limit: int(forever)})
	places := make([]pledgePlace, len(rows))
	for i := range rows {
		places[i] = pledgePlace{rows[i].Pool, uint64(rows[i].Seq)}
	}
	return places, err
}

func (x *partial) statements() error {
	var keys [][]byte
	for _, hash := range x.reads.Statements {
		keys = append(keys, bytes.Clone(hash[:]))
	}
	return x.keyed(pool.RecordStatement, keys)
}

func (x *partial) pools() error {
	return x.s.records("WHERE kind = $1 ORDER BY key", []any{int16(pool.RecordPool)}, x.keep)
}

// ofPools reads the records of a kind that belong to the pools read.
func (x *partial) ofPools(kind pool.RecordKind) error {
	for _, id := range x.reads.Pools {
		if id == "" {
			continue
		}
		first := []byte(id)
		args := []any{int16(kind), first, beyond(first)}
		if err := x.s.records("WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY key", args, x.keep); err != nil {
			return err
		}
	}
	return nil
}

func (x *partial) pledges() error {
	if err := x.ofPools(pool.RecordPledge); err != nil {
		return err
	}
	const atOnce = 256
	var keys [][]byte
	for _, at := range x.theirs {
		if len(x.reads.Pools) == 0 || at.pool != x.reads.Pools[0] {
			keys = append(keys, pool.PledgeKey(at.pool, at.seq))
		}
	}
	for ; len(keys) > 0; keys = keys[min(len(keys), atOnce):] {
		if err := x.keyed(pool.RecordPledge, keys[:min(len(keys), atOnce)]); err != nil {
			return err
		}
	}
	return nil
}

func (x *partial) named() error { return x.ofPools(pool.RecordNamed) }
