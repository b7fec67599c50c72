package store

import (
	"bytes"
	"database/sql"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Pool returns everything known about a pool at the tip; chain.ErrNotFound if there is none.
func (s *Snapshot) Pool(id ticket.PoolID) (pool.Pool, error) {
	return s.readPool(id, pool.RecordKindsOfPool())
}

// PoolOfMembers returns a pool as Pool does, but without Escrowed and Pending, for which it would read every output in escrow and make every
// pending payout.
func (s *Snapshot) PoolOfMembers(id ticket.PoolID) (pool.Pool, error) {
	return s.readPool(id, slices.DeleteFunc(pool.RecordKindsOfPool(), func(k pool.RecordKind) bool {
		return k == pool.RecordEscrow || k == pool.RecordPayout
	}))
}

// PoolOfClaims returns a pool as Pool does, but without its pledges, Escrowed and Pending: its claims, and what its operator accrued.
func (s *Snapshot) PoolOfClaims(id ticket.PoolID) (pool.Pool, error) {
	return s.readPool(id, []pool.RecordKind{pool.RecordPool, pool.RecordClaims})
}

// LastConcerned returns the last block that concerned a pool; chain.ErrNotFound if there is no such pool. A pool of which that is the same
// block is the same, reorganizations or not, but for what follows from the tip's height.
func (s *Snapshot) LastConcerned(id ticket.PoolID) (pastel.BlockHash, error) {
	q := selecting(`SELECT hash FROM pools p JOIN blocks b
		ON b.height = (SELECT height FROM pool_sums WHERE pool = p.num ORDER BY height DESC LIMIT 1)`)
	q.and("p.id = ?", string(id))
	list, err := all(s, q, func(rows *sql.Rows) (pastel.BlockHash, error) {
		var hash []byte
		if err := rows.Scan(&hash); err != nil {
			return pastel.BlockHash{}, err
		}
		return hash32[pastel.BlockHash](hash)
	})
	if err == nil && len(list) == 0 {
		err = notFound("pool %s", id)
	}
	if err != nil {
		return pastel.BlockHash{}, err
	}
	return list[0], nil
}

// Concerned returns what the blocks above one height, up to another, concerned: pools as LastConcerned does, and the PastelIDs and addresses
// that their events, the pledges which they accept or amend, and newly opened pools name. The pledges and earnings of a PastelID or an address change
// only in blocks that name it, or that concern a pool which it pledged to, operates, or is paid by.
func (s *Snapshot) Concerned(above, upTo pastel.Height) (pools []ticket.PoolID, names []string, err error) {
	q := selecting("SELECT id FROM pools")
	q.and("num IN (SELECT pool FROM pool_sums WHERE height > ? AND height <= ?)", int32(above), int32(upTo))
	pools, err = all(s, q, func(rows *sql.Rows) (id ticket.PoolID, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return nil, nil, err
	}
	text := func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) }
	q = &query{args: []any{int32(above), int32(upTo)}}
	q.text.WriteString(`SELECT text FROM names WHERE id IN (
		SELECT pastelid FROM events WHERE pastelid IS NOT NULL AND height > $1 AND height <= $2
		UNION SELECT operator FROM pools WHERE opened > $1 AND opened <= $2
		UNION SELECT fee_address FROM pools WHERE opened > $1 AND opened <= $2
		UNION SELECT escrow FROM pools WHERE opened > $1 AND opened <= $2)`)
	if names, err = all(s, q, text); err != nil {
		return nil, nil, err
	}
	q = selecting("SELECT DISTINCT pledge FROM events")
	q.and("pledge IS NOT NULL AND height > ? AND height <= ?", int32(above), int32(upTo))
	in(q, "type", []string{string(pool.PledgeAccepted), string(pool.PledgeAmended)})
	pledges, err := all(s, q, func(rows *sql.Rows) (seq int64, err error) { return seq, rows.Scan(&seq) })
	if err != nil {
		return nil, nil, err
	}
	const atOnce = 256
	for part := range slices.Chunk(pledges, atOnce) {
		for _, x := range []struct{ column, table, key string }{{"address", "pledges", "seq"}, {"reward", "pledge_tickets", "pledge"}} {
			q := selecting("SELECT " + nameOf(x.column) + " FROM " + x.table)
			in(q, x.key, part)
			more, err := all(s, q, text)
			if err != nil {
				return nil, nil, err
			}
			names = append(names, more...)
		}
	}
	return pools, names, nil
}

