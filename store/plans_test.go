package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// connector makes connections of a driver.
type connector struct {
	engine driver.Driver
	url    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.engine.Open(c.url) }
func (c connector) Driver() driver.Driver                        { return c.engine }

// facts are what the questions below are about.
type facts struct {
	pool     ticket.PoolID
	num      int64
	member   string // PastelID
	reward   string
	owner    string // pledged address
	hash     pastel.KeyHash
	operator string
	fee      string
	escrow   string
	payout   pastel.TxID
	settled  pastel.Height
	amended  store.Event
	output   pastel.OutPoint // of a pledge
}

func gather(t *testing.T, x *store.AlertTx) (f facts) {
	t.Helper()
	pools, err1 := x.Pools(store.PoolFilter{})
	pledges, err2 := x.Pledges(store.PledgeFilter{At: store.Now}, store.Page{Limit: 1})
	payouts, err3 := x.Payouts(store.PayoutFilter{At: store.Now}, store.Page{Limit: 1})
	events, err4 := x.Events(store.EventFilter{Types: []string{string(pool.PledgeAmended)}, To: store.Now}, store.Page{Limit: 1})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	net := regtest(t)
	owner, err := pastel.ParseAddress(&net.Network, pledges[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	return facts{
		hash: owner.Hash,
		pool: pools[0].ID, num: pools[0].Num, member: pledges[0].PastelID, reward: pledges[0].Reward, owner: pledges[0].Address, operator: pools[0].Operator.String(),
		fee: encode(t, pools[0].FeeAddress), escrow: encode(t, pools[0].Escrow), payout: payouts[0].TxID, settled: payouts[0].Settled, amended: events[0], output: pledges[0].Output,
	}
}

// question is a part of the read model or of the alerts. It may walk these tables in the order of its answer, until a page is full.
type question struct {
	name  string
	walks []string
	ask   func(x *store.AlertTx, f *facts) error
}

// none drops an answer.
func none[T any](_ T, err error) error { return err }

var page = store.Page{Limit: 20}

// next is a page after others; its key has so many integers and texts.
func next(integers, texts int) store.Page {
	p := store.Page{Limit: 20, Desc: true}
	for range integers {
		p.After = append(p.After, int64(1)<<40)
	}
	for range texts {
		p.After = append(p.After, "z")
	}
	return p
}

// questions are those of the read model and the alerts, with every filter.
var questions = slices.Concat([]question{
	{"tip", []string{"blocks"}, func(x *store.AlertTx, _ *facts) error { return none(x.Tip()) }},
	{"block", nil, func(x *store.AlertTx, _ *facts) error { return none(x.Block(7)) }},
	{"pool", []string{"records"}, func(x *store.AlertTx, f *facts) error { return none(x.Pool(f.pool)) }},
	{"pool of members", []string{"records"}, func(x *store.AlertTx, f *facts) error { return none(x.PoolOfMembers(f.pool)) }},
	{"last block that concerned a pool", nil, func(x *store.AlertTx, f *facts) error { return none(x.LastConcerned(f.pool)) }},
	{"state for a transaction", []string{"records"}, func(x *store.AlertTx, f *facts) error {
		id, err := pastelid.Parse(f.member)
		reads := pool.Reads{PastelIDs: []pastelid.PastelID{id}, Outputs: []pastel.OutPoint{f.output}, Statements: [][32]byte{{}}, Pools: []ticket.PoolID{f.pool}}
		return errors.Join(err, none(x.StateFor(reads)))
	}},
	{"outputs of an address", nil, func(x *store.AlertTx, f *facts) error {
		after := store.Page{Limit: 20, Desc: true, After: store.CoinPlace(pastel.PSL, f.output)}
		return errors.Join(none(x.CoinsOf(f.hash, store.Page{Limit: 20, Desc: true})), none(x.CoinsOf(f.hash, after)), none(x.Backing(f.hash)))
	}},
	{"concerned", nil, func(x *store.AlertTx, _ *facts) error {
		_, _, err := x.Concerned(0, 100)
		return err
	}},
	{"standing", nil, func(x *store.AlertTx, f *facts) error {
		id, err := pastelid.Parse(f.member)
		return errors.Join(err, none(x.Standing(id, 1)))
	}},
	{"outputs", nil, func(x *store.AlertTx, f *facts) error { return none(x.Outputs(f.pool, f.settled)) }},
	{"rewards", nil, func(x *store.AlertTx, f *facts) error { return none(x.Rewards(f.member)) }},
	{"shared with", nil, func(x *store.AlertTx, f *facts) error { return none(x.SharedWith(f.member, 5)) }},
	{"spans", nil, func(x *store.AlertTx, f *facts) error { return none(x.Spans(f.num, 100, 300, 10)) }},
	{"sums", nil, func(x *store.AlertTx, f *facts) error { return none(x.Sums([]int64{f.num}, 200)) }},
	{"sums of the network", []string{"network_sums"}, func(x *store.AlertTx, _ *facts) error { return none(x.NetworkSums(200)) }},
	{"network", nil, func(x *store.AlertTx, _ *facts) error { return none(x.Network()) }},
	{"times", nil, func(x *store.AlertTx, _ *facts) error { return none(x.Times([]pastel.Height{7, 9})) }},
	{"operator", nil, func(x *store.AlertTx, f *facts) error { return none(x.Operator(f.operator)) }},
	{"pools of operators", nil, func(x *store.AlertTx, f *facts) error { return none(x.PoolsOfOperators([]int64{1}, 20)) }},
	{"pool of claims", []string{"records"}, func(x *store.AlertTx, f *facts) error { return none(x.PoolOfClaims(f.pool)) }},
	{"pools with claims", nil, func(x *store.AlertTx, f *facts) error { return none(x.WithClaims([]ticket.PoolID{f.pool})) }},
	{"amendment", nil, func(x *store.AlertTx, f *facts) error { _, _, err := x.Amendment(&f.amended); return err }},
	{"ordinal", nil, func(x *store.AlertTx, f *facts) error { return none(x.Ordinal(&f.amended)) }},
	{"had a pledge", nil, func(x *store.AlertTx, f *facts) error { return none(x.HadPledge(f.pool, f.member, 9)) }},
	{"pledged in", nil, func(x *store.AlertTx, f *facts) error { return none(x.PledgedIn(f.member)) }},
	{"pays to", nil, func(x *store.AlertTx, f *facts) error { return none(x.PaysTo(f.pool, f.settled, f.member)) }},
	{"last pools", nil, func(x *store.AlertTx, f *facts) error { return none(x.LastPools(f.member, 20)) }},
	{"first given up", nil, func(x *store.AlertTx, _ *facts) error { _, _, err := x.FirstGivenUp("mine"); return err }},
	{"pools concerned", nil, func(x *store.AlertTx, _ *facts) error { return none(x.PoolsConcerned(3499)) }},
	{"last move", nil, func(x *store.AlertTx, f *facts) error { return none(x.LastMove(f.pool, 1, pool.PledgeMoved, 5)) }},
	{"fork", nil, func(x *store.AlertTx, _ *facts) error { _, _, err := x.Fork(store.AlertCursor{Height: 9}); return err }},
	{"lost alerts", []string{"alerts"}, func(x *store.AlertTx, _ *facts) error { return none(x.LostAlerts(9)) }},
	{"standing alerts", nil, func(x *store.AlertTx, _ *facts) error { return none(x.StandingAlerts("cushion.low")) }},
	{"endings", nil, func(x *store.AlertTx, _ *facts) error { return none(x.Endings("mine", "cause")) }},
	{"alert of a cause", nil, func(x *store.AlertTx, _ *facts) error { _, _, err := x.AlertOf("mine", "cause"); return err }},
	{"waiting", nil, func(x *store.AlertTx, _ *facts) error { return none(x.Waiting(time.Unix(9, 0), time.Unix(9, 0))) }},
	{"next alert", nil, func(x *store.AlertTx, _ *facts) error {
		_, _, err := x.NextAlert(store.Lane{Subscription: "mine"}, time.Unix(9, 0), time.Unix(9, 0), true)
		return err
	}},
}, poolQuestions(), eventQuestions(), pledgeQuestions(), claimQuestions(), payoutQuestions())

func poolQuestions() (list []question) {
	for name, of := range map[string]func(*facts) store.PoolFilter{
		"by id": func(f *facts) store.PoolFilter { return store.PoolFilter{ID: f.pool} },
		"by status": func(*facts) store.PoolFilter {
			return store.PoolFilter{Status: []pool.Status{pool.Active, pool.Closed}}
		},
		"by operator":    func(f *facts) store.PoolFilter { return store.PoolFilter{Operator: f.operator} },
		"by fee address": func(f *facts) store.PoolFilter { return store.PoolFilter{FeeAddress: f.fee} },
		"by escrow":      func(f *facts) store.PoolFilter { return store.PoolFilter{Escrow: f.escrow} },
	} {
		list = append(list, question{"pools " + name, nil, func(x *store.AlertTx, f *facts) error { return none(x.Pools(of(f))) }})
	}
	for _, order := range []store.PoolOrder{store.ByOpened, store.ByCounted, store.ByMembers, store.ByRoom, store.ByFee} {
		keys := 2
		if order == store.ByOpened {
			keys = 1
		}
		list = append(list, question{"list of pools by " + string(order), []string{"pools", "p", shelf}, func(x *store.AlertTx, _ *facts) error {
			return errors.Join(none(x.ListPools(store.PoolList{Order: order}, page)), none(x.ListPools(store.PoolList{Order: order}, next(keys, 0))),
				none(x.ListPools(store.PoolList{Order: order, OpenAt: 9}, page)))
		}}, question{"list of an operator's pools by " + string(order), []string{sorted}, func(x *store.AlertTx, f *facts) error {
			of := store.PoolList{Order: order, Operator: f.operator}
			some := store.PoolList{Order: order, Operator: f.operator, OpenAt: 9, Status: []pool.Status{pool.Subscribing, pool.Active}}
			return errors.Join(none(x.ListPools(of, page)), none(x.ListPools(of, next(keys, 0))), none(x.ListPools(some, page)))
		}})
	}
	for order, keys := range map[store.OperatorOrder]int{store.OperatorsByCounted: 2, store.OperatorsBySince: 1, store.OperatorsByRewards: 2} {
		list = append(list, question{"operators by " + string(order), []string{"o"}, func(x *store.AlertTx, _ *facts) error {
			return errors.Join(none(x.Operators(order, page)), none(x.Operators(order, next(keys, 0))))
		}})
	}
	for name, of := range map[string]func(*facts) store.PoolFilter{
		"by operator":    func(f *facts) store.PoolFilter { return store.PoolFilter{Operator: f.operator} },
		"by fee address": func(f *facts) store.PoolFilter { return store.PoolFilter{FeeAddress: f.fee} },
	} {
		list = append(list, question{"newest pools " + name, []string{sorted}, func(x *store.AlertTx, f *facts) error {
			return errors.Join(none(x.NewestPools(of(f), true, 5)), none(x.NewestPools(of(f), false, 5)), none(x.CountPools(of(f))))
		}})
	}
	list = append(list, question{"pools by the start of their id", nil, func(x *store.AlertTx, _ *facts) error { return none(x.PoolsFrom("large", 5)) }})
	list = append(list, question{"newest names", []string{"p"}, func(x *store.AlertTx, _ *facts) error { return none(x.NewestNames(5)) }})
	return append(list, question{"pools before", []string{"p"}, func(x *store.AlertTx, _ *facts) error {
		return errors.Join(none(x.PoolsAt(200, page)), none(x.PoolsAt(200, next(1, 0))))
	}})
}

func eventQuestions() (list []question) {
	for name, of := range map[string]func(*facts) store.EventFilter{
		"by pool":     func(f *facts) store.EventFilter { return store.EventFilter{Pool: f.pool, To: store.Now} },
		"by PastelID": func(f *facts) store.EventFilter { return store.EventFilter{PastelID: f.member, To: store.Now} },
		"by type": func(*facts) store.EventFilter {
			return store.EventFilter{Types: []string{"pledge.left"}, To: store.Now}
		},
		"by pool and types": func(f *facts) store.EventFilter {
			return store.EventFilter{Pool: f.pool, Types: []string{"pledge.left", "pool.closed"}, To: store.Now}
		},
		"by height":           func(*facts) store.EventFilter { return store.EventFilter{From: 100, To: 120} },
		"by pool and heights": func(f *facts) store.EventFilter { return store.EventFilter{Pool: f.pool, From: 100, To: 120} },
	} {
		list = append(list, question{"events " + name, nil, func(x *store.AlertTx, f *facts) error {
			return errors.Join(none(x.Events(of(f), page)), none(x.Events(of(f), next(2, 0))))
		}})
	}
	return append(list, question{"events", []string{"events"}, func(x *store.AlertTx, _ *facts) error {
		return errors.Join(none(x.Events(store.EventFilter{To: store.Now}, page)), none(x.Events(store.EventFilter{To: store.Now}, next(2, 0))))
	}})
}

func pledgeQuestions() (list []question) {
	for name, of := range map[string]func(*facts) store.PledgeFilter{
		"by pool": func(f *facts) store.PledgeFilter { return store.PledgeFilter{Pool: f.pool, At: store.Now} },
		"by PastelID": func(f *facts) store.PledgeFilter {
			return store.PledgeFilter{PastelID: f.member, Live: true, At: store.Now}
		},
		"by address":   func(f *facts) store.PledgeFilter { return store.PledgeFilter{Address: f.owner, At: store.Now} },
		"by reward":    func(f *facts) store.PledgeFilter { return store.PledgeFilter{Reward: f.reward, At: 200} },
		"by ever paid": func(f *facts) store.PledgeFilter { return store.PledgeFilter{EverPaid: f.reward, At: store.Now} },
	} {
		list = append(list, question{"pledges " + name, nil, func(x *store.AlertTx, f *facts) error {
			return errors.Join(none(x.Pledges(of(f), page)), none(x.Pledges(of(f), next(1, 0))))
		}})
	}
	list = append(list, question{"pledges before", nil, func(x *store.AlertTx, _ *facts) error { // none of those that joined later is read
		return errors.Join(none(x.Pledges(store.PledgeFilter{At: 200}, page)), none(x.Pledges(store.PledgeFilter{At: 200, Live: true}, next(1, 0))))
	}})
	return append(list, question{"pledges", []string{"p"}, func(x *store.AlertTx, _ *facts) error {
		return none(x.Pledges(store.PledgeFilter{At: store.Now}, page))
	}})
}

func claimQuestions() (list []question) {
	for name, of := range map[string]func(*facts) store.CreditFilter{
		"by pool":     func(f *facts) store.CreditFilter { return store.CreditFilter{Pool: f.pool, At: store.Now} },
		"by PastelID": func(f *facts) store.CreditFilter { return store.CreditFilter{PastelID: f.member, At: store.Now} },
		"by address":  func(f *facts) store.CreditFilter { return store.CreditFilter{Address: f.reward, At: 300} },
		"by pool and PastelID": func(f *facts) store.CreditFilter {
			return store.CreditFilter{Pool: f.pool, PastelID: f.member, At: store.Now}
		},
	} {
		list = append(list, question{"credits " + name, nil, func(x *store.AlertTx, f *facts) error {
			return errors.Join(none(x.Credits(of(f), page)), none(x.Credits(of(f), next(2, 0))), none(x.Credited(of(f))))
		}})
	}
	for name, of := range map[string]func(*facts) store.PaymentFilter{
		"by PastelID": func(f *facts) store.PaymentFilter { return store.PaymentFilter{PastelID: f.member} },
		"by address": func(f *facts) store.PaymentFilter {
			return store.PaymentFilter{Address: f.reward, Status: store.PayoutPaid}
		},
	} {
		list = append(list, question{"payments " + name, nil, func(x *store.AlertTx, f *facts) error {
			return errors.Join(none(x.Payments(of(f), page)), none(x.Payments(of(f), next(1, 2))), none(x.PaymentsByPayout(of(f), page)),
				none(x.PaymentsByPayout(of(f), next(1, 1))), none(x.PaymentSum(of(f))))
		}})
	}
	return append(list, question{"credits", []string{"c"}, func(x *store.AlertTx, _ *facts) error {
		return errors.Join(none(x.Credits(store.CreditFilter{At: store.Now}, page)), none(x.Credits(store.CreditFilter{At: store.Now}, next(2, 0))))
	}})
}

func payoutQuestions() (list []question) {
	for name, of := range map[string]func(*facts) store.PayoutFilter{
		"by txid": func(f *facts) store.PayoutFilter { return store.PayoutFilter{TxID: f.payout, At: store.Now} },
		"by pool": func(f *facts) store.PayoutFilter { return store.PayoutFilter{Pool: f.pool, At: store.Now} },
		"by pool, cancelled": func(f *facts) store.PayoutFilter {
			return store.PayoutFilter{Pool: f.pool, Status: store.PayoutCancelled, At: 300}
		},
		"by address":     func(f *facts) store.PayoutFilter { return store.PayoutFilter{Address: f.reward, At: store.Now} },
		"pending before": func(*facts) store.PayoutFilter { return store.PayoutFilter{Status: store.PayoutPending, At: 300} },
	} {
		list = append(list, question{"payouts " + name, nil, func(x *store.AlertTx, f *facts) error {
			return errors.Join(none(x.Payouts(of(f), page)), none(x.Payouts(of(f), next(1, 1))))
		}})
	}
	for name, status := range map[string]string{"": "", ", pending": store.PayoutPending, ", paid": store.PayoutPaid, ", cancelled": store.PayoutCancelled} {
		// PostgreSQL sorts the cancelled ones as long as they are few.
		list = append(list, question{"payouts" + name, []string{"p", sorted}[:1+len(status)/len(store.PayoutCancelled)], func(x *store.AlertTx, _ *facts) error {
			f := store.PayoutFilter{Status: status, At: store.Now}
			return errors.Join(none(x.Payouts(f, page)), none(x.Payouts(f, next(1, 1))))
		}})
	}
	return list
}

// short are tables of which nobody minds that all is read: they have one row, or a few for each subscription or unmined
// transaction, or a day's budget of them.
var short = []string{"posted_tickets", "member_requests", "member_subscriptions", "subscriptions", "deliveries", "alert_cursor", "mempool_spends", "mempool_looked", "writer", "network", "history"}

// many adds 8,000 pools and the history of 40 of them with 250 members: PostgreSQL plans by what tables contain.
var many = []string{
	"INSERT INTO names (id, text, height) SELECT 1000 + n, 'name ' || n, 300 FROM generate_series(1, 20000) AS n",
	`INSERT INTO pools (num, id, status, company, operator, supernode, fee_address, escrow, required, target, factor, fee, period, opened, opened_tx,
		counted, offered, shelf, skeleton) SELECT 100 + n, 'pool ' || n, 'status ' || n % 10, '', 1000 + n, 1000 + n, 11000 + n, 11000 + n, 0, 0, 0, 0, 0, 300, '', n, 0, 2 + n % 4, n
		FROM generate_series(1, 8000) AS n`,
	"INSERT INTO pledges (seq, pool, pastelid, address, joined) SELECT 1000 + n, 101 + n / 250 * 197, 1000 + n, 11000 + n, 300 FROM generate_series(1, 9999) AS n",
	`INSERT INTO pledge_tickets (pledge, height, position, reward, offered, ticket, output_txid, output_vout)
		SELECT 1000 + n, 300, n, 11000 + n, 1, sha256(''), sha256(''), 0 FROM generate_series(1, 9999) AS n`,
	"INSERT INTO blocks (height, hash, time, digest) SELECT 1000 + n, sha256(''), n, sha256('') FROM generate_series(0, 3999) AS n",
	`INSERT INTO claims (height, position, pool, pastelid, address, output, credited, paid)
		SELECT 1000 + n / 250, n % 250, 101 + n / 250 % 40 * 197, 1000 + n % 10000, 11000 + n % 10000, n % 250, 5, 5 FROM generate_series(0, 99999) AS n`,
	"INSERT INTO earnings (pool, height, first, last) SELECT 101 + n % 40 * 197, 1000 + n, 0, 249 FROM generate_series(0, 399) AS n",
	`INSERT INTO payouts (pool, settled, txid, change, total, outputs, paid, inputs)
		SELECT 101 + n % 40 * 197, 1000 + n, decode(lpad(to_hex(n), 64, '0'), 'hex'), 0, 1250, 250, CASE WHEN n < 380 THEN 1010 + n END, '' FROM generate_series(0, 399) AS n`,
	`INSERT INTO events (height, position, type, pool, json)
		SELECT 1000 + n, 0, CASE n % 10 WHEN 0 THEN 'payout.settled' ELSE 'reward.received' END, 101 + n % 40 * 197, '{}' FROM generate_series(0, 3999) AS n`,
	`INSERT INTO alerts (id, seq, subscription, cause, kind, height, lost, standing, text, json, state, created, attempts, next_try)
		SELECT n, n, 'his', n, 'pledge.left', n, 0, 0, '', '', 'sent', 0, 1, 0 FROM generate_series(10, 3000) AS n`,
	`INSERT INTO pool_sums (pool, height, status, coins, coin_blocks, active_blocks, income, rewards, last_paid, gap, forfeits, lost, paid, mined, prompt,
		cancelled, shortages, leavers) SELECT 101 + n % 2000, 1000 + n / 40, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM generate_series(0, 99999) AS n`,
	"INSERT INTO network_sums (height, active, active_blocks, income, paid) SELECT 1000 + n, 0, 0, 0, 0 FROM generate_series(0, 3999) AS n",
	`INSERT INTO operators (operator, first_pool, subscribing, active, replenishing, dissolved, expired, closed, ended_short, ended_unused, counted, income,
		rewards, gap, lost, paid, mined, prompt, cancelled, shortages, leavers)
		SELECT 1000 + n, 100 + n, 0, 1, 0, 0, 0, 0, 0, 0, n, 0, n, 0, 0, 0, 0, 0, 0, 0, 0 FROM generate_series(1, 2000) AS n`,
	`INSERT INTO records (kind, key, value) SELECT 3, sha256(n::text::bytea) || '\x00000000',
		decode(lpad(to_hex(n), 8, '0'), 'hex') || '\x0000000000000000' || substr(sha256((n % 1000)::text::bytea), 1, 20) || '\x0000000000000000' FROM generate_series(1, 20000) AS n`,
	"ANALYZE",
}

// TestQueriesUseIndexes reads the plan of every query of the read model and the alerts on both engines. None may read a whole table, except
// in the order of its answer until a page is full.
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		l.step(t, -1, recorded(t, "life"))
		d := raw(t, url)
		a := alerts(t, l)
		err := a.Do(ctx, func(x *store.AlertTx) error {
			return errors.Join(x.SetCursor(store.AlertCursor{Height: 9}), x.AddAlert(&store.Alert{ID: "A", Subscription: "mine", Cause: "c", Kind: "k"}))
		})
		if err != nil {
			t.Fatal(err)
		}
		type asked struct {
			query string
			args  []any
		}
		var heard []asked
		err = a.Record(connector{d.Driver(), url}, func(query string, args []driver.NamedValue) {
			values := make([]any, len(args))
			for i := range args {
				values[i] = args[i].Value
			}
			heard = append(heard, asked{query, values})
		})
		if err != nil {
			t.Fatal(err)
		}
		var f facts
		if err := a.View(ctx, func(x *store.AlertTx) error { f = gather(t, x); return nil }); err != nil {
			t.Fatal(err)
		}
		of := make(map[string][]asked)
		for _, q := range questions {
			heard = nil
			if err := a.View(ctx, func(x *store.AlertTx) error { return q.ask(x, &f) }); err != nil {
				t.Errorf("%s: %v", q.name, err)
			}
			of[q.name] = slices.DeleteFunc(heard, func(h asked) bool { return !strings.Contains(h.query, "SELECT") })
		}
		conn, err := d.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		plan := planSQLite
		if store.IsPostgres(url) {
			plan = planPostgres
			for _, statement := range append(many, "SET enable_seqscan = off") {
				if _, err := conn.ExecContext(ctx, statement); err != nil {
					t.Fatalf("%v: %s", err, statement)
				}
			}
		}
		for _, q := range questions {
			if len(of[q.name]) == 0 {
				t.Errorf("%s: no query was seen", q.name)
			}
			for _, h := range of[q.name] {
				for _, table := range plan(t, conn, h.query, h.args) {
					if !slices.Contains(q.walks, table) && !slices.Contains(short, table) {
						t.Errorf("%s: all of %s is read: %s", q.name, table, h.query)
					}
				}
			}
		}
		if !store.IsPostgres(url) {
			return
		}
		// One address with the fees of all pools makes it read all claims for no other.
		exec(t, d, "UPDATE pools SET fee_address = 11000")
		exec(t, d, "ANALYZE pools")
		for _, q := range questions {
			for _, h := range of[q.name] {
				for _, table := range plan(t, conn, h.query, h.args) {
					if (table == "c" || table == "claims") && !slices.Contains(q.walks, table) {
						t.Errorf("%s: all claims are read: %s", q.name, h.query)
					}
				}
			}
		}
	})
}

