package pool_test

import (
	"fmt"
	"log"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Apply takes a block and returns what happened, with the record that takes the block back.
func ExampleState_Apply() {
	params, err := pool.ParamsByName("regtest")
	if err != nil {
		log.Fatal(err)
	}
	blocks, err := chaintest.Parse("life") // recorded from real nodes
	if err != nil {
		log.Fatal(err)
	}
	state, err := pool.New(params, false)
	if err != nil {
		log.Fatal(err)
	}
	for h, block := range blocks[:130] {
		update, err := state.Apply(pool.Prepare(&params, pastel.Height(h), block))
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range update.Events {
			if e.Type != pool.TicketRejected {
				fmt.Println("block", e.Height, e.Type, e.Coins)
			}
		}
	}
	// Output:
	// block 123 pool.created 0
	// block 125 pledge.accepted 500
	// block 126 pledge.accepted 400
}
