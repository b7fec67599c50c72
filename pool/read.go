package pool

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// RecordKindsOfPool lists, in order, the kinds of records that ReadPool needs and whose keys begin with the pool's id.
func RecordKindsOfPool() []RecordKind {
	return []RecordKind{RecordPool, RecordPledge, RecordClaims, RecordEscrow, RecordPayout, RecordSplits}
}

var errNoPool = errors.New("the stored records do not contain pool")

// ReadPool returns one pool, for readers that do not keep the whole state. It needs the tip's record and the pool's own of
// RecordKindsOfPool, sorted by kind and key. Without those of RecordEscrow and RecordPayout, the pool lacks Escrowed and Pending; without those
// of RecordPledge and RecordSplits, its pledges. It checks each record, but not the invariants between pools.
func ReadPool(params Params, shadow bool, id ticket.PoolID, records []Record) (Pool, error) {
	l, err := NewLoader(params, shadow)
	if err != nil {
		return Pool{}, err
	}
	for _, r := range records {
		l.meet(r)
		if err := l.Add(r); err != nil {
			return Pool{}, err
		}
	}
	if err := l.catchUp(); err != nil {
		return Pool{}, err
	}
	p, found := l.s.Pool(id)
	if !found {
		return Pool{}, fmt.Errorf("%w %s", errNoPool, id)
	}
	return p, nil
}

// Standing is the reputation of a registered PastelID (protocol 7).
type Standing struct {
	Points    int  // reputation, 0 to 100
	Tarnished bool // it has lost points before
}

// ReadStanding returns the reputation at height tip from a record of RecordPerson (protocol 7).
func ReadStanding(params *Params, tip pastel.Height, r Record) (Standing, error) {
	var x person
	err := readRecord(r, func(key, c *coder) error {
		var id pastelid.PastelID
		key.pastelID(&id)
		x.code(c)
		return c.err
	})
	if err != nil {
		return Standing{}, fmt.Errorf("stored %s record %x: %w", r.Kind, r.Key, err)
	}
	return Standing{x.pointsAt(tip, params), x.loss != never}, nil
}

// Coin is an unspent output that backs pledges or can (protocol 3).
type Coin struct {
	Output   pastel.OutPoint
	Value    pastel.Amount
	Owner    pastel.KeyHash
	Height   pastel.Height // of its block
	Coinbase bool
	Backs    bool // it backs pledges; spending it may end them
}

// CoinKey returns the key of an output's record.
func CoinKey(out pastel.OutPoint) []byte { return coinKey(nil, out) }

// ReadCoin reads a record of RecordCoin.
func ReadCoin(r Record) (Coin, error) {
	var x coin
	var out pastel.OutPoint
	err := readRecord(r, func(key, c *coder) error {
		key.raw(out.TxID[:])
		key.u32be(&out.Vout)
		x.code(c)
		return c.err
	})
	if err != nil {
		return Coin{}, fmt.Errorf("stored %s record %x: %w", r.Kind, r.Key, err)
	}
	return Coin{out, x.value, x.owner, x.origin.height(), x.origin.coinbase(), x.origin.backing()}, nil
}
