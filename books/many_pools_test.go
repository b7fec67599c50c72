package books_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/wire"
)

// openManyPools adds closed pools to an SQLite database: 5,000 of a model's operator, with names and fees of their own, and 1,000 of
// another one, whose names look like one of those.
const (
	ownPools   = 5_000
	alikePools = 1_000
)

func openManyPools(t *testing.T, file string, model int) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	columns := `supernode, fee_address, escrow, required, target, factor, period, opened_tx, activated, activation_tx, deadline, ended,
		counted, offered, low, broken, members, standby, plain, room, escrowed, pending`
	for _, text := range []string{
		`WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d)
			INSERT INTO pools (num, id, status, shelf, opened, operator, company, skeleton, fee, claimed, ` + columns + `)
			SELECT 10000 + i, 'extra' || i, 'closed', 12, 330, operator, 'name ' || i, 'name ' || i, i %% 3000, 0, ` + columns + `
			FROM n, (SELECT * FROM pools WHERE num = %[3]d) AS model`,
		`WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d)
			INSERT INTO pools (num, id, status, shelf, opened, operator, company, skeleton, fee, claimed, ` + columns + `)
			SELECT 20000 + i, 'alike' || i, 'closed', 12, 330, (SELECT max(p.operator) FROM pools p WHERE p.operator <> model.operator), 'Name 7', 'name 7', 300, 0, ` + columns + `
			FROM n, (SELECT * FROM pools WHERE num = %[3]d) AS model`,
		"UPDATE operators SET closed = closed + %[1]d WHERE operator = (SELECT operator FROM pools WHERE num = %[3]d)",
	} {
		if _, err := db.Exec(fmt.Sprintf(text+" -- %[1]d %[2]d %[3]d", ownPools, alikePools, model)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// However many pools an operator opens, its record and its account show a bounded part of them, the newest, with their number; the list of
// pools has all.
func TestOperatorOfManyPools(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ledger.db")
	x := openOn(t, "dense", 330, file)
	pools := x.pools(t, wire.PoolQuery{})
	model := slices.IndexFunc(pools, func(p wire.Pool) bool { return p.Status == "active" })
	first := pools[model]
	before := x.operator(t, first.Operator)
	own, err := x.Member(t.Context(), first.Operator)
	if err != nil {
		t.Fatal(err)
	}
	if before.Alike || before.Opened != len(before.IDs) || own.Operated != before.Opened || !slices.Equal(own.Operates, before.IDs) {
		t.Fatalf("before: %+v, %+v", before, own)
	}
	openManyPools(t, file, model+1)
	x.Books = books.New(x.reader) // no block brought the openManyPools, so that what was kept would serve on
	all := before.Opened + ownPools

	o := x.operator(t, first.Operator)
	newest := []string{"extra4981", "extra5000"}
	if o.Opened != all || len(o.IDs) != 20 || len(o.Companies) != 20 || len(o.Fees) != 20 || !slices.Equal([]string{o.IDs[0], o.IDs[19]}, newest) {
		t.Errorf("%d pools, of which it names %q with %q and %q", o.Opened, o.IDs, o.Companies, o.Fees)
	}
	if !o.Alike {
		t.Error("the record does not say that a thousand pools of another operator use one of its older names")
	}
	list, _, _, err := x.Operators(t.Context(), wire.OperatorQuery{})
	if i := slices.IndexFunc(list, func(o wire.Operator) bool { return o.PastelID == first.Operator }); err != nil || i < 0 || !slices.Equal(list[i].IDs, o.IDs) {
		t.Errorf("in the list: %d, %v", i, err)
	}

	account, err := x.Member(t.Context(), first.Operator)
	if err != nil {
		t.Fatal(err)
	}
	if account.Operated != all || len(account.Operates) != 100 || account.Operates[0] != before.IDs[0] || account.Operates[99] != newest[1] {
		t.Errorf("%d pools, of which the account names %q", account.Operated, account.Operates)
	}
	if account.Accrued != own.Accrued || account.Claimed != own.Claimed || account.Accrued == 0 {
		t.Errorf("the account is owed %d and %d, was %d and %d", account.Accrued, account.Claimed, own.Accrued, own.Claimed)
	}
	fees, err := x.Address(t.Context(), x.feeAddress(t, first.ID))
	if err != nil || fees.Operated <= ownPools || len(fees.Operates) != 100 {
		t.Errorf("%d pools pay the address, of which it names %d, %v", fees.Operated, len(fees.Operates), err)
	}

	for name, status := range map[string][]string{"all": nil, "closed": {"closed"}} {
		q := wire.PoolQuery{Operator: first.Operator, Status: status, Sorted: wire.Sorted{Limit: 1_000}}
		got := gathered(t, func(cursor string) ([]wire.Pool, wire.Tip, string, error) {
			q.Cursor = cursor
			return x.Pools(t.Context(), q)
		})
		want := map[string]int{"all": all, "closed": before.Pools["closed"] + ownPools}[name]
		if len(got) != want {
			t.Errorf("%s: the list has %d pools, want %d", name, len(got), want)
		}
	}
}

// feeAddress returns the address that a pool pays its operator at.
func (x *library) feeAddress(t *testing.T, id string) string {
	t.Helper()
	p, err := x.Pool(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.FeeAddress
}
