package funding

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Funding is what pays for a ticket: chosen coins of a wallet, which are neither locked nor signed for yet. The program builds the
// transaction itself, so that the wallet cannot choose other coins.
type Funding struct {
	fee   pastel.Amount // of the ticket
	coins []pasteld.Unspent
	next  pastel.Height // first block that can hold the transaction, according to the wallet's node
	net   *pool.Params
}

// Fee returns the ticket's network fee.
func (f *Funding) Fee() pastel.Amount { return f.fee }

// String lists the fee and the coins that pay it, for the person.
func (f *Funding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Costs     %s PSL, the ticket's network fee, and a fraction of a PSL for the transaction; the wallet's node posts it\n", f.fee)
	for i, u := range f.coins {
		fmt.Fprintf(&b, "%-10s%s, %s PSL of %s\n", map[bool]string{true: "Paid from"}[i == 0], u.OutPoint, u.Value, u.Address.Encode(&f.net.Network))
	}
	b.WriteString("          What is left returns to a new address of the wallet\n")
	return b.String()
}

// Expiry is how many blocks after the next one a transaction expires, as those of pasteld's wallet do.
const Expiry = 20

// UnclearError says that a transaction may have been posted: the node's answer was lost.
type UnclearError struct{ Err error }

// Error says what to check before trying again.
func (e UnclearError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e UnclearError) Unwrap() error { return e.Err }

// ErrUnsigned says that the wallet could not sign for its own coins.
var ErrUnsigned = errors.New("the wallet could not sign for its own coins; unlock it")

// Signed is a transaction that carries a ticket, ready to be sent.
type Signed struct {
	Raw     []byte
	TxID    pastel.TxID
	Cost    pastel.Amount // what it takes from the wallet: the ticket's fee and the transaction's
	Expires pastel.Height // last block that can hold it; before Sapling, any can, and this is as long as to wait
}

// TicketOutputs returns the outputs that carry a signed ticket.
func TicketOutputs(t *ticket.Ticket, net *pastel.Network) ([]pastel.TxOut, error) {
	var key [32]byte // pasteld identifies contract tickets by 32 random bytes
	_, _ = rand.Read(key[:])
	contract, err := ticket.NewContract(t, strings.ToLower(base32.StdEncoding.EncodeToString(key[:])), time.Now().Unix())
	if err != nil {
		return nil, err
	}
	return contract.Outputs(net.ContractFee, true)
}

// Sign has the wallet sign the transaction that carries a ticket's outputs, and checks that it signed no other one. Every error says that
// nothing was posted.
func (f *Funding) Sign(ctx context.Context, wallet *pasteld.Client, outs []pastel.TxOut) (s Signed, err error) {
	change, err := wallet.NewAddress(ctx)
	if err != nil {
		return s, fmt.Errorf("%w. Nothing was posted", err)
	}
	tx := f.unsigned(outs, change)
	if tx == nil {
		return s, errors.New("the signed ticket is larger than foreseen, and the coins that you saw do not pay for it; try again. Nothing was posted")
	}
	signed, complete, err := wallet.SignRaw(ctx, tx.Bytes())
	switch {
	case err != nil:
		return s, fmt.Errorf("%w. Nothing was posted", err)
	case !complete:
		return s, fmt.Errorf("%w. Nothing was posted", ErrUnsigned)
	case !signs(signed, tx):
		return s, fmt.Errorf("the node at %s returned another transaction to post than the one it was to sign; "+
			"check what lies between it and this machine. Nothing was posted", wallet.URL())
	}
	s = Signed{Raw: signed, TxID: pastel.TxID(pastel.DoubleSHA256(signed)), Expires: f.next + Expiry}
	for _, u := range f.coins {
		s.Cost += u.Value
	}
	s.Cost -= tx.Outputs[len(tx.Outputs)-1].Value
	return s, nil
}

// Send broadcasts a signed transaction. An UnclearError says that it may have been posted; every other error that it was not.
func Send(ctx context.Context, wallet *pasteld.Client, s *Signed) error {
	_, err := wallet.SendRaw(ctx, s.Raw)
	var refused *pasteld.RPCError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return fmt.Errorf("the node refused it: %w. Nothing was posted", err)
	}
	return UnclearError{Err: fmt.Errorf("it may have been posted all the same (%w); before you try again, "+
		"check that neither smartpool rpc getrawmempool nor the next block has it", err)}
}

// signs reports whether raw is a transaction with signatures added, and nothing else changed.
func signs(raw []byte, unsigned *pastel.Tx) bool {
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return false
	}
	ins := slices.Clone(tx.Inputs)
	for i := range ins {
		if len(ins[i].ScriptSig) == 0 {
			return false
		}
		ins[i].ScriptSig = nil
	}
	sapling := tx.Version >= 4
	return string(pastel.NewTimedTx(sapling, ins, tx.Outputs, tx.LockTime, pastel.Height(tx.ExpiryHeight)).Bytes()) == string(unsigned.Bytes())
}

// unsigned spends the coins to pay outs and a network fee of one patoshi per byte; nil if the coins do not suffice. The change is the last
// output: a ticket's fee is what all but the last output pay (protocol 2).
func (f *Funding) unsigned(outs []pastel.TxOut, change pastel.Address) *pastel.Tx {
	var rest pastel.Amount
	ins := make([]pastel.TxIn, len(f.coins))
	for i, u := range f.coins {
		ins[i] = pastel.TxIn{PrevOut: u.OutPoint, Sequence: 0xffffffff}
		rest += u.Value
	}
	for _, o := range outs {
		rest -= o.Value
	}
	build := func(left pastel.Amount) *pastel.Tx {
		all := append(slices.Clone(outs), pastel.TxOut{Value: left, Script: change.Script()})
		if f.next < f.net.SaplingHeight {
			return pastel.NewTx(false, ins, all)
		}
		return pastel.NewTx(true, ins, all).WithExpiry(f.next + Expiry)
	}
	fee := pastel.Amount(len(build(0).Bytes()) + inputSize*len(ins))
	if rest < fee+f.net.Dust {
		return nil
	}
	return build(rest - fee)
}
