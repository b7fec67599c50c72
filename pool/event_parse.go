package pool

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// eventJSON is an event's JSON with every possible field.
type eventJSON struct {
	Height    pastel.Height       `json:"height"`
	Type      EventType           `json:"type"`
	Pool      ticket.PoolID       `json:"pool"`
	PastelID  string              `json:"pastelid"`
	Owner     string              `json:"owner"`
	Coins     int64               `json:"coins"`
	Offered   int64               `json:"offered"`
	Role      string              `json:"role"`
	Amount    pastel.Amount       `json:"amount"`
	Forfeited pastel.Amount       `json:"forfeited"`
	TxID      string              `json:"txid"`
	Reason    ticket.Reason       `json:"reason"`
	Outputs   [][]json.RawMessage `json:"outputs"`
	Change    pastel.Amount       `json:"change"`
	Points    int                 `json:"points"`
}

// ParseEvent reads an event from its canonical JSON, as MarshalJSON writes it and ledgers store it. It refuses types that do not exist
// and text that differs in any byte. Pledge stays 0, because it is not part of the JSON.
func ParseEvent(text []byte) (Event, error) {
	var x eventJSON
	if err := json.Unmarshal(text, &x); err != nil {
		return Event{}, fmt.Errorf("event %.100q: %w", text, err)
	}
	e, err := x.event()
	if err != nil {
		return Event{}, fmt.Errorf("event %.100q: %w", text, err)
	}
	if canonical := e.appendJSON(nil); !bytes.Equal(canonical, text) {
		return Event{}, fmt.Errorf("event %.100q is not canonical: want %.100q", text, canonical)
	}
	return e, nil
}

// event reads the fields that an event of the type has and ignores others.
func (x *eventJSON) event() (e Event, err error) {
	row := x.Type.Row()
	if row.Type == "" {
		return e, fmt.Errorf("no type %.40q exists", x.Type)
	}
	e = Event{
		Height: x.Height, Type: x.Type, Pool: x.Pool, PastelID: x.PastelID, Coins: x.Coins, Offered: x.Offered, Amount: x.Amount,
		Forfeited: x.Forfeited, Reason: x.Reason, Change: x.Change, Points: x.Points,
	}
	if row.Has&HasOwner != 0 {
		owner, err := hex.DecodeString(x.Owner)
		if err != nil || len(owner) != len(e.Owner) {
			return e, fmt.Errorf("owner %.100q: want %d bytes in hex", x.Owner, len(e.Owner))
		}
		e.Owner = pastel.KeyHash(owner)
	}
	if row.Has&HasRole != 0 {
		if e.Role, err = parseRole(x.Role); err != nil {
			return e, err
		}
	}
	if row.Has&HasTxID != 0 {
		if e.TxID, err = pastel.ParseTxID(x.TxID); err != nil {
			return e, err
		}
	}
	if row.Has&HasPayout != 0 {
		e.Outputs = make([]Payment, len(x.Outputs))
		for i, out := range x.Outputs {
			if e.Outputs[i], err = parsePayment(out); err != nil {
				return e, fmt.Errorf("output %d: %w", i, err)
			}
		}
	}
	return e, nil
}

func parseRole(s string) (Role, error) {
	for _, r := range []Role{Plain, Member, Standby} {
		if r.String() == s {
			return r, nil
		}
	}
	return 0, fmt.Errorf("no role %.40q exists", s)
}

// parsePayment reads an output: its amount, and its script in hex.
func parsePayment(fields []json.RawMessage) (p Payment, err error) {
	if len(fields) != 2 {
		return p, fmt.Errorf("%d fields, want an amount and a script", len(fields))
	}
	if err := json.Unmarshal(fields[0], &p.Amount); err != nil {
		return p, err
	}
	var script string
	if err := json.Unmarshal(fields[1], &script); err != nil {
		return p, err
	}
	b, err := hex.DecodeString(script)
	if err != nil {
		return p, fmt.Errorf("script %.100q is not hex", script)
	}
	to, isAddress := pastel.AddressFromScript(b)
	if !isAddress {
		return p, fmt.Errorf("script %.100q is not that of an address", script)
	}
	p.To = to
	return p, nil
}