// subqueries are the names of those that the read model reads from.
var subqueries = []string{"places", "outputs", "page", "ends", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "CONSTANT"}

var (
	sqliteScan = regexp.MustCompile(`^SCAN (\w+)`)
	sqlitePart = regexp.MustCompile(`^(CO-ROUTINE|MATERIALIZE) s\d+$`) // of a list of pools, one status
)

// What else a plan may tell, as the name of a table.
const (
	shelf    = "a shelf"        // the pools of a status
	sorted   = "a sorted table" // all that is found is sorted before the page is cut off
	repeated = "a list"         // made again for each row
)

// planSQLite returns the tables that a query reads from one end.
func planSQLite(t *testing.T, conn *sql.Conn, query string, args []any) (tables []string) {
	t.Helper()
	list, err := conn.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer list.Close()
	parts := map[int]bool{}
	for list.Next() {
		var id, parent, unused int
		var detail string
		if err := list.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		parts[id] = sqlitePart.MatchString(detail)
		switch {
		case strings.Contains(detail, "records USING PRIMARY KEY (kind=?)"):
			tables = append(tables, "records") // all of a kind
		case strings.HasPrefix(detail, "CORRELATED LIST SUBQUERY"):
			tables = append(tables, repeated)
		case strings.Contains(detail, "(shelf=?"):
			tables = append(tables, shelf)
		case detail == "USE TEMP B-TREE FOR ORDER BY" && (parts[parent] || parent == 0 && len(tables) > 0 && !slices.Contains(tables, shelf)):
			tables = append(tables, sorted)
		}
		// The rows of a subquery are as many as the subquery found.
		if m := sqliteScan.FindStringSubmatch(detail); m != nil && !slices.Contains(subqueries, m[1]) {
			tables = append(tables, m[1])
		}
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}

// node is a part of PostgreSQL's plan.
type node struct {
	Type   string `json:"Node Type"`
	Table  string `json:"Relation Name"`
	Alias  string
	Cond   string `json:"Index Cond"`
	Filter string
	Index  string `json:"Index Name"`
	Plans  []node
}

// planPostgres is planSQLite for PostgreSQL.
func planPostgres(t *testing.T, conn *sql.Conn, query string, args []any) (tables []string) {
	t.Helper()
	var text []byte
	if err := conn.QueryRowContext(context.Background(), "EXPLAIN (FORMAT JSON) "+query, args...).Scan(&text); err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) != 1 {
		t.Fatal(err, len(plans))
	}
	var walk func(n *node)
	walk = func(n *node) {
		partial := slices.Contains([]string{"payouts_pending", "payouts_by_paid", "payouts_by_cancelled", "events_by_pledge"}, n.Index)
		if n.Type == "Seq Scan" || strings.HasPrefix(n.Type, "Index") && n.Cond == "" && !partial {
			name := numbered.ReplaceAllString(n.Alias, "")
			if slices.Contains(short, n.Table) {
				name = n.Table
			}
			tables = append(tables, name)
		}
		if n.Index == "records_pkey" && !strings.Contains(n.Cond, "key") {
			tables = append(tables, "records") // all of a kind
		}
		for i := range n.Plans {
			walk(&n.Plans[i])
		}
		if n.Type == "Sort" && n.sortsMany() {
			tables = append(tables, sorted)
		}
	}
	walk(&plans[0].Plan)
	return tables
}

