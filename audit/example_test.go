package audit_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"log"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// Compares what a daemon says about a pool with what the rules compute from raw blocks, here from a file; FromNode reads them from a node.
func ExampleRecompute() {
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		log.Fatal(err)
	}
	state, err := pool.New(net, false)
	if err != nil {
		log.Fatal(err)
	}
	recount := audit.NewRecount(state)
	if err := audit.Recompute(state, audit.FromHex(lifeUntil(200)), recount.Watch); err != nil {
		log.Fatal(err)
	}

	var said wire.PoolDetail // the daemon's answer, from client.Client.Pool
	said.ID = string(state.Pools()[0])
	tip := state.Tip()
	said.Tip = wire.Tip{Height: tip.Height, Hash: tip.Hash.String(), Digest: fmt.Sprintf("%x", tip.Digest)}
	found, err := recount.Compare(&said)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range found.Differences {
		if d.Figure == "status" || d.Figure == "pledges" {
			fmt.Println(d)
		}
	}
	// Output:
	// status: the daemon says , raw blocks active
	// pledges: the daemon has 0, raw blocks 3
}

// lifeUntil returns a recorded chain (testdata/life) up to a block, one block in hex per line.
func lifeUntil(h int) *bytes.Buffer {
	blocks, err := chaintest.Read("life")
	if err != nil {
		log.Fatal(err)
	}
	var b bytes.Buffer
	for _, raw := range blocks[:h+1] {
		fmt.Fprintln(&b, hex.EncodeToString(raw))
	}
	return &b
}
