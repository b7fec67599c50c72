package poster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Post posts a signed pledge or amendment, given as its JSON, for a client, unless it was posted before. It refuses with a *Refusal. The
// checks go from cheap to dear.
func (s *Service) Post(ctx context.Context, who netip.Addr, text []byte) (wire.Posted, error) {
	out, err := s.pledge(ctx, who, text)
	if err != nil {
		return out, s.refused(err, who)
	}
	return out, nil
}

func (s *Service) pledge(ctx context.Context, who netip.Addr, text []byte) (out wire.Posted, err error) {
	t, x, err := s.readable(ctx, text)
	if err != nil {
		return out, err
	}
	release, err := s.take(ctx)
	if err != nil {
		return out, err
	}
	defer release()
	tip, stale := s.tip(ctx)
	same := s.all(func(y *store.Posted) bool { return y.Hash == x.Hash })
	if n := len(same); n > 0 && (stale != nil || same[n-1].Expires > tip) {
		return again(&same[n-1]), nil
	}
	err = cmp.Or(s.client(who),
		s.often(perAddress, "address", func(y *store.Posted) bool { return !y.Registers && y.Owner == x.Owner }),
		s.often(perPastelID, "PastelID", func(y *store.Posted) bool { return y.PastelID == x.PastelID }),
		stale)
	if err != nil {
		return out, err
	}
	check, err := s.cfg.Books.CheckTicket(ctx, text, s.cfg.Simulator)
	switch {
	case err != nil:
		return out, s.unread(err)
	case !check.Accepted && len(same) > 0: // a block holds it, or it can never be accepted again
		return again(&same[len(same)-1]), nil
	case !check.Accepted:
		return out, &Refusal{Kind: Rejected, Detail: "the next block would reject the ticket: " + check.Text}
	}
	if err := s.alone(ctx, x, tip); err != nil {
		return out, err
	}
	if err := s.affordable(); err != nil {
		return out, err
	}
	size, err := funding.TicketSize(t)
	if err != nil {
		return out, &Refusal{Kind: Invalid, Detail: "the ticket does not fit into a transaction", Err: err}
	}
	outs, err := funding.TicketOutputs(t, &s.net.Network)
	if err != nil {
		return out, &Refusal{Kind: Invalid, Detail: "the ticket does not fit into a transaction", Err: err}
	}
	x.Height = tip
	return s.send(ctx, x, s.net.ContractFee, size, outs, &s.cfg.Counts.Tickets)
}

// readable reads a ticket and checks everything that the chain does not say. It returns what the database is to hold of it, without its
// transaction.
func (s *Service) readable(ctx context.Context, text []byte) (*ticket.Ticket, *store.Posted, error) {
	invalid := func(detail string) (*ticket.Ticket, *store.Posted, error) {
		return nil, nil, &Refusal{Kind: Invalid, Detail: detail}
	}
	if len(text) > ticket.MaxJSON {
		return invalid(fmt.Sprintf("the ticket has more than %d bytes: send the ticket's JSON and nothing else", ticket.MaxJSON))
	}
	t, err := ticket.Decode(text)
	if err != nil {
		return invalid("this is no ticket: " + err.Error())
	}
	p := t.Part
	if p == nil {
		return invalid("this daemon posts pledges and amendments only: post this ticket from a wallet of your own")
	}
	if err := s.ours(ctx, p.SmartPoolID); err != nil {
		return nil, nil, err
	}
	for _, c := range ticket.Checks(t, &s.net.Network, s.net.Limits()) {
		if c.Answer == ticket.AnswerWrong {
			return invalid(fmt.Sprintf("%s: %s. Sign the ticket again", c.Name, cmp.Or(c.Detail, ticket.Explain(c.Reason))))
		}
	}
	owner, err := s.owner(p)
	if err != nil {
		return invalid("address_signature: " + err.Error())
	}
	return t, &store.Posted{
		Hash: sha256.Sum256([]byte(p.PledgeStatement(s.net.Name))), Pool: p.SmartPoolID, PastelID: p.PastelID, Output: p.Output(), Owner: owner,
	}, nil
}

