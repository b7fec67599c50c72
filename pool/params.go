package pool

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Params holds everything in which the rules differ between networks or heights (protocol 1): the chain's constants, the pools' terms
// and the forks. It embeds the constants, because most rules need both: params.Collateral and params.MinPledge read alike, and
// &params.Network goes to code that knows chains but no pools. Periods, intervals and limits in blocks are heights; amounts are in
// patoshi.
//
// Params is large and never changes while a State uses it: constructors copy it, and the rules pass a pointer.
//
// # How to change a rule
//
// The rules of a block's own height judge it, forever. A rule edited in place rewrites history: nodes that judged a block before the
// edit and nodes that judge it afterwards no longer agree. So a change is a fork:
//
//  1. Name it: add a field to Forks and its row to Forks.named. No network schedules it yet, so it is never active.
//  2. Where the rule is decided, ask for the fork at the height of the block being judged: params.Forks.Name.Active(h). Never ask the
//     wall clock or the tip, and never compare heights. The old rule stays in the other branch. If a term changes, replace its
//     field by a method of the height: the compiler then lists every place that uses it. Decide whether a pool that was opened
//     before the fork keeps its terms; if it does, ask for the fork at its InitHeight instead.
//  3. Bind it to the databases: State.codeForks writes the fork's height once the tip has reached it and, when it reads, refuses
//     any other height. A program that was upgraded too late then replays the chain and does not build on blocks that it judged by
//     the old rule. Below the fork State.codeForks writes nothing, so databases of earlier releases open.
//  4. Schedule it: ForkAt(h) in ParamsByName, network by network, in a release well before h.
//  5. Test it: TestForksLeaveHistory demands that state bytes and ledger digests below the fork do not change. Add a scenario with a
//     block on each side of the fork, and add the heights to TestForks.
type Params struct {
	pastel.Network
	Forks Forks

	MinPledge           pastel.Amount // also the minimum value of a coin that can back one
	PledgeConfirmations pastel.Height // of an output before it can be pledged
	MinSubscription     pastel.Height
	MaxSubscription     pastel.Height
	ActivationGrace     pastel.Height // after the subscription period
	SettlementInterval  pastel.Height
	RecoveryInterval    pastel.Height // for one point of reputation to return
	IdleLimit           pastel.Height // without income; after it leaving costs no reputation
	PayoutExpiry        pastel.Height // that a payout stays valid after its first valid block

	MinFee, MaxFee       int64 // operator's, in 0.01 %
	MinFactor, MaxFactor int64 // overcollateralization, in 0.0001

	MaxPledges         int // of a pool, live
	MaxInputs          int // of a payout
	MaxOutputs         int // of a payout, without the change
	MaxCoinbaseOutputs int // of a coinbase to one pool's escrow, that count as income

	MinEscrowCoinbase pastel.Amount // minimum output of a coinbase to an escrow script that counts
	MinEscrow         pastel.Amount // the same for other transactions
	MinPayout         pastel.Amount // minimum claim that a live pool pays
	Dust              pastel.Amount // minimum payment of a payout
}

// Forks holds the changes of the rules by name, oldest first. Params says how to add one.
type Forks struct {
	// Pools activates the rules themselves; its height is the protocol's StartHeight. Before it no ticket counts and nothing guards
	// escrow. Coins and registrations are tracked from the first block on.
	Pools Fork
}

// named lists the forks and their names.
func (f *Forks) named() []namedFork { return []namedFork{{"Pools", f.Pools}} }

type namedFork struct {
	name string
	Fork
}

// Fork is a change of the rules from a block on. The zero value is not scheduled and never becomes active, so a network that does
// not mention a fork does not have it.
type Fork struct {
	height    pastel.Height
	scheduled bool
}

// ForkAt returns a fork whose first block has height h.
func ForkAt(h pastel.Height) Fork { return Fork{h, true} }

// Active reports whether the new rule judges the block at height h.
func (f Fork) Active(h pastel.Height) bool { return f.scheduled && h >= f.height }

// Scheduled reports whether the fork has a height.
func (f Fork) Scheduled() bool { return f.scheduled }

// Height returns the height of the first block that the new rule judges, or pastel.Never.
func (f Fork) Height() pastel.Height {
	if !f.scheduled {
		return pastel.Never
	}
	return f.height
}

// Limits returns the bounds of the numbers in init and participation tickets.
func (p *Params) Limits() ticket.Limits {
	return ticket.Limits{
		MinRequired: int64(p.Collateral / pastel.PSL),
		MinFactor:   p.MinFactor, MaxFactor: p.MaxFactor,
		MinFee: p.MinFee, MaxFee: p.MaxFee,
		MinPeriod: p.MinSubscription, MaxPeriod: p.MaxSubscription,
		MinPledge: int64(p.MinPledge / pastel.PSL),
	}
}

