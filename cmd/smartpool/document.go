package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// document is the result as JSON.
type document struct {
	Network    string                     `json:"network"`
	Shadow     bool                       `json:"shadow,omitempty"`
	Height     pastel.Height              `json:"height"`
	Tip        string                     `json:"tip"`
	Digest     string                     `json:"digest"`
	Events     []pool.Event               `json:"events"`
	Pools      map[ticket.PoolID]poolJSON `json:"pools"`
	Payouts    []payoutJSON               `json:"payouts"`
	Reputation map[string]int             `json:"reputation"` // of those who ever lost any
	Registered []string                   `json:"registered"`
	Coins      int                        `json:"coins"`
}

type poolJSON struct {
	Status   string        `json:"status"`
	Broken   bool          `json:"broken,omitempty"` // only in a shadow run
	Carry    pastel.Amount `json:"carry"`
	Operator pastel.Amount `json:"operator"`
	Claims   claimsJSON    `json:"claims"`
	Pledges  []pledgeJSON  `json:"pledges"`
}

// claimsJSON is an object from script to patoshi, in the order in which the claims came about: that is the order they are
// paid in.
type claimsJSON []pool.Claim

// MarshalJSON writes the object.
func (c claimsJSON) MarshalJSON() ([]byte, error) {
	b := bytes.NewBufferString("{")
	for i, x := range c {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:%d", x.To.Script().String(), int64(x.Amount))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

var _ json.Marshaler = claimsJSON{}

type pledgeJSON struct {
	PastelID     string         `json:"pastelid"`
	Owner        string         `json:"owner"` // pubkey hash of the pledged address, hex
	Coins        int64          `json:"coins"` // PSL counted
	Offered      int64          `json:"offered"`
	Role         string         `json:"role"`
	Held         int64          `json:"held"`
	Since        *pastel.Height `json:"since"` // null if it never counted
	Accrued      pastel.Amount  `json:"accrued"`
	RewardScript string         `json:"reward_script"`
}

type payoutJSON struct {
	TxID      string        `json:"txid"`
	Pool      ticket.PoolID `json:"pool"`
	ValidFrom pastel.Height `json:"valid_from"`
	Tx        string        `json:"tx"`
}

func (l *history) document() *document {
	s := l.state
	net, tip := s.Params(), s.Tip()
	d := &document{
		Network: net.Name, Shadow: s.Shadow(), Height: tip.Height, Tip: tip.Hash.String(), Digest: hex.EncodeToString(tip.Digest[:]),
		Events: append([]pool.Event{}, l.events...), Pools: map[ticket.PoolID]poolJSON{}, Payouts: []payoutJSON{},
		Reputation: map[string]int{}, Registered: []string{}, Coins: s.Coins(),
	}
	for _, id := range s.Pools() {
		p, _ := s.Pool(id)
		x := poolJSON{
			Status: p.Status.String(), Broken: p.Broken, Carry: p.Carry, Operator: p.Accrued,
			Claims: claimsJSON(p.Claims), Pledges: []pledgeJSON{},
		}
		for _, pl := range p.Pledges {
			x.Pledges = append(x.Pledges, pledgeDocument(&pl))
		}
		d.Pools[id] = x
	}
	for _, po := range s.Payouts() {
		d.Payouts = append(d.Payouts, payoutJSON{
			po.Tx.ID().String(), po.Pool, po.ValidFrom, hex.EncodeToString(po.Tx.Bytes()),
		})
	}
	for _, id := range s.Registered() {
		d.Registered = append(d.Registered, id.String())
		if points, tarnished, _ := s.Reputation(id); tarnished {
			d.Reputation[id.String()] = points
		}
	}
	return d
}

func pledgeDocument(pl *pool.Pledge) pledgeJSON {
	x := pledgeJSON{
		PastelID: pl.PastelID.String(), Owner: hex.EncodeToString(pl.Owner[:]), Coins: pl.Counted, Offered: pl.Offered, Role: pl.Role.String(),
		Held: pl.Held, Accrued: pl.Accrued, RewardScript: pl.Reward.Script().String(),
	}
	if pl.Since >= 0 {
		x.Since = &pl.Since
	}
	return x
}
