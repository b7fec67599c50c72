package journey

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Funding is what pays for a ticket. The command builds the transaction itself, so that the wallet cannot choose other coins, and the
// person sees them before anything is signed.
type Funding struct {
	fee   pastel.Amount // of the ticket
	coins []pasteld.Unspent
	next  pastel.Height // first block that can hold the transaction, according to the wallet's node
	net   *pastel.Network
}

// String lists the fee and the coins that pay it, for the person.
func (f *Funding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Costs     %s PSL, the ticket's network fee, and a fraction of a PSL for the transaction; the wallet's node posts it\n", f.fee)
	for i, u := range f.coins {
		fmt.Fprintf(&b, "%-10s%s, %s PSL of %s\n", map[bool]string{true: "Paid from"}[i == 0], u.OutPoint, u.Value, u.Address.Encode(f.net))
	}
	b.WriteString("          What is left returns to a new address of the wallet\n")
	return b.String()
}

// Sizes of a transaction, in bytes.
const (
	inputSize = 110 // most that a signature adds to an input
	fixedSize = 200 // of everything but inputs and a ticket's outputs
	maxInputs = 300 // that nodes relay in one transaction
)

// fund chooses the coins that pay a ticket's fee, for a transaction of about so many bytes. None of them backs a pledge, neither by the
// daemon's word nor by what this machine remembers; backs is an output that the ticket itself pledges. Nothing is locked or signed.
func (r *Daemon) fund(ctx context.Context, wallet *pasteld.Client, fee pastel.Amount, size int, backs pastel.OutPoint) (*Funding, error) {
	if err := r.sameTip(ctx, wallet); err != nil {
		return nil, err
	}
	all, err := wallet.Unspent(ctx, 0)
	if err != nil {
		return nil, err
	}
	height, _, err := wallet.Tip(ctx)
	if err != nil {
		return nil, err
	}
	said, err := r.pledged(ctx, all)
	if err != nil {
		return nil, err
	}
	kept := map[pastel.OutPoint]bool{backs: true}
	for _, out := range said {
		kept[out] = true
	}
	for out := range r.remembered() {
		kept[out] = true
	}
	free, held := spendable(all, kept, &r.Params)
	need := func(inputs int) pastel.Amount {
		return fee + r.Params.Dust + pastel.Amount(size+fixedSize+inputs*(inputSize+41))
	}
	if coins := cheapest(free, need, max(r.Params.MinPledge, 5*fee)); coins != nil {
		return &Funding{fee, coins, height + 1, &r.Net}, nil
	}
	var sum pastel.Amount
	for i := range free {
		sum += free[i].Value
	}
	err = fmt.Errorf("the wallet can spend %s PSL, but this costs %s PSL and a fraction more; send it some coins first", sum, fee)
	if held > 0 {
		err = fmt.Errorf("%w. It also has %s PSL that pay for nothing: pledged coins, and the collateral of Supernodes", err, held)
	}
	return nil, fmt.Errorf("%w. Nothing was signed or posted", err)
}

// spendable returns the coins that may pay a fee, and what the others are worth. An output of exactly the collateral may back a Supernode
// alone, so it pays nothing either.
func spendable(all []pasteld.Unspent, kept map[pastel.OutPoint]bool, net *pool.Params) (free []pasteld.Unspent, held pastel.Amount) {
	for _, u := range all {
		switch {
		case kept[u.OutPoint], pool.BacksAlone(u.Value, net):
			held += u.Value
		case u.Spendable && u.Address.Kind == pastel.AddressP2PKH && u.Address != (pastel.Address{}):
			free = append(free, u)
		}
	}
	return free, held
}

// cheapest returns coins that together are worth what need asks for so many: preferably one, the smallest that suffices; nil if all
// together do not. Confirmed coins come first. Of those, coins worth less than large come first, and then mined ones: nobody sends them to
// an address to pledge them there.
func cheapest(coins []pasteld.Unspent, need func(inputs int) pastel.Amount, large pastel.Amount) []pasteld.Unspent {
	rank := func(u *pasteld.Unspent) int {
		switch {
		case u.Value < large:
			return 0
		case u.Generated:
			return 1
		}
		return 2
	}
	young := func(u *pasteld.Unspent) int {
		if u.Confirmations > 0 {
			return 0
		}
		return 1
	}
	coins = slices.Clone(coins)
	slices.SortStableFunc(coins, func(a, b pasteld.Unspent) int {
		return cmp.Or(cmp.Compare(young(&a), young(&b)), cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.Value, b.Value), a.OutPoint.Compare(b.OutPoint))
	})
	if i := slices.IndexFunc(coins, func(u pasteld.Unspent) bool { return u.Value >= need(1) }); i >= 0 {
		return coins[i : i+1]
	}
	slices.SortStableFunc(coins, func(a, b pasteld.Unspent) int { // the fewest
		return cmp.Or(cmp.Compare(young(&a), young(&b)), cmp.Compare(b.Value, a.Value))
	})
	var sum pastel.Amount
	for i := range coins[:min(len(coins), maxInputs)] {
		if sum += coins[i].Value; sum >= need(i+1) {
			return coins[:i+1]
		}
	}
	return nil
}

