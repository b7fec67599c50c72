package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// The aims, at the 99th percentile.
const (
	aimOne  = 10 * time.Millisecond // a thing's answer or page
	aimList = 20 * time.Millisecond
)

// question is an answer or page that people ask for.
type question struct {
	name string
	aim  time.Duration
	path func(turn int, paid string) string // of a turn, after a block that paid a pool
}

// same is a question with one path.
func same(name string, aim time.Duration, format string, args ...any) question {
	path := fmt.Sprintf(format, args...)
	return question{name, aim, func(int, string) string { return path }}
}

// questions returns everything that is measured. What is asked for after every block may be kept or warm; the paid pool's is not, and another
// pool each time is not either.
func questions(get getter, f *facts) ([]question, error) {
	one := f.Pools[len(f.Pools)/2]
	id, member := string(one.ID), one.Members[0]
	address, err := addressIn(get, id)
	if err != nil {
		return nil, err
	}
	var operator wire.Pool
	if err := get("/api/v1/pools/"+id, &operator); err != nil {
		return nil, err
	}
	other := func(prefix string) func(int, string) string {
		return func(turn int, _ string) string { return prefix + string(f.Pools[turn%len(f.Pools)].ID) }
	}
	paid := func(prefix string) func(int, string) string {
		return func(_ int, paid string) string { return prefix + paid }
	}
	return []question{
		same("a pool", aimOne, "/api/v1/pools/%s", id),
		same("a pool's page", aimOne, "/pools/%s", id),
		{"the pool that the block paid", aimOne, paid("/api/v1/pools/")},
		{"the paid pool's page", aimOne, paid("/pools/")},
		{"another pool each time", aimOne, other("/api/v1/pools/")},
		{"another pool's page each time", aimOne, other("/pools/")},
		same("a member of many pledges", aimOne, "/api/v1/members/%s", member),
		same("the member's page", aimOne, "/members/%s", member),
		{"another member each time", aimOne, func(turn int, _ string) string { return "/api/v1/members/" + one.Members[1+turn%(len(one.Members)-1)] }},
		same("an address", aimOne, "/api/v1/accounts/%s", address),
		same("the address's page", aimOne, "/accounts/%s", address),
		same("an operator", aimOne, "/api/v1/operators/%s", operator.Operator),
		same("a pool's income of 30 days", aimOne, "/api/v1/pools/%s/income", id),
		same("pools", aimList, "/api/v1/pools"),
		same("page of pools", aimList, "/pools"),
		same("overview", aimList, "/"),
		same("statistics", aimList, "/api/v1/statistics"),
		same("page of tickets", aimList, "/tickets"),
		same("operators", aimList, "/api/v1/operators"),
		same("page of operators", aimList, "/operators"),
		same("past pools", aimList, "/api/v1/blocks/%d/pools", f.Tip.Height/2),
		same("page of ended pools", aimList, "/pools?show=ended"),
		same("events", aimList, "/api/v1/events?limit=50"),
		same("a pool's events", aimList, "/api/v1/events?limit=50&pool=%s", id),
		same("pledges", aimList, "/api/v1/pledges?limit=50"),
		same("payouts", aimList, "/api/v1/payouts?limit=50"),
		same("credits", aimList, "/api/v1/credits?limit=50"),
		same("a member's payments", aimList, "/api/v1/payments?limit=50&pastelid=%s", member),
	}, nil
}

// getter decodes an answer of the API.
type getter func(path string, into any) error

func (d *process) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// addressIn returns the address of a pool's first pledge.
func addressIn(get getter, id string) (string, error) {
	var list wire.List[wire.Pledge]
	if err := get("/api/v1/pledges?limit=1&pool="+id, &list); err != nil {
		return "", err
	}
	if len(list.Items) == 0 {
		return "", fmt.Errorf("pool %s has no pledges", id)
	}
	return list.Items[0].Address, nil
}

// answered is what was measured of a question.
type answered struct {
	Name  string
	Path  string
	Aim   time.Duration
	First time.Duration // the first time that it was asked
	Bytes int64         // of the longest answer
	latencies

	times []time.Duration
	spent time.Duration
}

// Bounds for questions that take long, so that the others are asked after as many blocks as wanted.
const (
	budget   = 20 * time.Second
	failures = 3
)

func (a *answered) dropped() bool { return a.spent > budget || a.Failed >= failures }

// ask sends blocks and asks all questions after each, one at a time, in random order: what is asked first finds nothing that others have left.
func ask(ctx context.Context, d *process, db *database, blocks int) ([]*answered, stored, error) {
	var storing stored
	list, err := questions(func(path string, into any) error { return d.get(ctx, path, into) }, &db.facts)
	if err != nil {
		return nil, storing, err
	}
	all := make([]*answered, len(list))
	for i, q := range list {
		all[i] = &answered{Name: q.name, Aim: q.aim}
	}
	client := newClient()
	defer client.CloseIdleConnections()
	order := rand.New(rand.NewPCG(1, 2))
	for turn := range blocks {
		s, err := db.next(ctx)
		if err != nil {
			return nil, storing, err
		}
		storing.add(s)
		if err := d.wait(ctx, s.change.Tip.Height, time.Millisecond); err != nil {
			return nil, storing, err
		}
		for _, i := range order.Perm(len(list)) {
			if a := all[i]; !a.dropped() {
				a.ask(ctx, client, d.url, list[i].path(turn, s.paid()))
			}
		}
		if ctx.Err() != nil {
			return nil, storing, ctx.Err()
		}
	}
	for _, a := range all {
		a.latencies = summarize(a.times, a.Failed)
	}
	return all, storing, nil
}

func (a *answered) ask(ctx context.Context, client *http.Client, base, path string) {
	began := time.Now()
	size, err := fetch(ctx, client, base+path)
	took := time.Since(began)
	if a.First == 0 {
		a.First, a.Path = took, path
	}
	a.spent += took
	if err != nil {
		a.Failed++
		return
	}
	a.times, a.Bytes = append(a.times, took), max(a.Bytes, size)
}

// paid returns the pool that a block paid.
func (s *sent) paid() string {
	for _, u := range s.change.Blocks {
		for i := range u.Events {
			if u.Events[i].Type == pool.RewardReceived {
				return string(u.Events[i].Pool)
			}
		}
	}
	return ""
}

// stored is what it took to store blocks.
type stored struct {
	with, without []time.Duration // blocks with settlements and without
	claims        int             // that were settled
}

func (x *stored) add(s sent) {
	claims := 0
	for _, u := range s.change.Blocks {
		for i := range u.Settled {
			claims += len(u.Settled[i].Tx.Outputs)
		}
	}
	x.claims += claims
	if claims > 0 {
		x.with = append(x.with, s.took)
	} else {
		x.without = append(x.without, s.took)
	}
}

// claim returns what a settled claim takes to apply and store, beyond an ordinary block; 0 if nothing was settled.
func (x *stored) claim() time.Duration {
	if x.claims == 0 {
		return 0
	}
	ordinary := summarize(x.without, 0).P50
	var sum time.Duration
	for _, t := range x.with {
		sum += t - ordinary
	}
	return sum / time.Duration(x.claims)
}

// perYear is the number of blocks in a year.
const perYear = 365 * 24 * 3600 / blockTime
