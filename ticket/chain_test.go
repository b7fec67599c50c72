package ticket

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// regtest is the network of the recorded chains.
// regtestLimits are the limits of pools on regtest (protocol 1).
var regtestLimits = Limits{MinRequired: 1000, MinFactor: 10_000, MaxFactor: 30_000, MinFee: 300, MaxFee: 1_500, MinPeriod: 5, MaxPeriod: 51_840, MinPledge: 10}

func regtest(t testing.TB) *pastel.Network {
	t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return &net
}

// chainEvent is the part of an event of expected.json that says something about tickets without the rules.
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

// recorded reads testdata/<name> of the repository: life, dense or odd.
func recorded(t testing.TB, name string) *chain {
	t.Helper()
	c := &chain{blocks: chaintest.Parsed(t, name)}
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

// partAccepted counts the events of new pledges and of amendments.
const partAccepted = "pledge.accepted or amended"

// found is what a transaction of a chain carries.
type found struct {
	Carried
	height pastel.Height
	tx     *pastel.Tx
}

func (c *chain) carried(net *pastel.Network) (list []found) {
	for h, b := range c.blocks {
		for i := 1; i < len(b.Txs); i++ {
			x := FromTx(&b.Txs[i], net, pastel.Height(h), 1)
			if x != (Carried{}) {
				list = append(list, found{x, pastel.Height(h), &b.Txs[i]})
			}
		}
	}
	return list
}

// TestRecordedChains finds in each chain exactly the tickets that an independent implementation had events for.
func TestRecordedChains(t *testing.T) {
	net := regtest(t)
	for _, name := range []string{"life", "dense", "odd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := recorded(t, name)
			all := c.carried(net)
			rejected := map[string]Reason{}
			accepted := map[string]int{}
			events := 0
			for _, e := range c.events {
				switch e.Type {
				case "ticket.rejected":
					rejected[e.TxID] = e.Reason
				case "pool.created", "pool.activated":
					accepted[e.Type]++
				case "pledge.accepted", "pledge.amended":
					accepted[partAccepted]++
				default:
					continue
				}
				events++
			}
			tickets, registered := 0, map[string]bool{}
			for _, f := range all {
				if f.Registration != nil {
					if id, ok := f.Registration.Verify(); ok {
						registered[id.String()] = true
					}
					continue
				}
				tickets++
				checkFound(t, net, f, rejected, accepted)
			}
			if tickets != events {
				t.Errorf("%d tickets, want %d", tickets, events)
			}
			for kind, n := range accepted {
				if n != 0 {
					t.Errorf("%d %s events have no ticket", n, kind)
				}
			}
			if len(registered) != len(c.registered) {
				t.Errorf("%d registered, want %d", len(registered), len(c.registered))
			}
			for _, id := range c.registered {
				if !registered[id] {
					t.Errorf("%s is not registered", id)
				}
			}
		})
	}
}

// checkFound compares a ticket with its known outcome.
func checkFound(t *testing.T, net *pastel.Network, f found, rejected map[string]Reason, accepted map[string]int) {
	t.Helper()
	want, bad := rejected[f.tx.ID().String()]
	if f.Rejection != nil {
		if f.Rejection.Reason != want {
			t.Errorf("%s at %d is %v, want %q", f.tx.ID(), f.height, f.Rejection, want)
		}
		return
	}
	if want == ReasonMalformed || want == ReasonBadVersion {
		t.Errorf("%s at %d is well formed, want %q", f.tx.ID(), f.height, want)
	}
	var good bool
	switch f.Ticket.Kind {
	case KindInit:
		good = checkInit(t, net, f, want)
		accepted["pool.created"] -= count(!bad)
	case KindPart:
		p := f.Ticket.Part
		statement := p.PledgeStatement(net.Name)
		who, err := pastelid.Parse(p.PastelID)
		_, noSigner := p.AddressSigner(statement)
		good = err == nil && noSigner == nil && p.VerifyPledge(statement, who)
		accepted[partAccepted] -= count(!bad)
	default:
		good = true // only the state knows the operator
		accepted["pool.activated"] -= count(!bad)
	}
	if !bad && !good {
		t.Errorf("%s at %d was accepted and is wrong", f.tx.ID(), f.height)
	}
	// Only the state knows what is wrong with the owner of an activation or an output.
	if formal := want == ReasonBadPastelID || want == ReasonBadSignature && f.Ticket.Kind == KindInit; formal && good {
		t.Errorf("%s at %d is right, want %q", f.tx.ID(), f.height, want)
	}
	checkCarriedAgain(t, net, f)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// checkInit reports whether an init ticket's numbers, id and signatures are right; want is the reason it was rejected for.
func checkInit(t *testing.T, net *pastel.Network, f found, want Reason) bool {
	t.Helper()
	x := f.Ticket.Init
	_, reason := x.Terms(regtestLimits)
	switch want {
	case ReasonRequiredTooLow, ReasonFactorOutOfRange, ReasonRequiredTooHigh, ReasonFeeOutOfRange, ReasonPeriodOutOfRange, ReasonBadID:
		if reason != want {
			t.Errorf("%s at %d: %q, want %q", f.tx.ID(), f.height, reason, want)
		}
	default:
		if reason != "" {
			t.Errorf("%s at %d: %q, want %q later", f.tx.ID(), f.height, reason, want)
		}
	}
	operator, noOperator := pastelid.Parse(x.OperatorPastelID)
	supernode, noSupernode := pastelid.Parse(x.SupernodePastelID)
	return reason == "" && noOperator == nil && noSupernode == nil && x.VerifyAgreement(net.Name, operator) &&
		x.VerifySmartPool(net.Name, supernode)
}

// checkCarriedAgain: outputs rebuilt from what a transaction carries carry the same; uncompressed ones are identical.
func checkCarriedAgain(t *testing.T, net *pastel.Network, f found) {
	t.Helper()
	compressed := contentOf(f.tx)[0]&compressedFlag != 0
	c, ok := DecodeContract(f.tx, net.ContractFee)
	if !ok {
		t.Fatalf("%s carries no contract ticket", f.tx.ID())
	}
	outs, err := c.Outputs(net.ContractFee, compressed)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := DecodeContract(pastel.NewTx(true, nil, append(outs, change(1))), net.ContractFee)
	if !ok || *got != *c {
		t.Errorf("%s encoded again: %+v", f.tx.ID(), got)
	}
}
