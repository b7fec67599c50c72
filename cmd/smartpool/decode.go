package main

import (
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketDecodeCmd struct {
	networkFlags
	File string `arg:"" name:"file-or-hex" help:"Ticket's JSON or a raw transaction in hex: file, hex, or - for standard input."`
}

// Run shows the ticket.
func (c *ticketDecodeCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	l, err := e.load(c.File, &net)
	if err != nil {
		return err
	}
	list := statements(l.ticket, &net)
	if e.json {
		return l.printJSON(e, list)
	}
	t := newTable([]any{l.ticket.Kind, ""})
	add := func(name string, value any) { t.AppendRow([]any{name, value}) }
	if l.in != nil {
		add("transaction", l.tx.ID())
		add("contract ticket key", printable(l.in.Key))
	}
	switch x := l.ticket; {
	case x.Init != nil:
		add("pool", x.Init.SmartPoolID)
		add("operator", printable(x.Init.Company))
		add("operator's PastelID", printable(x.Init.OperatorPastelID))
		add("operator's fee", x.Init.Fee.String()+" % to "+printable(x.Init.OperatorFeeAddress))
		add("Supernode's PastelID", printable(x.Init.SupernodePastelID))
		add("collateral", fmt.Sprintf("%d PSL, times %s to activate", x.Init.RequiredCoins, x.Init.Factor))
		add("subscription", fmt.Sprintf("%d blocks", x.Init.SubscriptionPeriod))
		escrow := ticket.EscrowAddress(x.Init.SmartPoolID)
		add("escrow", escrow.Encode(&net)+" (never send coins there)")
	case x.Part != nil:
		add("pool", printable(string(x.Part.SmartPoolID)))
		add("member's PastelID", printable(x.Part.PastelID))
		add("pledge", fmt.Sprintf("%d PSL", x.Part.PledgedCoins))
		add("backed by output", fmt.Sprintf("%s:%d", printable(x.Part.TxID), x.Part.Vout))
		add("rewards to", printable(x.Part.RewardAddress))
		add("signed at", printable(x.Part.TimeStamp))
	default:
		add("pool", printable(string(x.Activate.SmartPoolID)))
		if len(x.Activate.Participants) == 0 {
			add("participants", "every live pledge")
		}
		for _, p := range x.Activate.Participants {
			add("participant", printable(p.PastelID)+" "+printable(p.Address))
		}
	}
	if _, err := fmt.Fprintln(e.out, t.Render()); err != nil {
		return err
	}
	for _, s := range list {
		state := "signed"
		if s.signature == "" {
			state = "not signed yet"
		}
		if _, err := fmt.Fprintf(e.out, "\n%s, %s, by %s:\n  %s\n", s.field, state, printable(s.by), printable(s.text)); err != nil {
			return err
		}
	}
	return nil
}

func (l *loaded) printJSON(e *env, list []statement) error {
	text, err := l.ticket.Encode()
	if err != nil {
		return err
	}
	doc := map[string]any{"ticket": json.RawMessage(text)}
	texts := map[string]string{}
	for _, s := range list {
		texts[s.field] = s.text
	}
	doc["statements"] = texts
	if l.in != nil {
		doc["txid"], doc["key"] = l.tx.ID().String(), l.in.Key
	}
	return printJSON(e.out, doc)
}