// ours refuses tickets of pools that the daemon does not post for.
func (s *Service) ours(ctx context.Context, id ticket.PoolID) error {
	if len(s.cfg.Operators) == 0 {
		return nil
	}
	p, err := s.cfg.Books.Pool(ctx, string(id))
	switch {
	case errors.Is(err, books.ErrNotFound):
		return &Refusal{Kind: Invalid, Detail: "there is no such pool: check its id"}
	case err != nil:
		return s.unread(err)
	case !slices.Contains(s.cfg.Operators, p.Operator):
		return &Refusal{Kind: OtherPool, Detail: "this daemon posts tickets for pools of certain operators only, and this pool is not one of them: " +
			"use the daemon of its operator, or post the ticket from a wallet of your own"}
	}
	return nil
}

// owner returns the address whose key signed a pledge or an amendment.
func (s *Service) owner(p *ticket.Part) (string, error) {
	signer, err := p.AddressSigner(p.PledgeStatement(s.net.Name))
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: signer}.Encode(&s.net.Network), err
}

// alone refuses a ticket while another one about the same pledge waits, whichever output of the address it names: the second one would amend the
// first or be rejected, and cost once more.
func (s *Service) alone(ctx context.Context, x *store.Posted, tip pastel.Height) error {
	mine := s.all(func(y *store.Posted) bool { // what a block may hold by now is no obstacle, unless the node may not even have it
		return y.Expires > tip && (y.Height >= tip || s.unclear[y.TxID]) && y.Pool == x.Pool && y.PastelID == x.PastelID && y.Owner == x.Owner
	})
	if n := len(mine); n > 0 {
		return waiting(mine[n-1].TxID, "a ticket about the same pledge")
	}
	return s.unlike(ctx, "a ticket about the same pledge", func(c ticket.Carried) bool { return c.Ticket != nil && s.samePledge(c.Ticket.Part, x) })
}

// samePledge reports whether a ticket, which may be of another kind, is about the pledge of another one: a PastelID has one for each pool and address.
func (s *Service) samePledge(p *ticket.Part, x *store.Posted) bool {
	if p == nil || p.SmartPoolID != x.Pool || p.PastelID != x.PastelID {
		return false
	}
	owner, err := s.owner(p)
	return err == nil && owner == x.Owner
}

// unlike refuses what a transaction in the mempool of the wallet's node already carries.
func (s *Service) unlike(ctx context.Context, what string, is func(ticket.Carried) bool) error {
	if err := s.meet(ctx); err != nil {
		return err
	}
	many := func(all int) {
		s.cfg.Log.Warn("the node's mempool is too large to look for all tickets in it", "transactions", all, "read", funding.MaxWaiting)
	}
	id, found, err := funding.Waiting(ctx, s.cfg.Wallet, &s.net.Network, many, is)
	switch {
	case err != nil:
		return s.away(err)
	case found:
		return waiting(id, what)
	}
	return nil
}

func waiting(id pastel.TxID, what string) error {
	return &Refusal{Kind: Waiting, After: time.Minute,
		Detail: fmt.Sprintf("transaction %s, which waits for a block, already carries %s: wait for its block, and then look at its outcome", id, what)}
}

// affordable refuses a ticket that the budget does not pay for now.
func (s *Service) affordable() error {
	if s.Left() >= s.net.ContractFee+usual {
		return nil
	}
	return s.spent()
}

// spent says that the budget is used up, and until when.
func (s *Service) spent() error {
	after := s.since()
	wait := time.Hour
	if list := s.all(func(x *store.Posted) bool { return !x.Registers && x.Time.After(after) }); len(list) > 0 {
		wait = list[0].Time.Sub(after)
	}
	return &Refusal{Kind: Budget, After: wait, Detail: "the daemon's budget for today's tickets is used up: try again later" + otherwise}
}
