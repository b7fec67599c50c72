package main

import (
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketInitCmd struct {
	networkFlags
	outFlags
	Label      string `required:"" help:"Name of the pool, 3 to 32 of a-z, 0-9 and -."`
	Period     int64  `required:"" help:"Subscription period in blocks."`
	Required   int64  `required:"" help:"Collateral in PSL."`
	Factor     string `type:"decimal" default:"1.2" help:"Overcollateralization: with 1.2, the target is 20 % more than required."`
	Fee        string `type:"decimal" required:"" help:"Operator's fee, percent of the rewards."`
	Supernode  string `type:"id" required:"" help:"Supernode's PastelID."`
	Operator   string `type:"id" required:"" help:"Operator's PastelID."`
	Company    string `required:"" help:"Operator's name."`
	FeeAddress string `type:"id" required:"" help:"Address that receives the fee."`
}

// Run builds the ticket.
func (c *ticketInitCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	if err := journey.CheckLabel(c.Label); err != nil {
		return terminal.Usagef("--label %s: %w", visible.Name(c.Label), err)
	}
	if err := journey.CheckCompany(c.Company); err != nil {
		return terminal.Usagef("--company: %w", err)
	}
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SmartPoolID: ticket.PoolID(c.Label), SubscriptionPeriod: c.Period, RequiredCoins: c.Required, SupernodePastelID: c.Supernode,
		Company: c.Company, OperatorPastelID: c.Operator, OperatorFeeAddress: c.FeeAddress,
	}
	if x.Factor, err = ticket.ParseDecimal(c.Factor); err != nil {
		return terminal.Usagef("--factor: %w", err)
	}
	if x.Fee, err = ticket.ParseDecimal(c.Fee); err != nil {
		return terminal.Usagef("--fee: %w", err)
	}
	x.SmartPoolID = x.IDFor(c.Label)
	if failed := ticket.CheckUnsigned(&ticket.Ticket{Init: x}, &net.Network, net.Limits()); failed != nil {
		return failed
	}
	return c.write(e, x.Ticket(), &net.Network)
}

type ticketPartCmd struct {
	networkFlags
	outFlags
	Pool     string `type:"pool" required:"" help:"Pool id, of the form label.hash."`
	PastelID string `type:"id" required:"" name:"pastelid" help:"Member's PastelID."`
	Coins    int64  `required:"" help:"Coins to pledge, in whole PSL."`
	Output   string `type:"hex" required:"" help:"Output that backs the pledge, as txid:vout."`
	Reward   string `type:"id" required:"" help:"Address that receives the rewards."`
	Time     string `type:"text" help:"Time stamp, such as 2026-01-31T23:59:59Z; by default, now. It must be close to the block's time."`
}

// Run builds the ticket.
func (c *ticketPartCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	out, err := pastel.ParseOutPoint(c.Output)
	if err != nil {
		return terminal.Usagef("--output: %w", err)
	}
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: ticket.PoolID(c.Pool), PastelID: c.PastelID, PledgedCoins: c.Coins, TxID: out.TxID.String(), Vout: int64(out.Vout), RewardAddress: c.Reward, TimeStamp: c.Time,
	}
	if x.TimeStamp == "" {
		x.TimeStamp = ticket.FormatTimeStamp(time.Now().Unix())
	}
	if failed := ticket.CheckUnsigned(&ticket.Ticket{Part: x}, &net.Network, net.Limits()); failed != nil {
		return failed
	}
	if err := journey.CheckTime(x.Ticket()); err != nil {
		return terminal.Usagef("--time: %w", err)
	}
	if at, err := ticket.ParseTimeStamp(x.TimeStamp); err == nil {
		e.Note("A block must include the pledge before %s.", ticket.FormatTimeStamp(at+int64(24*time.Hour/time.Second)))
	}
	return c.write(e, x.Ticket(), &net.Network)
}

type ticketActivateCmd struct {
	networkFlags
	outFlags
	Pool        string   `type:"pool" required:"" help:"Pool id, of the form label.hash."`
	Participant []string `type:"participant" placeholder:"PASTELID,ADDRESS" sep:"none" help:"PastelID and pledged address of a member; repeat for each. By default, everyone with a live pledge when a block includes the ticket."`
}

// Run builds the ticket.
func (c *ticketActivateCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: ticket.PoolID(c.Pool)}
	for _, p := range c.Participant {
		id, addr, ok := strings.Cut(p, ",")
		if !ok {
			return terminal.Usagef("--participant %q: want PASTELID,ADDRESS", p)
		}
		x.Participants = append(x.Participants, ticket.Participant{PastelID: id, Address: addr})
	}
	if failed := ticket.CheckUnsigned(&ticket.Ticket{Activate: x}, &net.Network, net.Limits()); failed != nil {
		return failed
	}
	switch {
	case len(x.Participants) == 0:
		e.Warn("Caution: the ticket lists no members. Everyone with a live pledge in the block that holds the ticket becomes a member.")
	case len(x.Participants) > journey.Relayed:
		e.Warn("Caution: nodes may not relay a list of more than about %d members. An empty list means every live pledge.", journey.Relayed)
	}
	return c.write(e, x.Ticket(), &net.Network)
}