// sortsMany reports whether a sort takes in a table from one end, or the pools of a status. What a page cuts off is not much.
func (n *node) sortsMany() bool {
	for i := range n.Plans {
		x := &n.Plans[i]
		whole := x.Type == "Seq Scan" || strings.HasPrefix(x.Type, "Index") && x.Cond == "" || strings.Contains(x.Cond, "(shelf =")
		if whole && !slices.Contains(short, x.Table) || x.Type != "Limit" && x.sortsMany() {
			return true
		}
	}
	return false
}

// numbered is what PostgreSQL appends to the name of a table that a query names several times.
var numbered = regexp.MustCompile(`_\d+$`)

var named = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)

// statements returns those in the folder of queries, by name, with their arguments as $1, $2 and so on.
func statements(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir("queries")
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile("queries/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		names := named.FindAllStringSubmatchIndex(string(text), -1)
		for i, at := range names {
			end := len(text)
			if i+1 < len(names) {
				end = names[i+1][0]
			}
			statement := strings.TrimRight(strings.TrimSpace(string(text[at[1]:end])), ";")
			next := arguments(statement)
			list[string(text[at[2]:at[3]])] = regexp.MustCompile(`sqlc\.arg\((\w+)\)`).ReplaceAllStringFunc(statement, func(string) string {
				next++
				return fmt.Sprintf("$%d", next)
			})
		}
	}
	if len(list) < 60 {
		t.Fatalf("only %d statements were found", len(list))
	}
	return list
}

