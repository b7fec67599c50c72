package pastel

import (
	"fmt"
	"slices"
	"strings"
)

// NotSet is the StartHeight of a network that does not enforce the rules.
const NotSet Height = -1

// Never is the SaplingHeight of a chain that never activates Sapling.
const Never Height = -1

// MaxPledges is the most live pledges of a pool, and the most participants that an activation lists, on every network.
const MaxPledges = 500

// Network holds the parameters of one network (protocol 1). Heights and intervals are in blocks, amounts in patoshi.
type Network struct {
	Name              string  // as statements show it
	PubKeyHashVersion [2]byte // of P2PKH addresses
	ScriptHashVersion [2]byte // of P2SH addresses
	WIFVersion        byte    // of private keys

	StartHeight   Height // the rules hold from here, or NotSet
	SaplingHeight Height // version 4 transactions are mined from here, or Never

	Collateral          Amount // of a Supernode
	MinPledge           Amount // also the least value of a coin that can back one
	PledgeConfirmations Height // of an output before it can be pledged
	MinSubscription     Height
	MaxSubscription     Height
	ActivationGrace     Height // after the subscription period
	SettlementInterval  Height
	RecoveryInterval    Height // in which a point of reputation returns
	IdleLimit           Height // without income, after which leaving costs no reputation
	PayoutExpiry        Height // blocks after its first that a payout stays valid
	CoinbaseMaturity    Height
	MaxReorg            Height // deeper reorganizations are refused

	MinFee, MaxFee       int64 // operator's, in 0.01 %
	MinFactor, MaxFactor int64 // overcollateralization, in 0.0001

	MaxPledges         int // of a pool, live
	MaxInputs          int // of a payout
	MaxOutputs         int // of a payout, without the change
	MaxCoinbaseOutputs int // of a coinbase to one pool's escrow that count as income

	MinEscrowCoinbase Amount // least output to an escrow script that counts, in a coinbase
	MinEscrow         Amount // the same elsewhere
	MinPayout         Amount // least claim that is paid by a live pool
	Dust              Amount // least payment of a payout

	EarlyRegistrationFee Amount // of a PastelID, up to EarlyRegistration
	EarlyRegistration    Height
	LateRegistrationFee  Amount
	ContractFee          Amount // of a contract ticket
}

// SaplingActive reports whether version 4 transactions are mined at h.
func (n *Network) SaplingActive(h Height) bool {
	return n.SaplingHeight != Never && h >= n.SaplingHeight
}

// RegistrationFee is what registering a PastelID costs at h.
func (n *Network) RegistrationFee(h Height) Amount {
	if h <= n.EarlyRegistration {
		return n.EarlyRegistrationFee
	}
	return n.LateRegistrationFee
}

// Networks returns the names that NetworkByName knows.
func Networks() []string {
	var names []string
	for _, n := range networks() {
		names = append(names, n.Name)
	}
	return names
}

// NetworkByName returns the parameters of a network; the copy is the caller's to change.
func NetworkByName(name string) (Network, error) {
	for _, n := range networks() {
		if n.Name == name {
			return n, nil
		}
	}
	return Network{}, fmt.Errorf("network %q is not known, choose one of %s", name, strings.Join(Networks(), ", "))
}

