package poster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// mostAge is how far a registration's time may lie from now.
const mostAge = 24 * time.Hour

// Register posts a registration signed elsewhere, if its PastelID is on the operator's list, unless it was posted before. A PastelID costs
// the wallet one registration. It refuses with a *Refusal.
func (s *Service) Register(ctx context.Context, who netip.Addr, r wire.Registration) (wire.Posted, error) {
	out, err := s.identity(ctx, who, r)
	if err != nil {
		return out, s.refused(err, who)
	}
	return out, nil
}

func (s *Service) identity(ctx context.Context, who netip.Addr, r wire.Registration) (out wire.Posted, err error) {
	reg, err := s.listed(r)
	if err != nil {
		return out, err
	}
	release, err := s.take(ctx)
	if err != nil {
		return out, err
	}
	defer release()
	x := &store.Posted{Hash: sha256.Sum256(reg.SignedText()), Registers: true, PastelID: reg.PastelID, Owner: reg.Address}
	tip, stale := s.tip(ctx)
	before := s.all(func(y *store.Posted) bool { return y.Registers && y.PastelID == x.PastelID })
	if n := len(before); n > 0 && before[n-1].Hash == x.Hash && (stale != nil || before[n-1].Expires > tip) {
		return again(&before[n-1]), nil
	}
	if err := cmp.Or(s.client(who), stale); err != nil {
		return out, err
	}
	var refusal *Refusal
	err = s.unregistered(ctx, x, before, tip)
	switch n := len(before); {
	case errors.As(err, &refusal) && refusal.Kind == Rejected && n > 0 && before[n-1].Hash == x.Hash: // a block holds it
		return again(&before[n-1]), nil
	case err != nil:
		return out, err
	}
	err = s.unlike(ctx, "a registration of this PastelID", func(c ticket.Carried) bool {
		return c.Registration != nil && c.Registration.PastelID == x.PastelID
	})
	if err != nil {
		return out, err
	}
	fee := s.net.RegistrationFee(tip + 1)
	outs, err := reg.Outputs(fee)
	if err != nil {
		return out, &Refusal{Kind: Invalid, Detail: "the registration does not fit into a transaction", Err: err}
	}
	x.Height = tip
	return s.send(ctx, x, fee, funding.RegistrationSize, outs, &s.cfg.Counts.Registrations)
}

// listed reads a registration, and refuses it unless the operator listed its PastelID and its key signed it.
func (s *Service) listed(r wire.Registration) (*ticket.Registration, error) {
	reg, id, err := readRegistration(r, &s.net.Network, s.cfg.Now())
	if err != nil {
		return nil, &Refusal{Kind: Invalid, Detail: err.Error()}
	}
	const advice = "send your PastelID to the operator, or register it from a wallet of your own"
	if s.cfg.List == "" {
		return nil, &Refusal{Kind: Unlisted, Detail: "this daemon registers no PastelIDs: " + advice}
	}
	on, err := s.list.has(id)
	if err != nil {
		return nil, &Refusal{Kind: Database, Detail: "the operator's list of PastelIDs cannot be read: tell the operator", After: time.Hour, Err: err}
	}
	if !on {
		return nil, &Refusal{Kind: Unlisted, Detail: "this PastelID is not on the operator's list: " + advice}
	}
	if _, valid := reg.Verify(); !valid {
		return nil, &Refusal{Kind: Invalid, Detail: "the signature is by another key than the PastelID's, or over another text: sign the registration again"}
	}
	return reg, nil
}

// readRegistration checks a registration's form, address and time, but not its signature.
func readRegistration(r wire.Registration, net *pastel.Network, now time.Time) (*ticket.Registration, pastelid.PastelID, error) {
	id, err := pastelid.Parse(r.PastelID)
	if err == nil && !pastelid.ValidKey(id) {
		err = errors.New("not an Ed448 key")
	}
	if err != nil {
		return nil, id, fmt.Errorf("the PastelID is %w: copy all of it, from jX on", err)
	}
	if _, err := pastel.ParseAddress(net, r.Address); err != nil {
		return nil, id, fmt.Errorf("the address: %w; use a transparent address of network %s", err, net.Name)
	}
	if r.Time < now.Add(-mostAge).Unix() || r.Time > now.Add(mostAge).Unix() {
		return nil, id, errors.New("the registration was signed at another time than today: sign it again, and check your clock")
	}
	signature, ok := pastelid.DecodeSignature(r.Signature)
	if !ok {
		return nil, id, errors.New("the signature is no PastelID signature in base64: copy all of it")
	}
	return ticket.SignedRegistration(r.PastelID, r.Address, r.Time, signature[:]), id, nil
}

// unregistered refuses a PastelID that is registered, or for which the wallet has paid already. A transaction that expired may be mined after
// all if a reorganization takes the last blocks back, so the next one waits until none can.
func (s *Service) unregistered(ctx context.Context, x *store.Posted, before []store.Posted, tip pastel.Height) error {
	a, err := s.cfg.Books.Member(ctx, x.PastelID)
	switch {
	case err != nil:
		return s.unread(err)
	case a.Registered:
		return &Refusal{Kind: Rejected, Detail: "this PastelID is registered already: there is nothing to do"}
	case len(before) == 0:
		return nil
	}
	last := &before[len(before)-1]
	switch sure := last.Expires + s.net.MaxReorg; {
	case last.Expires > tip:
		return waiting(last.TxID, "a registration of this PastelID")
	case sure > tip:
		return &Refusal{Kind: Waiting, After: time.Hour,
			Detail: fmt.Sprintf("transaction %s, which was to register this PastelID, expired: try again after block %d", last.TxID, sure)}
	}
	return nil
}
