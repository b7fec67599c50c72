package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Document is a complete history as JSON. Amounts are in patoshi, coins in whole PSL.
type Document struct {
	Network    string                         `json:"network"`
	Shadow     bool                           `json:"shadow,omitempty"`
	Height     pastel.Height                  `json:"height"`
	Tip        string                         `json:"tip"`
	Digest     string                         `json:"digest"`
	Events     []pool.Event                   `json:"events"`
	Pools      map[ticket.PoolID]PoolDocument `json:"pools"`
	Payouts    []PayoutDocument               `json:"payouts"`
	Reputation map[string]int                 `json:"reputation"` // of PastelIDs that ever lost some
	Registered []string                       `json:"registered"`
	Coins      int                            `json:"coins"`
}

// PoolDocument is a pool as of the last block.
type PoolDocument struct {
	Status   string           `json:"status"`
	Broken   bool             `json:"broken,omitempty"` // only in a shadow run
	Carry    pastel.Amount    `json:"carry"`
	Operator pastel.Amount    `json:"operator"`
	Claims   ClaimsDocument   `json:"claims"`
	Pledges  []PledgeDocument `json:"pledges"`
}

// ClaimsDocument is a JSON object from script to patoshi, in the order in which the claims arose, which is the order of payment.
type ClaimsDocument []pool.Claim

// MarshalJSON writes the object.
func (c ClaimsDocument) MarshalJSON() ([]byte, error) {
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

var _ json.Marshaler = ClaimsDocument{}

// PledgeDocument is a live pledge.
type PledgeDocument struct {
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

// PayoutDocument is a payout that is settled and not mined.
type PayoutDocument struct {
	TxID      string        `json:"txid"`
	Pool      ticket.PoolID `json:"pool"`
	ValidFrom pastel.Height `json:"valid_from"`
	Tx        string        `json:"tx"`
}

// Document returns everything as of the last block watched.
func (h *History) Document() *Document {
	s := h.state
	net, tip := s.Params(), s.Tip()
	d := &Document{
		Network: net.Name, Shadow: s.Shadow(), Height: tip.Height, Tip: tip.Hash.String(), Digest: hex.EncodeToString(tip.Digest[:]),
		Events: append([]pool.Event{}, h.events...), Pools: map[ticket.PoolID]PoolDocument{}, Payouts: []PayoutDocument{},
		Reputation: map[string]int{}, Registered: []string{}, Coins: s.Coins(),
	}
	for _, id := range s.Pools() {
		p, _ := s.Pool(id)
		x := PoolDocument{
			Status: p.Status.String(), Broken: p.Broken, Carry: p.Carry, Operator: p.Accrued,
			Claims: ClaimsDocument(p.Claims), Pledges: []PledgeDocument{},
		}
		for _, pl := range p.Pledges {
			x.Pledges = append(x.Pledges, pledgeDocument(&pl))
		}
		d.Pools[id] = x
	}
	for _, po := range s.Payouts() {
		d.Payouts = append(d.Payouts, PayoutDocument{
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

func pledgeDocument(pl *pool.Pledge) PledgeDocument {
	x := PledgeDocument{
		PastelID: pl.PastelID.String(), Owner: hex.EncodeToString(pl.Owner[:]), Coins: pl.Counted, Offered: pl.Offered, Role: pl.Role.String(),
		Held: pl.Held, Accrued: pl.Accrued, RewardScript: pl.Reward.Script().String(),
	}
	if pl.Since >= 0 {
		x.Since = &pl.Since
	}
	return x
}
