package ticket

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// regtest is the network of the recorded chains.
func regtest(t testing.TB) *pastel.Network {
	t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return &net
}

// chainEvent is an event of expected.json as far as tickets can be told from it without the rules.
type chainEvent struct {
	Height   pastel.Height
	Type     string
	Pool     PoolID
	PastelID string
	TxID     string
	Reason   Reason
}

// chain is a recorded chain and what an independent implementation made of it.
type chain struct {
	blocks     []*pastel.Block
	events     []chainEvent
	registered []string
}

// recorded reads testdata/<name> of the repository: life or dense.
func recorded(t testing.TB, name string) *chain {
	t.Helper()
	c := new(chain)
	for line := range strings.Lines(string(readFile(t, name, "blocks.hex"))) {
		raw, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		b, err := pastel.ParseBlock(raw)
		if err != nil {
			t.Fatal(err)
		}
		c.blocks = append(c.blocks, b)
	}
	var want struct {
		Events     []chainEvent
		Registered []string
	}
	if err := json.Unmarshal(readFile(t, name, "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	c.events, c.registered = want.Events, want.Registered
	return c
}

func readFile(t testing.TB, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "testdata"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// found is what a transaction of a chain carries.
type found struct {
	Carried
	height pastel.Height
	tx     *pastel.Tx
}

func (c *chain) carried(net *pastel.Network) (list []found) {
	for h, b := range c.blocks {
		for i := 1; i < len(b.Txs); i++ {
			x := FromTx(&b.Txs[i], net, pastel.Height(h))
			if x != (Carried{}) {
				list = append(list, found{x, pastel.Height(h), &b.Txs[i]})
			}
		}
	}
	return list
}
