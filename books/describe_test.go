package books

import (
	"testing"

	"github.com/pastelnetwork/smartpool/store"
)

// An amendment that leaves the reward address alone does not speak of it, and a pool that owes nothing does not say that something stays.
func TestDescribeLeavesOut(t *testing.T) {
	t.Parallel()
	const address = "tPeBRDMv5HnEVpcSheSB85aFCPw55XZ9bfW"
	for json, want := range map[string]string{
		`{"type":"pledge.amended","pastelid":"alice","coins":500,"offered":520}`: "alice amended the pledge: it offers 520 PSL, of which 500 PSL counted before.",
		`{"type":"pool.closed","amount":0}`:                                      "The pool was closed: everything is paid.",
	} {
		e, err := event(&store.Event{JSON: []byte(json)}, payees{address, address})
		if err != nil || e.Text != want {
			t.Errorf("%s: %q, %v, want %q", json, e.Text, err, want)
		}
	}
}
