package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// party is somebody with a PastelID and an address that rewards go to. One development wallet plays them all.
type party struct {
	name   string
	id     string // PastelID
	pass   string
	reward pastel.Address

	coins   int64 // PSL, of a member's pledge
	address pastel.Address
	output  pastel.OutPoint // that is pledged
	value   pastel.Amount   // of it
}

// enrol makes a party's PastelID and posts its registration.
func (s *stage) enrol(ctx context.Context, p *party) error {
	var err error
	p.pass = "passphrase of " + p.name
	if p.id, err = s.client.NewPastelID(ctx, p.pass); err != nil {
		return err
	}
	if p.reward, err = s.client.NewAddress(ctx); err != nil {
		return err
	}
	_, err = s.client.RegisterID(ctx, p.id, p.pass, p.reward)
	return err
}

// spare is what a member's output holds beyond the pledge, so that it can pay the fee of a move.
const spare = pastel.PSL / 10

// fund gives a member an output to pledge.
func (s *stage) fund(ctx context.Context, p *party) error {
	var err error
	if p.address, err = s.client.NewAddress(ctx); err != nil {
		return err
	}
	p.value = pastel.Amount(p.coins)*pastel.PSL + spare
	_, err = s.client.SendTo(ctx, p.address, p.value)
	return err
}

// settle finds a member's output once it is mined and keeps the wallet from spending it.
func (s *stage) settle(ctx context.Context, p *party) error {
	list, err := s.client.Unspent(ctx, 1, p.address)
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("%s should have one output, has %d", p.name, len(list))
	}
	p.output, p.value = list[0].OutPoint, list[0].Value
	return s.client.LockUnspent(ctx, false, []pastel.OutPoint{p.output})
}

// move spends a member's output to an address, less a fee.
func (s *stage) move(ctx context.Context, p *party, to pastel.Address) error {
	const fee = pastel.PSL / 1000
	raw, err := s.client.CreateRaw(ctx, []pastel.OutPoint{p.output}, []pasteld.Output{{Address: to, Value: p.value - fee}})
	if err != nil {
		return err
	}
	signed, complete, err := s.client.SignRaw(ctx, raw)
	if err == nil && !complete {
		err = errors.New("the wallet did not sign")
	}
	if err != nil {
		return err
	}
	_, err = s.client.SendRaw(ctx, signed)
	return err
}

// post puts a ticket on the chain.
func (s *stage) post(ctx context.Context, t *ticket.Ticket) (pastel.TxID, error) {
	text, err := t.Encode()
	if err != nil {
		return pastel.TxID{}, err
	}
	return s.client.RegisterContract(ctx, text, t.Kind.String(), "", pastel.Address{})
}

// pledge signs and posts a member's participation ticket: with the PastelID, and with the key of the pledged address.
func (s *stage) pledge(ctx context.Context, p *party) error {
	_, hash, err := s.client.Tip(ctx)
	if err != nil {
		return err
	}
	tip, err := s.client.Header(ctx, hash)
	if err != nil {
		return err
	}
	x := &ticket.Part{
		SmartPoolID: s.id, PastelID: p.id, PledgedCoins: p.coins, TxID: p.output.TxID.String(), Vout: int64(p.output.Vout),
		RewardAddress: p.reward.Encode(&s.net), TimeStamp: ticket.FormatTimeStamp(max(time.Now().Unix(), int64(tip.Time))),
	}
	statement := x.PledgeStatement(s.net.Name)
	if x.PledgeSignature, err = s.client.SignWith(ctx, p.id, p.pass, statement); err != nil {
		return err
	}
	if x.AddressSignature, err = s.client.SignMessage(ctx, p.address, statement); err != nil {
		return err
	}
	_, err = s.post(ctx, &ticket.Ticket{Kind: ticket.KindPart, Version: ticket.Version, Part: x})
	return err
}
