package pasteld

import (
	"fmt"
	"strings"
	"testing"
)

// A wallet of tens of thousands of outputs is read whole, and an odd entry does not hide the others.
func TestOddWalletIsRead(t *testing.T) {
	t.Parallel()
	entry := func(n int) string {
		return fmt.Sprintf(`{"txid":"%064x","vout":0,"generated":true,"address":"%s","account":"","scriptPubKey":"76a9148273d3b472e6a728cb2172b554f131746a5ca5fe88ac","amount":0.10000,`+
			`"amountPat":10000,"confirmations":5,"spendable":true}`, n, addressB)
	}
	list := make([]string, 30_000)
	for i := range list {
		list[i] = entry(i)
	}
	odd := []string{
		"null", "7", "{}", `{"txid":"x"}`, strings.Replace(entry(1), addressB, "PtVdWD4zm9FVqf1Yzcm4gPKGmCJbEXaGJyj", 1), strings.Replace(entry(1), "0.10000", "-1", 1),
		strings.Replace(entry(1), "0.10000", "21000000000.00001", 1), strings.Replace(entry(1), `"confirmations":5`, `"confirmations":-1`, 1), strings.Replace(entry(1), `"vout":0`, `"vout":-1`, 1),
	}
	for i, s := range odd {
		list[1000+i] = s
	}
	list[2000] = list[1] // twice
	c := always(t, 200, result("["+strings.Join(list, ",")+"]"))
	got, err := c.Unspent(t.Context(), 0)
	if want := 30_000 - len(odd) - 1; err != nil || len(got) != want {
		t.Errorf("%d outputs, %v, want %d", len(got), err, want)
	}
	c = always(t, 200, result("["+strings.Join(odd[:7], ",")+"]"))
	if got, err := c.Unspent(t.Context(), 0); err == nil {
		t.Errorf("a list of which nothing can be read has %d outputs", len(got))
	}
	ids := always(t, 200, result(`[{"pastelid":"old"},{"pastelid":"`+identity+`"}]`))
	if got, err := ids.PastelIDs(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("PastelIDs of which one is odd: %v, %v", got, err)
	}
}
