package ticket_test

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/ticket"
)

// Decode reads a ticket that anyone may have posted, or refuses it with a reason.
func ExampleDecode() {
	t, err := ticket.Decode([]byte(`{"ticket": {"type": "smartpool_activate", "version": 1,
		"smart_pool_id": "atlas.0ef86d1beb2786972d70952d5bfbf64fd1d64e38",
		"participants": [{"pastel_id": "jXb", "address": "tPb"}], "operator_signature": ""}}`))
	fmt.Println(t.Kind, t.Activate.SmartPoolID, len(t.Activate.Participants), err)

	_, err = ticket.Decode([]byte(`{"ticket": {"type": "smartpool_activate", "version": 1, "version": 2}}`))
	var rejection *ticket.Rejection
	fmt.Println(errors.As(err, &rejection), err)
	// Output:
	// smartpool_activate atlas.0ef86d1beb2786972d70952d5bfbf64fd1d64e38 1 <nil>
	// true malformed: field /ticket/version occurs twice
}