// Validate refuses parameters that the rules cannot work with.
func (n *Network) Validate() error {
	least := func(what string, v, least Height) error {
		if v < least || v > 1<<24 {
			return fmt.Errorf("%s is %d blocks, want %d to %d", what, v, least, 1<<24)
		}
		return nil
	}
	for _, err := range []error{
		least("StartHeight", n.StartHeight, NotSet), least("SaplingHeight", n.SaplingHeight, Never),
		least("PledgeConfirmations", n.PledgeConfirmations, 1), least("MinSubscription", n.MinSubscription, 1),
		least("MaxSubscription", n.MaxSubscription, n.MinSubscription), least("ActivationGrace", n.ActivationGrace, 0),
		least("SettlementInterval", n.SettlementInterval, 1), least("RecoveryInterval", n.RecoveryInterval, 1),
		least("IdleLimit", n.IdleLimit, 1), least("PayoutExpiry", n.PayoutExpiry, 1),
		least("CoinbaseMaturity", n.CoinbaseMaturity, 1), least("MaxReorg", n.MaxReorg, 1),
	} {
		if err != nil {
			return err
		}
	}
	amounts := []Amount{
		n.Collateral, n.MinPledge, n.MinEscrowCoinbase, n.MinEscrow, n.MinPayout, n.Dust,
		n.EarlyRegistrationFee, n.LateRegistrationFee, n.ContractFee,
	}
	switch {
	case slices.ContainsFunc(amounts, func(a Amount) bool { return a <= 0 || a > MaxMoney }):
		return fmt.Errorf("an amount is not between 1 patoshi and %s PSL", MaxMoney)
	case n.Collateral%PSL != 0 || n.MinPledge%PSL != 0:
		return fmt.Errorf("collateral %s and least pledge %s must be whole PSL", n.Collateral, n.MinPledge)
	case n.MinFee < 0 || n.MinFee > n.MaxFee || n.MaxFee > 10_000:
		return fmt.Errorf("operator fees %d..%d are not within 0..10000 (0.01 %%)", n.MinFee, n.MaxFee)
	case n.MinFactor < 10_000 || n.MinFactor > n.MaxFactor || n.MaxFactor > 1_000_000:
		return fmt.Errorf("factors %d..%d are not within 10000..1000000 (0.0001)", n.MinFactor, n.MaxFactor)
	case slices.ContainsFunc([]int{n.MaxPledges, n.MaxInputs, n.MaxOutputs, n.MaxCoinbaseOutputs}, func(most int) bool { return most < 1 || most > 10_000 }):
		return fmt.Errorf("MaxPledges %d, MaxInputs %d, MaxOutputs %d and MaxCoinbaseOutputs %d must be within 1..10000",
			n.MaxPledges, n.MaxInputs, n.MaxOutputs, n.MaxCoinbaseOutputs)
	}
	return nil
}

// common is what all networks share.
func common() Network {
	return Network{
		StartHeight: NotSet, SaplingHeight: 20,
		MaxSubscription: 51_840, CoinbaseMaturity: 100, MaxReorg: 100,
		IdleLimit: 5_760, PayoutExpiry: 5_760,
		MinFee: 300, MaxFee: 1_500, MinFactor: 10_000, MaxFactor: 30_000,
		MaxPledges: MaxPledges, MaxInputs: 1_000, MaxOutputs: 600, MaxCoinbaseOutputs: 16,
		MinEscrowCoinbase: 1 * PSL, MinEscrow: 100 * PSL, MinPayout: 1 * PSL, Dust: 100,
		EarlyRegistrationFee: 10 * PSL, EarlyRegistration: 10_000, LateRegistrationFee: 1_000 * PSL, ContractFee: 10 * PSL,
	}
}

func networks() []Network {
	main := common()
	main.Name = "main"
	main.PubKeyHashVersion, main.ScriptHashVersion, main.WIFVersion = [2]byte{0x0c, 0xe3}, [2]byte{0x1a, 0xf6}, 0x80
	main.Collateral, main.MinPledge, main.PledgeConfirmations = 5_000_000*PSL, 10_000*PSL, 15
	main.MinSubscription = 576
	main.ActivationGrace, main.SettlementInterval, main.RecoveryInterval = 576, 576, 576

	test := common()
	test.Name = "testnet"
	test.PubKeyHashVersion, test.ScriptHashVersion, test.WIFVersion = [2]byte{0x1c, 0xef}, [2]byte{0x1d, 0x37}, 0xef
	test.Collateral, test.MinPledge, test.PledgeConfirmations = 1_000_000*PSL, 2_000*PSL, 1
	test.MinSubscription = 10
	test.ActivationGrace, test.SettlementInterval, test.RecoveryInterval = 50, 50, 50

	dev := test
	dev.Name = "devnet"
	dev.PubKeyHashVersion, dev.ScriptHashVersion = [2]byte{0x64, 0x1c}, [2]byte{0x64, 0x09}

	reg := test
	reg.Name = "regtest"
	reg.StartHeight, reg.SaplingHeight = 0, 1
	reg.Collateral, reg.MinPledge = 1_000*PSL, 10*PSL
	reg.MinSubscription = 5
	reg.ActivationGrace, reg.SettlementInterval, reg.RecoveryInterval = 10, 10, 10
	reg.IdleLimit, reg.PayoutExpiry = 60, 150
	return []Network{main, test, dev, reg}
}
