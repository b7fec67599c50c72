package pastel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Never stands for the height of an upgrade that a chain never activates.
const Never Height = -1

// Network holds the constants of one of Pastel's networks (protocol 1); pool.Params holds the pools' own. Heights and intervals
// are in blocks, amounts in patoshi.
type Network struct {
	Name              string  // as statements show it
	PubKeyHashVersion [2]byte // of P2PKH addresses
	ScriptHashVersion [2]byte // of P2SH addresses
	WIFVersion        byte    // of private keys

	SaplingHeight    Height // blocks accept version 4 transactions from here on; or Never
	CoinbaseMaturity Height
	MaxReorg         Height // deeper reorganizations are refused

	Collateral           Amount // of a Supernode
	EarlyRegistrationFee Amount // of a PastelID, up to EarlyRegistration
	EarlyRegistration    Height
	LateRegistrationFee  Amount
	ContractFee          Amount // of a contract ticket
}

// SaplingActive reports whether a block at h accepts version 4 transactions.
func (n *Network) SaplingActive(h Height) bool {
	return n.SaplingHeight != Never && h >= n.SaplingHeight
}

// RegistrationFee returns the cost of registering a PastelID at h.
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

// NetworkByName returns a copy of a network's constants, which the caller may change. Its error lists the names.
func NetworkByName(name string) (Network, error) {
	for _, n := range networks() {
		if n.Name == name {
			return n, nil
		}
	}
	return Network{}, fmt.Errorf("unknown network %q; choose one of %s", name, strings.Join(Networks(), ", "))
}

// maxHeight bounds heights and intervals, so that the sum of two cannot overflow.
const maxHeight = 1 << 24

// CheckBlocks returns an error if a height or a number of blocks is below least or above 2^24; what names the value in the
// error.
func CheckBlocks(what string, v, least Height) error {
	if v < least || v > maxHeight {
		return fmt.Errorf("%s is %d blocks, want %d to %d", what, v, least, maxHeight)
	}
	return nil
}

// Validate returns an error if a constant is out of range.
func (n *Network) Validate() error {
	amounts := []Amount{n.Collateral, n.EarlyRegistrationFee, n.LateRegistrationFee, n.ContractFee}
	switch {
	case slices.ContainsFunc(amounts, func(a Amount) bool { return a <= 0 || a > MaxMoney }):
		return fmt.Errorf("the collateral or a fee is not between 1 patoshi and %s PSL", MaxMoney)
	case n.Collateral%PSL != 0:
		return fmt.Errorf("collateral %s must be whole PSL", n.Collateral)
	}
	return cmp.Or(
		CheckBlocks("SaplingHeight", n.SaplingHeight, Never),
		CheckBlocks("CoinbaseMaturity", n.CoinbaseMaturity, 1),
		CheckBlocks("MaxReorg", n.MaxReorg, 1),
	)
}

func networks() []Network {
	main := Network{
		Name:              "main",
		PubKeyHashVersion: [2]byte{0x0c, 0xe3}, ScriptHashVersion: [2]byte{0x1a, 0xf6}, WIFVersion: 0x80,
		SaplingHeight: 20, CoinbaseMaturity: 100, MaxReorg: 100, Collateral: 5_000_000 * PSL,
		EarlyRegistrationFee: 10 * PSL, EarlyRegistration: 10_000, LateRegistrationFee: 1_000 * PSL, ContractFee: 10 * PSL,
	}

	test := main
	test.Name = "testnet"
	test.PubKeyHashVersion, test.ScriptHashVersion, test.WIFVersion = [2]byte{0x1c, 0xef}, [2]byte{0x1d, 0x37}, 0xef
	test.Collateral = 1_000_000 * PSL

	dev := test
	dev.Name = "devnet"
	dev.PubKeyHashVersion, dev.ScriptHashVersion = [2]byte{0x64, 0x1c}, [2]byte{0x64, 0x09}

	reg := test
	reg.Name = "regtest"
	reg.SaplingHeight, reg.Collateral = 1, 1_000*PSL
	return []Network{main, test, dev, reg}
}
