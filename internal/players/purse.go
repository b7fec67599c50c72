package players

import (
	"context"

	"github.com/pastelnetwork/smartpool/pastel"
)

// purse is what a party's registration is paid from, in PSL: ten times the fee that regtest asks for at first.
const purse = 100

// Provide makes a party's PastelID and an address with the coins that its registration costs: pasteld takes the fee from the address
// that a registration names. Once they are mined, Register follows.
func (c *Cast) Provide(ctx context.Context, p *Party) error {
	var err error
	p.pass = "passphrase of " + p.Name
	if p.ID, err = c.Client.NewPastelID(ctx, p.pass); err != nil {
		return err
	}
	if p.Reward, err = c.Client.NewAddress(ctx); err != nil {
		return err
	}
	_, err = c.Client.SendTo(ctx, p.Reward, purse*pastel.PSL)
	return err
}

// Register posts the registration of a party's PastelID.
func (c *Cast) Register(ctx context.Context, p *Party) error {
	_, err := c.Client.RegisterID(ctx, p.ID, p.pass, p.Reward)
	return err
}

// Pass is the passphrase of a party's PastelID.
func (p *Party) Pass() string { return p.pass }
