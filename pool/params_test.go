package pool

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestParams retypes the pools' part of the table in protocol 1, so that it notices a changed term.
func TestParams(t *testing.T) {
	for _, tt := range []struct {
		name                                                                        string
		minPledge                                                                   pastel.Amount // PSL
		confirmations, minPeriod, grace, settlement, recovery, idleLimit, payoutFor pastel.Height
	}{
		{"main", 10_000, 15, 576, 576, 576, 576, 5760, 5760},
		{"testnet", 2_000, 1, 10, 50, 50, 50, 5760, 5760},
		{"devnet", 2_000, 1, 10, 50, 50, 50, 5760, 5760},
		{"regtest", 10, 1, 5, 10, 10, 10, 60, 150},
	} {
		p, err := ParamsByName(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != tt.name || p.MinPledge != tt.minPledge*100_000 || p.PledgeConfirmations != tt.confirmations ||
			p.MinSubscription != tt.minPeriod || p.MaxSubscription != 51_840 || p.ActivationGrace != tt.grace ||
			p.SettlementInterval != tt.settlement || p.RecoveryInterval != tt.recovery || p.IdleLimit != tt.idleLimit || p.PayoutExpiry != tt.payoutFor {
			t.Errorf("%s differs: %+v", tt.name, p)
		}
		if p.MinFee != 300 || p.MaxFee != 1500 || p.MinFactor != 10_000 || p.MaxFactor != 30_000 ||
			p.MaxPledges != 500 || p.MinEscrowCoinbase != 100_000 || p.MinEscrow != 10_000_000 || p.MinPayout != 100_000 || p.Dust != 100 ||
			p.MaxCoinbaseOutputs != 16 || p.MaxInputs != 1000 || p.MaxOutputs != 600 {
			t.Errorf("%s differs in what all share: %+v", tt.name, p)
		}
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
	if _, err := ParamsByName("moon"); err == nil || !strings.Contains(err.Error(), "regtest") {
		t.Errorf("unknown network: %v", err)
	}
}

// TestParamsOfEveryNetwork: every network needs a row above.
func TestParamsOfEveryNetwork(t *testing.T) {
	if got := strings.Join(pastel.Networks(), " "); got != "main testnet devnet regtest" {
		t.Errorf("networks are %s: add the new one to TestParams and TestForks", got)
	}
}

// TestParamsRefused has one fault a case.
func TestParamsRefused(t *testing.T) {
	for what, change := range map[string]func(*Params){
		"CoinbaseMaturity is 0":      func(p *Params) { p.CoinbaseMaturity = 0 }, // the chain's constants too
		"PledgeConfirmations is 0":   func(p *Params) { p.PledgeConfirmations = 0 },
		"MinSubscription is 0":       func(p *Params) { p.MinSubscription = 0 },
		"MaxSubscription is 4":       func(p *Params) { p.MaxSubscription = p.MinSubscription - 1 },
		"ActivationGrace is -1":      func(p *Params) { p.ActivationGrace = -1 },
		"SettlementInterval is 0":    func(p *Params) { p.SettlementInterval = 0 },
		"RecoveryInterval is 0":      func(p *Params) { p.RecoveryInterval = 0 },
		"IdleLimit is 16777217":      func(p *Params) { p.IdleLimit = 1<<24 + 1 },
		"PayoutExpiry is 0":          func(p *Params) { p.PayoutExpiry = 0 },
		"an amount is not":           func(p *Params) { p.Dust = 0 },
		"must be whole PSL":          func(p *Params) { p.MinPledge++ },
		"operator fees 1501..1500":   func(p *Params) { p.MinFee = 1501 },
		"factors 9999..30000":        func(p *Params) { p.MinFactor = 9_999 },
		"MaxPledges 0":               func(p *Params) { p.MaxPledges = 0 },
		"MaxCoinbaseOutputs 10001 m": func(p *Params) { p.MaxCoinbaseOutputs = 10_001 },
	} {
		p := simNetwork()
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestFork: a fork begins with the block at its height; one that nobody scheduled never begins.
func TestFork(t *testing.T) {
	if f := ForkAt(7); f.Active(6) || !f.Active(7) || !f.Active(8) || !f.Scheduled() || f.Height() != 7 {
		t.Errorf("a fork at 7: %+v", f)
	}
	if f := (Fork{}); f.Active(0) || f.Active(1<<30) || f.Scheduled() || f.Height() != pastel.Never {
		t.Errorf("a fork that is not scheduled: %+v", f)
	}
	if !ForkAt(0).Active(0) {
		t.Error("a fork at 0 leaves the first block out")
	}
}

// TestForks retypes the height of every fork on every network.
func TestForks(t *testing.T) {
	want := map[string]map[string]pastel.Height{
		"Pools": {"main": -1, "testnet": -1, "devnet": -1, "regtest": 0},
	}
	for _, name := range pastel.Networks() {
		p, err := ParamsByName(name)
		if err != nil {
			t.Fatal(err)
		}
		eachFork(func(fork string, of func(*Forks) *Fork) {
			h, known := want[fork][name]
			if got := of(&p.Forks).Height(); !known {
				t.Errorf("fork %s of %s is not in this table: add its height, which is %d", fork, name, got)
			} else if got != h {
				t.Errorf("fork %s of %s is at %d, want %d", fork, name, got, h)
			}
		})
	}
	eachFork(func(fork string, of func(*Forks) *Fork) {
		for _, h := range []pastel.Height{-1, 1<<24 + 1} {
			p := simNetwork()
			*of(&p.Forks) = ForkAt(h)
			if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "fork "+fork+" is") {
				t.Errorf("fork %s at %d: %v, want it refused: is it in Forks.named?", fork, h, err)
			}
		}
	})
}

// TestForksLeaveHistory: below its height a fork changes neither state bytes nor ledger digests, and a state beyond it opens for no other
// height of the fork. So nodes that are upgraded in time agree with those that always knew the fork.
func TestForksLeaveHistory(t *testing.T) {
	for _, chain := range []string{"life", "dense", "odd"} {
		t.Run(chain, func(t *testing.T) {
			t.Parallel()
			blocks, _ := recorded(t, chain)
			first := firstEvent(t, blocks)
			eachFork(func(fork string, of func(*Forks) *Fork) {
				for _, start := range []pastel.Height{1, first, first + 1, pastel.Height(len(blocks)) - 1} {
					leavesHistory(t, blocks, fork, of, start)
				}
			})
		})
	}
}

// leavesHistory plays a chain with a fork and without it.
func leavesHistory(t *testing.T, blocks []*pastel.Block, fork string, of func(*Forks) *Fork, start pastel.Height) {
	t.Helper()
	at := func(f Fork) Params {
		p := paramsOf("regtest")
		*of(&p.Forks) = f
		return p
	}
	without, with := mustNew(t, at(Fork{})), mustNew(t, at(ForkAt(start)))
	for h, b := range blocks[:start] {
		was := mustApply(t, without, b)
		u, err := with.Apply(Prepare(&with.params, pastel.Height(h), b))
		same := err == nil && u.Digest == was.Digest
		if same && (h%50 == 0 || pastel.Height(h) == start-1) {
			same = bytes.Equal(encodeWithoutStart(without), encodeWithoutStart(with))
		}
		if !same {
			t.Errorf("fork %s at %d changes block %d: does the rule ask params.Forks.%s.Active?", fork, start, h, fork)
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
	header := pastel.BlockHeader{Version: 4, Prev: with.tip.Hash, Time: blocks[start].Header.Time}
	mustApply(t, with, pastel.NewBlock(header, blocks[start].Txs[:1])) // without the transactions, which the new rule may refuse
	stored := with.Encode()
	if _, err := Decode(at(ForkAt(start)), false, stored); err != nil {
		t.Errorf("fork %s at %d: %v", fork, start, err)
	}
	for _, other := range []Fork{{}, ForkAt(start - 1), ForkAt(start + 1)} {
		if _, err := Decode(at(other), false, stored); err == nil {
			t.Errorf("a state with fork %s at %d opens for height %d: does State.codeHeader write it?", fork, start, other.Height())
		}
	}
}

// TestPoolsForkCounts: a ticket counts in a block at the fork's height but not below it.
func TestPoolsForkCounts(t *testing.T) {
	blocks, _ := recorded(t, "life")
	first := firstEvent(t, blocks)
	for start, want := range map[pastel.Height]bool{first: true, first + 1: false} {
		p := paramsOf("regtest")
		p.Forks.Pools = ForkAt(start)
		s := mustNew(t, p)
		var last *Update
		for _, b := range blocks[:first+1] {
			last = mustApply(t, s, b)
		}
		if counts := len(last.Events) > 0; counts != want {
			t.Errorf("the rules hold from %d on: block %d has events %v", start, first, last.Events)
		}
	}
}

// eachFork calls f with each field of Forks.
func eachFork(f func(name string, of func(*Forks) *Fork)) {
	for i, field := range reflect.VisibleFields(reflect.TypeFor[Forks]()) {
		f(field.Name, func(forks *Forks) *Fork { return reflect.ValueOf(forks).Elem().Field(i).Addr().Interface().(*Fork) })
	}
}

// encodeAs encodes a state as if its network had other forks: the header names their heights.
func encodeAs(s *State, forks Forks) []byte {
	was := s.params.Forks
	defer func() { s.params.Forks = was }()
	s.params.Forks = forks
	return s.Encode()
}

// encodeWithoutStart encodes a state without the start of the rules, which the header of every state names, past or not.
func encodeWithoutStart(s *State) []byte {
	forks := s.params.Forks
	forks.Pools = Fork{}
	return encodeAs(s, forks)
}

// firstEvent returns the height of the first block with an event.
func firstEvent(t *testing.T, blocks []*pastel.Block) pastel.Height {
	t.Helper()
	s := mustNew(t, paramsOf("regtest"))
	for h, b := range blocks {
		if u := mustApply(t, s, b); len(u.Events) > 0 {
			return pastel.Height(h)
		}
	}
	t.Fatal("the chain has no event")
	return 0
}

func paramsOf(name string) Params {
	p, err := ParamsByName(name)
	if err != nil {
		panic(err)
	}
	return p
}

func mustNew(t *testing.T, p Params) *State {
	t.Helper()
	s, err := New(p, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustApply(t *testing.T, s *State, b *pastel.Block) *Update {
	t.Helper()
	u, err := s.Apply(Prepare(&s.params, s.tip.Height+1, b))
	if err != nil {
		t.Fatal(err)
	}
	return u
}