// fundTicket chooses the coins that pay for a ticket, which is not signed yet. It refuses a ticket of which the node's mempool already
// has the like.
func (r *Daemon) fundTicket(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) (*Funding, error) {
	if err := r.notWaiting(ctx, wallet, t); err != nil {
		return nil, err
	}
	text, err := t.Encode()
	if err != nil {
		return nil, err
	}
	const signatures = 2 * 300 // bytes of base64
	size := (len(text) + signatures) * 4 / 3 * 110 / 100
	var backs pastel.OutPoint
	if t.Part != nil {
		if backs, err = pastel.ParseOutPoint(fmt.Sprintf("%s:%d", t.Part.TxID, t.Part.Vout)); err != nil {
			return nil, err
		}
	}
	return r.fund(ctx, wallet, r.Net.ContractFee, size, backs)
}

// ticketOutputs returns the outputs that carry a signed ticket.
func ticketOutputs(t *ticket.Ticket, net *pastel.Network) ([]pastel.TxOut, error) {
	var key [32]byte // pasteld identifies contract tickets by 32 random bytes
	_, _ = rand.Read(key[:])
	contract, err := ticket.NewContract(t, strings.ToLower(base32.StdEncoding.EncodeToString(key[:])), time.Now().Unix())
	if err != nil {
		return nil, err
	}
	return contract.Outputs(net.ContractFee, true)
}

// spend has the wallet sign the transaction that carries a ticket's outputs, checks that it signed no other one, and broadcasts it. Every
// error but an UnclearError says that nothing was posted.
func (f *Funding) spend(ctx context.Context, wallet *pasteld.Client, outs []pastel.TxOut, dust pastel.Amount) (txid pastel.TxID, err error) {
	change, err := wallet.NewAddress(ctx)
	if err != nil {
		return txid, fmt.Errorf("%w. Nothing was posted", err)
	}
	tx := f.unsigned(outs, change, dust)
	if tx == nil {
		return txid, errors.New("the signed ticket is larger than foreseen, and the coins that you saw do not pay for it; try again. Nothing was posted")
	}
	signed, complete, err := wallet.SignRaw(ctx, tx.Bytes())
	switch {
	case err != nil:
		return txid, fmt.Errorf("%w. Nothing was posted", err)
	case !complete:
		return txid, errors.New("the wallet could not sign for its own coins; unlock it. Nothing was posted")
	case !signs(signed, tx):
		return txid, fmt.Errorf("the node at %s returned another transaction to post than the one it was to sign; check what lies between it and this machine. Nothing was posted",
			wallet.URL())
	}
	txid, err = wallet.SendRaw(ctx, signed)
	return txid, postingError(err)
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
func (f *Funding) unsigned(outs []pastel.TxOut, change pastel.Address, dust pastel.Amount) *pastel.Tx {
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
		return pastel.NewTx(true, ins, all).WithExpiry(f.next + expiry)
	}
	fee := pastel.Amount(len(build(0).Bytes()) + inputSize*len(ins))
	if rest < fee+dust {
		return nil
	}
	return build(rest - fee)
}

// maxWaiting bounds how many of the node's waiting transactions a command reads.
const maxWaiting = 5_000

// eachWaiting decodes the tickets in the node's mempool until is returns true, and returns the transaction of that one.
func (r *Daemon) eachWaiting(ctx context.Context, wallet *pasteld.Client, is func(ticket.Carried) bool) (id pastel.TxID, found bool, err error) {
	waiting, err := wallet.Mempool(ctx)
	if err != nil {
		return id, false, err
	}
	height, _, err := wallet.Tip(ctx)
	if err != nil {
		return id, false, err
	}
	if len(waiting) > maxWaiting {
		r.Person.Warn("Caution: %d transactions wait in the node's mempool. This looked for an earlier one of yours among %d of them only.", len(waiting), maxWaiting)
		waiting = waiting[:maxWaiting]
	}
	for _, id := range waiting {
		raw, err := wallet.RawTx(ctx, id)
		if errors.Is(err, chain.ErrNotFound) { // mined or dropped meanwhile
			continue
		}
		if err != nil {
			return id, false, err
		}
		tx, err := pastel.ParseTx(raw)
		if err == nil && is(ticket.FromTx(tx, &r.Net, height+1, ticket.AnyVersion)) {
			return id, true, nil
		}
	}
	return id, false, nil
}

// notWaiting returns an error if a transaction with a ticket like this one waits in the node's mempool: it would be paid for twice, and the
// second one of a pledge would amend the first.
func (r *Daemon) notWaiting(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) error {
	id, found, err := r.eachWaiting(ctx, wallet, func(c ticket.Carried) bool { return c.Ticket != nil && alike(c.Ticket, t) })
	if err == nil && found {
		err = fmt.Errorf("transaction %s, which waits for a block, already carries such a ticket; wait for its block (smartpool my and smartpool pool status show the outcome). "+
			"Nothing was signed or posted", id)
	}
	return err
}

// alike reports whether two tickets are about the same: the same pledge, the same pool of one operator, or the activation of one pool.
func alike(a, b *ticket.Ticket) bool {
	switch {
	case a.Part != nil && b.Part != nil:
		return a.Part.SmartPoolID == b.Part.SmartPoolID && a.Part.PastelID == b.Part.PastelID && a.Part.TxID == b.Part.TxID && a.Part.Vout == b.Part.Vout
	case a.Init != nil && b.Init != nil:
		return a.Init.OperatorPastelID == b.Init.OperatorPastelID && a.Init.SmartPoolID.Label() == b.Init.SmartPoolID.Label()
	case a.Activate != nil && b.Activate != nil:
		return a.Activate.SmartPoolID == b.Activate.SmartPoolID
	}
	return false
}
