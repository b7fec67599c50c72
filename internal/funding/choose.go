package funding

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Sizes of a transaction, in bytes.
const (
	inputSize = 110 // most that a signature adds to an input
	fixedSize = 200 // of everything but inputs and a ticket's outputs
	maxInputs = 300 // that nodes relay in one transaction
)

// RegistrationSize is the size of a registration's outputs, or more, in bytes.
const RegistrationSize = 1_000

// TicketSize returns about how many bytes the outputs take that carry a ticket, which need not be signed yet.
func TicketSize(t *ticket.Ticket) (int, error) {
	text, err := t.Encode()
	const signatures = 2 * 300 // bytes of base64
	return (len(text) + signatures) * 4 / 3 * 110 / 100, err
}

// PoorError says that a wallet cannot pay for a ticket.
type PoorError struct {
	Free, Held, Fee pastel.Amount // what it can spend; its coins that pay for nothing; the ticket's network fee
}

// Error says what the wallet lacks.
func (e *PoorError) Error() string {
	text := fmt.Sprintf("the wallet can spend %s PSL, but this costs %s PSL and a fraction more; send it some coins first", e.Free, e.Fee)
	if e.Held > 0 {
		text += fmt.Sprintf(". It also has %s PSL that pay for nothing: pledged coins, and the collateral of Supernodes", e.Held)
	}
	return text + ". Nothing was signed or posted"
}

// Choose chooses the coins that pay a ticket's fee, for outputs of about so many bytes. kept returns those of the wallet's outputs that must
// stay, such as those that back pledges. Nothing is locked or signed. It returns a *PoorError if the wallet has too little.
func Choose(
	ctx context.Context, wallet *pasteld.Client, net *pool.Params, fee pastel.Amount, size int,
	kept func(context.Context, []pasteld.Unspent) (map[pastel.OutPoint]bool, error),
) (*Funding, error) {
	all, err := wallet.Unspent(ctx, 0)
	if err != nil {
		return nil, err
	}
	height, _, err := wallet.Tip(ctx)
	if err != nil {
		return nil, err
	}
	stay, err := kept(ctx, all)
	if err != nil {
		return nil, err
	}
	free, held := spendable(all, stay, net)
	need := func(inputs int) pastel.Amount {
		return fee + net.Dust + pastel.Amount(size+fixedSize+inputs*(inputSize+41))
	}
	if coins := cheapest(free, need, max(net.MinPledge, 5*fee)); coins != nil {
		return &Funding{fee, coins, height + 1, net}, nil
	}
	poor := &PoorError{Held: held, Fee: fee}
	for i := range free {
		poor.Free += free[i].Value
	}
	return nil, poor
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
