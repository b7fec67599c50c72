package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// operator is an operator's record.
type operator struct{ wire.Operator }

// mostNames is how many of an operator's names are listed.
const mostNames = 5

// Names returns the names to list, those of the newest pools.
func (o operator) Names() []string { return o.Companies[max(0, len(o.Companies)-mostNames):] }

// More returns how many other names the record has.
func (o operator) More() int { return len(o.Companies) - len(o.Names()) }

// Older returns how many pools the record does not name.
func (o operator) Older() int { return o.Opened - len(o.IDs) }

func (s *Site) operators(r *http.Request) (*page, error) {
	var d struct {
		part
		Operators []operator
	}
	var q wire.OperatorQuery
	d.part, q.Sorted = partOf(r, "/operators", operatorOrders)
	q.Sort = d.Sort
	list, _, next, err := s.cfg.Books.Operators(r.Context(), q)
	d.Next = next
	for i := range list {
		d.Operators = append(d.Operators, operator{list[i]})
	}
	return ok("operators.html", "Operators", "/operators", d), err
}

// operator shows what an operator must attend to, what its pools bring, and its record.
func (s *Site) operator(r *http.Request) (*page, error) {
	id := r.PathValue("pastelid")
	var d struct {
		operator
		Account wire.Account
		Gains   []gain
		Pools   []wire.Pool // live
		Thin    []thin      // of these
		Live    int
		Ended   int
	}
	record, _, err := s.cfg.Books.Operator(r.Context(), id)
	if err != nil {
		return nil, err
	}
	d.operator = operator{record}
	for _, status := range live {
		d.Live += record.Pools[status]
	}
	d.Ended = record.Opened - d.Live
	if d.Account, err = s.cfg.Books.Member(r.Context(), id); err != nil {
		return nil, err
	}
	if d.Gains, _, err = s.gains(r, wire.OfID{PastelID: id}, wire.OfAddress{}, len(d.Account.Positions)); err != nil {
		return nil, err
	}
	q := wire.PoolQuery{Operator: id, Status: live, Sorted: wire.Sorted{Limit: listing}}
	if d.Pools, _, _, err = s.cfg.Books.Pools(r.Context(), q); err != nil {
		return nil, err
	}
	if d.Thin, err = s.thinnest(r, d.Pools); err != nil {
		return nil, err
	}
	return ok("operator.html", "Operator "+pastel.Short(id), "/operators", d), err
}

// mostThin is how many pools the page names critical members of: finding them reads a pool's pledges.
const mostThin = 5

// thin is an active pool and those who stop its Supernode by leaving.
type thin struct {
	wire.Pool
	Critical wire.CriticalMembers
}

// mostCritical is how many critical members of a pool are named.
const mostCritical = 3

// Named returns the critical members that the page names.
func (x *thin) Named() []string {
	return x.Critical.Members[:min(len(x.Critical.Members), mostCritical)]
}

// thinnest returns the active pools with the smallest cushions, smallest first.
func (s *Site) thinnest(r *http.Request, pools []wire.Pool) (list []thin, err error) {
	active := slices.DeleteFunc(slices.Clone(pools), func(p wire.Pool) bool { return p.Status != pool.Active.String() })
	slices.SortStableFunc(active, func(a, b wire.Pool) int { return cmp.Compare(a.Cushion, b.Cushion) })
	for _, p := range active[:min(len(active), mostThin)] {
		critical, err := s.cfg.Books.CriticalMembers(r.Context(), p.ID)
		if err != nil {
			return nil, err
		}
		if critical != nil {
			list = append(list, thin{p, *critical})
		}
	}
	return list, nil
}

// patientReceiver is how long a message may wait for its receiver before people should look, in seconds.
const patientReceiver = 10 * 60

// refused reports whether a receiver of alerts refuses messages, or does not answer.
func refused(d *wire.Deliveries) bool {
	return d.GivenUp > 0 || d.Waiting > 0 && d.Oldest > patientReceiver
}
