package pasteld

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// odd keeps what a client reports of its lists.
type odd struct {
	calls   []string
	entries int
}

func (o *odd) report(call string, entries int, first error) {
	o.calls = append(o.calls, call)
	o.entries += entries
	if (entries > 0) != (first != nil) {
		panic("a reason without entries, or entries without a reason")
	}
}

// An entry of the list of Supernodes that cannot be read hides no other, and its own Supernode is unread instead of absent.
func TestOneBadItemInTheListOfSupernodes(t *testing.T) {
	t.Parallel()
	other := strings.Repeat("ab", 32)
	good := `"` + payment + `-4294967295":"ENABLED 170012 ` + addressB + ` 1 1 1 1 127.0.0.1:1"`
	mine := func(line string) string { return `"` + other + `-4294967295":` + line }
	fine := `"ENABLED 170012 ` + addressB + ` 1 1 1 1 127.0.0.1:1"`
	for name, x := range map[string]struct {
		line                   string
		odd                    int
		unread, hidden, listed bool
	}{
		"fine":                             {mine(fine), 0, false, false, true},
		"no text":                          {mine("7"), 1, true, false, false},
		"null":                             {mine("null"), 1, true, false, false},
		"an object":                        {mine(`{"a":[1,{"b":null}]}`), 1, true, false, false},
		"empty":                            {mine(`""`), 1, true, false, false},
		"too few fields":                   {mine(`"ENABLED 170012"`), 1, true, false, false},
		"too many fields":                  {mine(strings.Replace(fine, "1 1", "1 1 1 1", 1)), 1, true, false, false},
		"a status of another form":         {mine(strings.Replace(fine, "ENABLED", "Enabled!", 1)), 1, true, false, false},
		"a payee of another network":       {mine(strings.Replace(fine, addressB, "PtVdWD4zm9FVqf1Yzcm4gPKGmCJbEXaGJyj", 1)), 0, false, false, true},
		"no payee":                         {mine(strings.Replace(fine, addressB, "?", 1)), 0, false, false, true},
		"a bad address":                    {mine(strings.Replace(fine, "127.0.0.1:1", `\u202e`, 1)), 0, false, false, true},
		"huge numbers":                     {mine(strings.Replace(fine, "1 1 1", "999999999999999999999999999999 -1 1e400", 1)), 0, false, false, true},
		"twice the same":                   {mine(fine) + "," + mine(fine), 0, false, false, true},
		"twice, and they differ":           {mine(fine) + "," + mine(strings.Replace(fine, "ENABLED", "EXPIRED", 1)), 1, true, false, false},
		"twice, one of them odd":           {mine("7") + "," + mine(fine), 1, true, false, false},
		"an index that is none":            {`"` + other + `-x":` + fine, 1, true, false, false},
		"an index that is too big":         {`"` + other + `-4294967296":` + fine, 1, true, false, false},
		"no index":                         {`"` + other + `":` + fine, 1, true, false, false},
		"a name that is none":              {`"\u001b[2J":` + fine, 1, false, true, false},
		"an empty name":                    {`"":7`, 1, false, true, false},
		"a transaction that is no such":    {`"` + other[1:] + `-0":` + fine, 1, false, true, false},
		"a transaction in capital letters": {`"` + strings.ToUpper(other) + `-4294967295":` + fine, 1, false, true, false},
	} {
		var seen odd
		c := always(t, 200, result("{"+x.line+","+good+"}"))
		c.odd = seen.report
		list, err := c.WholeMasternodes(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := map[pastel.TxID]bool{}
		for _, m := range list.Listed {
			found[m.OutPoint.TxID] = true
		}
		tx := txOf(t, other)
		if !found[txOf(t, payment)] || list.Odd != x.odd || list.Unread[tx] != x.unread || list.Hidden != x.hidden || found[tx] != x.listed || seen.entries != x.odd {
			t.Errorf("%s: %+v, %d reported", name, list, seen.entries)
		}
		// Whatever is wrong with the entry, nobody is told that the Supernode is gone.
		listing := &chain.Listing{Whole: true, Listed: map[pastel.OutPoint]chain.Listed{}, Unread: list.Unread, Hidden: list.Hidden}
		for _, m := range list.Listed {
			listing.Listed[m.OutPoint] = chain.Listed{Status: m.Status, Payee: m.Payee, Address: m.Address}
		}
		if got := chain.JudgeSupernode(pool.Active, tx, addressOf(t, addressB), listing); got == chain.SupernodeMissing || got == chain.SupernodeElsewhere {
			t.Errorf("%s: the Supernode is %s", name, got)
		}
	}
}

// One odd entry makes no list useless, and is reported.
func TestOneBadItemInOtherLists(t *testing.T) {
	t.Parallel()
	z64 := strings.Repeat("0", 64)
	coin := func(vout int) string {
		return `{"txid":"` + z64 + `","vout":` + strconv.Itoa(vout) + `,"address":"` + addressB + `","scriptPubKey":"51","amount":1.5,"confirmations":3,"spendable":true}`
	}
	for _, bad := range []string{
		"null", "7", "{}", "[]", `"x"`, strings.Replace(coin(7), "1.5", "1e99", 1), strings.Replace(coin(7), "1.5", "-1", 1), strings.Replace(coin(7), "7", "-7", 1),
		strings.Replace(coin(7), addressB, "PtVdWD4zm9FVqf1Yzcm4gPKGmCJbEXaGJyj", 1), strings.Replace(coin(7), `"51"`, `"5"`, 1),
	} {
		var seen odd
		c := always(t, 200, result("["+coin(0)+","+bad+","+coin(1)+"]"))
		c.odd = seen.report
		outs := must[[]Unspent](t)(c.Unspent(t.Context(), 0))
		if len(outs) != 2 || outs[0].OutPoint.Vout != 0 || outs[1].OutPoint.Vout != 1 || seen.entries != 1 {
			t.Errorf("%s: %+v, %d reported", bad, outs, seen.entries)
		}
	}
	for _, bad := range []string{"null", "7", "{}", `"zz"`, `"` + z64 + `0"`} {
		var seen odd
		c := always(t, 200, result(`["`+payment+`",`+bad+`]`))
		c.odd = seen.report
		ids, n, err := c.WholeMempool(t.Context())
		if err != nil || len(ids) != 1 || ids[0] != txOf(t, payment) || n != 1 || seen.entries != 1 {
			t.Errorf("%s: %v, %d, %v", bad, ids, n, err)
		}
		c = always(t, 200, result(`[`+bad+`,{"txid":"`+z64+`","vout":3}]`))
		outs := must[[]pastel.OutPoint](t)(c.LockedUnspent(t.Context()))
		if len(outs) != 1 || outs[0].Vout != 3 {
			t.Errorf("%s: locked are %v", bad, outs)
		}
	}
}
