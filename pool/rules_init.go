package pool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// acceptInit applies the rules for an init ticket (protocol 6).
func (b *block) acceptInit(c *carried) ticket.Reason {
	f := c.init
	if f.terms != "" {
		return f.terms
	}
	id := f.pool.ID
	if b.s.pools[id] != nil || b.s.isEscrow(ticket.EscrowAddress(id)) {
		return ticket.ReasonDuplicatePool
	}
	if f.pastelIDs != nil {
		return ticket.ReasonBadPastelID
	}
	if f.feeAddress != nil || b.s.isEscrow(f.pool.FeeAddress) || f.pool.FeeAddress == ticket.EscrowAddress(id) {
		return ticket.ReasonBadAddress
	}
	if !ticket.CompanyOK(f.pool.Company) {
		return ticket.ReasonMalformed
	}
	if b.s.supernodes[f.pool.Supernode] != nil {
		return ticket.ReasonSupernodeInUse
	}
	if b.s.people.Find(f.pool.Supernode) == 0 || b.s.people.Find(f.pool.Operator) == 0 {
		return ticket.ReasonPastelIDNotRegistered
	}
	if !f.signed {
		return ticket.ReasonBadSignature
	}
	terms := f.pool
	terms.InitHeight, terms.InitTx = b.h, b.in.Txs[c.index].ID()
	p := newPoolState(terms)
	b.openPool(p)
	b.touch(p)
	b.emit(Event{Type: PoolCreated, Pool: id})
	return ""
}

// isEscrow reports whether an address is the escrow of a pool ever accepted.
func (s *State) isEscrow(a pastel.Address) bool {
	return a.Kind == pastel.AddressP2SH && s.escrows[a.Hash] != nil
}
