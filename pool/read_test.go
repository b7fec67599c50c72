package pool_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// ofPool selects the records that a reader of one pool needs.
func ofPool(records []pool.Record, id ticket.PoolID) []pool.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r pool.Record) bool {
		return r.Kind != pool.RecordTip && (!slices.Contains(pool.RecordKindsOfPool(), r.Kind) || !bytes.HasPrefix(r.Key, []byte(id)))
	})
}

// After blocks of the recorded chains, a pool and a reputation read from their own records equal those of the whole state.
func TestReadingOnePoolGivesWhatTheStateSays(t *testing.T) {
	t.Parallel()
	params, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"life", "dense"} {
		s, err := pool.New(params, false)
		if err != nil {
			t.Fatal(err)
		}
		pools, people := 0, 0
		concerned := map[ticket.PoolID]pool.Pool{} // pools as the last block that concerned each left it
		for h, b := range chaintest.Parsed(t, name) {
			u, err := s.Apply(pool.Prepare(&params, pastel.Height(h), b))
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range u.Touched {
				concerned[x.Pool], _ = s.Pool(x.Pool)
			}
			if h%7 != 0 { // every block would be slow and prove no more
				continue
			}
			records := s.Records()
			var backing, pledged pastel.Amount
			for _, id := range s.Pools() {
				want, _ := s.Pool(id)
				got, err := pool.ReadPool(params, false, id, ofPool(records, id))
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, block %d, %s: %v\n%+v\nwant\n%+v", name, h, id, err, got, want)
				}
				before := concerned[id]
				if got := before.At(s.Tip().Height, &params); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, block %d, %s, kept since it was concerned:\n%+v\nwant\n%+v", name, h, id, got, want)
				}
				bare := slices.DeleteFunc(ofPool(records, id), func(r pool.Record) bool { return r.Kind == pool.RecordEscrow || r.Kind == pool.RecordPayout })
				want.Escrowed, want.Pending = 0, nil
				if got, err := pool.ReadPool(params, false, id, bare); err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, block %d, %s without escrow: %v\n%+v\nwant\n%+v", name, h, id, err, got, want)
				}
				pools++
				for i := range want.Pledges {
					pledged += pastel.Amount(want.Pledges[i].Offered) * pastel.PSL
				}
			}
			for _, r := range records {
				if r.Kind == pool.RecordCoin {
					c, err := pool.ReadCoin(r)
					if err != nil || c.Value <= 0 || c.Height > s.Tip().Height {
						t.Fatalf("%s, block %d: %+v, %v", name, h, c, err)
					}
					if c.Backs {
						backing += c.Value
					}
				}
				if r.Kind != pool.RecordPerson {
					continue
				}
				got, err := pool.ReadStanding(&params, s.Tip().Height, r)
				points, tarnished, _ := s.Reputation([57]byte(r.Key))
				if err != nil || got != (pool.Standing{Points: points, Tarnished: tarnished}) {
					t.Fatalf("%s, block %d: %+v, %v", name, h, got, err)
				}
				people++
			}
			if backing < pledged || (backing > 0) != (pledged > 0) {
				t.Fatalf("%s, block %d: coins of %s PSL back pledges of %s PSL", name, h, backing, pledged)
			}
		}
		if pools == 0 || people == 0 {
			t.Errorf("%s: nothing was compared", name)
		}
	}
}

// ReadPool refuses damaged records and does not misread them.
func TestReadingOnePoolRefusesDamage(t *testing.T) {
	t.Parallel()
	params, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	s, err := pool.New(params, false)
	if err != nil {
		t.Fatal(err)
	}
	for h, b := range chaintest.Parsed(t, "life")[:200] {
		if _, err := s.Apply(pool.Prepare(&params, pastel.Height(h), b)); err != nil {
			t.Fatal(err)
		}
	}
	id := s.Pools()[0]
	records := ofPool(s.Records(), id)
	for i := range records {
		for _, spoil := range []func(*pool.Record){
			func(r *pool.Record) { r.Value = r.Value[:len(r.Value)-1] },
			func(r *pool.Record) { r.Value = append([]byte{r.Value[0] ^ 1}, r.Value[1:]...) },
			func(r *pool.Record) { r.Value = nil },
			func(r *pool.Record) { r.Key = append(slices.Clone(r.Key), 0) },
		} {
			list := slices.Clone(records)
			spoil(&list[i])
			if _, err := pool.ReadPool(params, false, id, list); err == nil {
				t.Errorf("record %d (%s), spoilt, was read", i, list[i].Kind)
			}
		}
	}
	if _, err := pool.ReadPool(params, false, id, records[:1]); err == nil {
		t.Error("a pool was read from nothing")
	}
}
