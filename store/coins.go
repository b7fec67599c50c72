package store

import (
	"database/sql"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// What the index coins_by_owner has of an output. Queries name the kind as a number: planners do not know that a parameter is one that the index
// holds.
var (
	ofCoins = fmt.Sprintf("kind = %d", pool.RecordCoin)
	ofOwner = "substr(value, 13, 20) = ?"
)

// The value of an output in hex digits, in the words of each engine.
const (
	sqliteWorth = "lower(hex(substr(value, 7, 1)) || hex(substr(value, 6, 1)) || hex(substr(value, 5, 1)) || hex(substr(value, 4, 1)) || " +
		"hex(substr(value, 3, 1)) || hex(substr(value, 2, 1)) || hex(substr(value, 1, 1)))"
	postgresWorth = "encode(substr(value, 7, 1) || substr(value, 6, 1) || substr(value, 5, 1) || substr(value, 4, 1) || substr(value, 3, 1) || " +
		`substr(value, 2, 1) || substr(value, 1, 1), 'hex') COLLATE "C"`
)

// CoinsOf returns the unspent outputs of an address that back pledges or can, by value; of equal ones, by txid and index. The page's key is CoinPlace.
func (s *Snapshot) CoinsOf(owner pastel.KeyHash, p Page) ([]pool.Coin, error) {
	q := selecting("SELECT key, value FROM records")
	q.and(ofCoins)
	q.and(ofOwner, owner[:])
	q.page(p, s.r.engine.worth, "key")
	return all(s, q, func(rows *sql.Rows) (pool.Coin, error) {
		r := pool.Record{Kind: pool.RecordCoin}
		if err := rows.Scan(&r.Key, &r.Value); err != nil {
			return pool.Coin{}, err
		}
		return pool.ReadCoin(r)
	})
}

// CoinPlace is the key of an output in the list of its address's.
func CoinPlace(value pastel.Amount, out pastel.OutPoint) []any {
	return []any{fmt.Sprintf("%014x", int64(value)), pool.CoinKey(out)}
}

// Backing returns what the outputs of an address that back its pledges are worth. It reads all outputs of the address.
func (s *Snapshot) Backing(owner pastel.KeyHash) (worth pastel.Amount, err error) {
	err = s.backingRecords(owner, func(r pool.Record) error {
		x, err := pool.ReadCoin(r)
		worth += x.Value
		return err
	})
	return worth, err
}

// backingRecords passes the records of the outputs that back an address's pledges to f, which must not keep them.
func (s *Snapshot) backingRecords(owner pastel.KeyHash, f func(pool.Record) error) error {
	q := &query{}
	q.and(ofCoins)
	q.and(ofOwner, owner[:])
	q.add(" ORDER BY " + s.r.engine.worth) // or SQLite reads the outputs of all
	return s.records(q.text.String(), q.args, func(r pool.Record) error {
		x, err := pool.ReadCoin(r)
		if err == nil && x.Owner != owner {
			err = fmt.Errorf("the index of outputs finds one of %x for %x; %s", x.Owner, owner, Damaged)
		}
		if err == nil && x.Backs {
			err = f(r)
		}
		return err
	})
}