func (s *Snapshot) readPool(id ticket.PoolID, kinds []pool.RecordKind) (pool.Pool, error) {
	var list []pool.Record
	keep := func(r pool.Record) error {
		list = append(list, pool.Record{Kind: r.Kind, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
		return nil
	}
	if err := s.records("WHERE kind = $1", []any{int16(pool.RecordTip)}, keep); err != nil {
		return pool.Pool{}, err
	}
	first := []byte(id)
	for _, kind := range kinds {
		// Pool ids use one alphabet and end in 40 hex digits, so none is a prefix of another. Records of a kind with one record per pool
		// have the id as key.
		err := s.records("WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY key", []any{int16(kind), first, beyond(first)}, keep)
		if err != nil {
			return pool.Pool{}, err
		}
		if kind == pool.RecordPool && len(list) < 2 {
			return pool.Pool{}, notFound("pool %s", id)
		}
	}
	p, err := pool.ReadPool(s.r.net, s.r.shadow, id, list)
	if err != nil {
		return pool.Pool{}, contradicts(err)
	}
	return p, nil
}

// beyond returns the first key after all keys with a prefix, which must not end in ff.
func beyond(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	end[len(end)-1]++
	return end
}

// Times returns the times of the blocks at some heights, seconds since 1970, without those that the ledger does not have.
func (s *Snapshot) Times(heights []pastel.Height) (map[pastel.Height]int64, error) {
	times := make(map[pastel.Height]int64, len(heights))
	if len(heights) == 0 {
		return times, nil
	}
	asked := slices.Clone(heights)
	for len(asked)&(len(asked)-1) != 0 { // statements of few lengths, which stay prepared
		asked = append(asked, heights[0])
	}
	q := selecting("SELECT height, time FROM blocks")
	in(q, "height", asked)
	_, err := all(s, q, func(rows *sql.Rows) (struct{}, error) {
		var h pastel.Height
		var t int64
		err := rows.Scan(&h, &t)
		times[h] = t
		return struct{}{}, err
	})
	return times, err
}

// Standings returns the reputations of PastelIDs at the tip, without those that are not registered.
func (s *Snapshot) Standings(ids []pastelid.PastelID, tip pastel.Height) (map[pastelid.PastelID]pool.Standing, error) {
	standings := make(map[pastelid.PastelID]pool.Standing, len(ids))
	if len(ids) == 0 {
		return standings, nil
	}
	keys := make([][]byte, len(ids))
	for i := range ids {
		keys[i] = ids[i][:]
	}
	q := &query{}
	q.and("kind = ?", int16(pool.RecordPerson))
	in(q, "key", keys)
	err := s.records(q.text.String(), q.args, func(r pool.Record) (err error) {
		standings[pastelid.PastelID(r.Key)], err = pool.ReadStanding(&s.r.net, tip, r)
		return err
	})
	return standings, err
}

// Standing returns a PastelID's reputation at the tip; chain.ErrNotFound if it is not registered.
func (s *Snapshot) Standing(id pastelid.PastelID, tip pastel.Height) (st pool.Standing, err error) {
	found := false
	err = s.records("WHERE kind = $1 AND key = $2", []any{int16(pool.RecordPerson), id[:]}, func(r pool.Record) error {
		found = true
		st, err = pool.ReadStanding(&s.r.net, tip, r)
		return err
	})
	if err == nil && !found {
		err = notFound("PastelID %s", id)
	}
	return st, err
}

// Coin returns an unspent output that can back pledges; chain.ErrNotFound if there is none.
func (s *Snapshot) Coin(out pastel.OutPoint) (x pool.Coin, err error) {
	found := false
	err = s.records("WHERE kind = $1 AND key = $2", []any{int16(pool.RecordCoin), pool.CoinKey(out)}, func(r pool.Record) error {
		found = true
		x, err = pool.ReadCoin(r)
		return err
	})
	if err == nil && !found {
		err = notFound("output %s", out)
	}
	return x, err
}