// arguments returns how many arguments a statement has.
func arguments(statement string) (most int) {
	for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(statement, -1) {
		n, _ := strconv.Atoi(m[1])
		most = max(most, n)
	}
	return most
}

// TestStatementsUseIndexes reads the plans of every statement in the folder of queries.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	walks := []string{
		"CountBlocks blocks", // that none is missing, once at the start
		"LastBlock blocks", "LastNetworkSums network_sums", "LostAlerts alerts",
		"DeletePoolsAbove p", "DeleteNamesAbove n", // down to the last one that stays
		"ListSubscriptions " + sorted, "ListPosted " + sorted,
		// Of PostgreSQL's plan for any height: it costs more than one for the last blocks, so that PostgreSQL makes one of those each time.
		"OutputsAbove n", "OutputsAbove " + sorted, "DeletePledgesAbove pledges",
	}
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		l.step(t, -1, recorded(t, "life"))
		conn, err := raw(t, url).Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		plan := func(statement string) []string {
			return planSQLite(t, conn, statement, slices.Repeat([]any{1}, arguments(statement)))
		}
		if store.IsPostgres(url) {
			for _, statement := range append(slices.Clone(many), "SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan") {
				if _, err := conn.ExecContext(ctx, statement); err != nil {
					t.Fatalf("%v: %s", err, statement)
				}
			}
			plan = func(statement string) []string {
				if _, err := conn.ExecContext(ctx, "PREPARE one AS "+statement); err != nil {
					t.Fatalf("%v: %s", err, statement)
				}
				call := "EXECUTE one"
				if n := arguments(statement); n > 0 {
					call += "(NULL" + strings.Repeat(", NULL", n-1) + ")"
				}
				tables := planPostgres(t, conn, call, nil)
				if _, err := conn.ExecContext(ctx, "DEALLOCATE one"); err != nil {
					t.Fatal(err)
				}
				return tables
			}
		}
		for name, statement := range statements(t) {
			if strings.HasPrefix(name, "Empty") {
				continue
			}
			for _, table := range plan(statement) {
				if walk := fmt.Sprint(name, " ", table); !slices.Contains(walks, walk) && !slices.Contains(short, table) {
					t.Errorf("%s: all of %s is read", name, table)
				}
			}
		}
	})
}