// ParamsByName returns a copy of a network's parameters, which the caller may change. Its error lists the networks.
func ParamsByName(name string) (Params, error) {
	network, err := pastel.NetworkByName(name)
	if err != nil {
		return Params{}, err
	}
	p := Params{ // as on the test networks
		Network:   network,
		MinPledge: 2_000 * pastel.PSL, PledgeConfirmations: 1,
		MinSubscription: 10, MaxSubscription: 51_840,
		ActivationGrace: 50, SettlementInterval: 50, RecoveryInterval: 50, IdleLimit: 5_760, PayoutExpiry: 5_760,
		MinFee: 300, MaxFee: 1_500, MinFactor: 10_000, MaxFactor: 30_000,
		MaxPledges: ticket.MaxPledges, MaxInputs: 1_000, MaxOutputs: 600, MaxCoinbaseOutputs: 16,
		MinEscrowCoinbase: 1 * pastel.PSL, MinEscrow: 100 * pastel.PSL, MinPayout: 1 * pastel.PSL, Dust: 100,
	}
	switch name {
	case "main":
		p.MinPledge, p.PledgeConfirmations = 10_000*pastel.PSL, 15
		p.MinSubscription = 576
		p.ActivationGrace, p.SettlementInterval, p.RecoveryInterval = 576, 576, 576
	case "regtest":
		p.Forks.Pools = ForkAt(0)
		p.MinPledge = 10 * pastel.PSL
		p.MinSubscription = 5
		p.ActivationGrace, p.SettlementInterval, p.RecoveryInterval = 10, 10, 10
		p.IdleLimit, p.PayoutExpiry = 60, 150
	}
	return p, nil
}

// Validate returns an error if a parameter, one of the chain's constants included, is out of the range that the rules support.
func (p *Params) Validate() error {
	if err := p.Network.Validate(); err != nil {
		return err
	}
	for _, f := range p.Forks.named() {
		if f.scheduled {
			if err := pastel.CheckBlocks("the height of fork "+f.name, f.height, 0); err != nil {
				return err
			}
		}
	}
	if err := p.validateBlocks(); err != nil {
		return err
	}
	amounts := []pastel.Amount{p.MinPledge, p.MinEscrowCoinbase, p.MinEscrow, p.MinPayout, p.Dust}
	most := []int{p.MaxPledges, p.MaxInputs, p.MaxOutputs, p.MaxCoinbaseOutputs}
	switch {
	case slices.ContainsFunc(amounts, func(a pastel.Amount) bool { return a <= 0 || a > pastel.MaxMoney }):
		return fmt.Errorf("an amount is not between 1 patoshi and %s PSL", pastel.MaxMoney)
	case p.MinPledge%pastel.PSL != 0:
		return fmt.Errorf("MinPledge %s must be whole PSL", p.MinPledge)
	case p.MinFee < 0 || p.MinFee > p.MaxFee || p.MaxFee > 10_000:
		return fmt.Errorf("operator fees %d..%d are not within 0..10000 (0.01 %%)", p.MinFee, p.MaxFee)
	case p.MinFactor < 10_000 || p.MinFactor > p.MaxFactor || p.MaxFactor > 1_000_000:
		return fmt.Errorf("factors %d..%d are not within 10000..1000000 (0.0001)", p.MinFactor, p.MaxFactor)
	case slices.ContainsFunc(most, func(n int) bool { return n < 1 || n > 10_000 }):
		return fmt.Errorf("MaxPledges %d, MaxInputs %d, MaxOutputs %d and MaxCoinbaseOutputs %d must be within 1..10000",
			p.MaxPledges, p.MaxInputs, p.MaxOutputs, p.MaxCoinbaseOutputs)
	}
	return nil
}

func (p *Params) validateBlocks() error {
	return cmp.Or(
		pastel.CheckBlocks("PledgeConfirmations", p.PledgeConfirmations, 1),
		pastel.CheckBlocks("MinSubscription", p.MinSubscription, 1),
		pastel.CheckBlocks("MaxSubscription", p.MaxSubscription, p.MinSubscription),
		pastel.CheckBlocks("ActivationGrace", p.ActivationGrace, 0),
		pastel.CheckBlocks("SettlementInterval", p.SettlementInterval, 1),
		pastel.CheckBlocks("RecoveryInterval", p.RecoveryInterval, 1),
		pastel.CheckBlocks("IdleLimit", p.IdleLimit, 1),
		pastel.CheckBlocks("PayoutExpiry", p.PayoutExpiry, 1),
	)
}
