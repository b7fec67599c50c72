package pool

import (
	"crypto/sha256"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Prepared is a block after all the work that needs no state. It keeps the block's bytes alive.
type Prepared struct {
	Height pastel.Height
	Hash   pastel.BlockHash
	Prev   pastel.BlockHash
	Time   uint32 // of the header, seconds since 1970
	Txs    []pastel.Tx

	carried      []carried // what the transactions carry, in block order
	escrowSpends []int     // indexes of transactions with a script signature that spends escrow (protocol 4b), in block order
}

// carried is a registration or a ticket in one of a block's transactions.
type carried struct {
	index int // of the transaction in the block

	registers  bool
	registrant pastelid.PastelID

	reason   ticket.Reason // why the ticket is not well formed; empty if one of the next fields is set
	init     *initFacts
	part     *partFacts
	activate *activateFacts
}

// initFacts is what an init ticket says without any state. Its errors are for checks whose turn comes later.
type initFacts struct {
	pool       Terms
	terms      ticket.Reason // why the numbers or the id are wrong, or empty
	pastelIDs  error
	feeAddress error
	signed     bool // both signatures hold
}

// partFacts is what a participation ticket says without any state.
type partFacts struct {
	pool          ticket.PoolID
	coins         int64
	who           pastelid.PastelID
	pastelID      error
	output        pastel.OutPoint
	outputOK      bool
	reward        pastel.Address
	rewardAddress error
	ownEscrow     bool  // the reward address is the pool's own escrow
	time          int64 // seconds since 1970
	timeStamp     error
	statement     [32]byte        // SHA-256 of the pledge statement
	signedByID    bool            // pledge_signature holds
	signer        *pastel.KeyHash // hash of the key that made address_signature, or nil
}

// activateFacts is what an activation ticket says without any state. Only the state knows the operator, who must have signed it. The
// list is not decoded yet, which would cost too much for a pool that does not exist or accepts no activation.
type activateFacts struct {
	pool     ticket.PoolID
	listed   []ticket.Participant // empty means every live pledge
	signedBy func(operator pastelid.PastelID) bool
}

// Prepare does everything that needs no state for the block at height h: it finds and decodes tickets, checks Ed448 signatures and
// recovers the keys of address signatures. It can run on many blocks at once, ahead of Apply.
func Prepare(params *Params, h pastel.Height, b *pastel.Block) *Prepared {
	p := &Prepared{Height: h, Hash: b.Hash(), Prev: b.Header.Prev, Time: b.Header.Time, Txs: b.Txs}
	for i := 1; i < len(b.Txs); i++ {
		p.scan(params, i)
	}
	return p
}

// scan finds what transaction i carries and whether it spends escrow. Before StartHeight neither tickets nor escrow count.
func (p *Prepared) scan(params *Params, i int) {
	tx := &p.Txs[i]
	if c, ok := prepareTx(params, p.Height, tx); ok {
		c.index = i
		p.carried = append(p.carried, c)
	}
	if !params.Forks.Pools.Active(p.Height) {
		return
	}
	for k := range tx.Inputs {
		if ticket.SpendsEscrow(tx.Inputs[k].ScriptSig) {
			p.escrowSpends = append(p.escrowSpends, i)
			return
		}
	}
}

// ticketVersion is the newest version of tickets that counts (protocol 2). A newer version begins to count at a fork (Params). Below
// the fork, its tickets remain bad_version or malformed.
const ticketVersion = 1

// prepareTx reads what one transaction carries. Before StartHeight registrations count, but tickets do not (protocol 1).
func prepareTx(params *Params, h pastel.Height, tx *pastel.Tx) (c carried, ok bool) {
	var found ticket.Carried
	if params.Forks.Pools.Active(h) {
		found = ticket.FromTx(tx, &params.Network, h, ticketVersion)
	} else {
		found.Registration, _ = ticket.DecodeRegistration(tx, params.RegistrationFee(h))
	}
	if found.Registration != nil {
		c.registrant, c.registers = found.Registration.Verify()
		return c, c.registers
	}
	switch {
	case found.Rejection != nil:
		c.reason = found.Rejection.Reason
	case found.Ticket == nil:
		return c, false
	case found.Ticket.Init != nil:
		c.init = prepareInit(params, found.Ticket.Init)
	case found.Ticket.Part != nil:
		c.part = preparePart(params, found.Ticket.Part)
	default:
		c.activate = prepareActivate(params, found.Ticket.Activate)
	}
	return c, true
}

func prepareInit(params *Params, x *ticket.Init) *initFacts {
	t, reason := x.Terms(params.Limits())
	f := &initFacts{terms: reason}
	if reason != "" {
		return f // the rules reject it for this
	}
	f.pool = Terms{
		ID: x.SmartPoolID, Company: x.Company, Required: t.Required, Factor: t.Factor, Target: t.Target, Fee: t.Fee, Period: t.Period,
	}
	var err error
	if f.pool.Supernode, f.pastelIDs = pastelid.Parse(x.SupernodePastelID); f.pastelIDs == nil {
		f.pool.Operator, f.pastelIDs = pastelid.Parse(x.OperatorPastelID)
	}
	if f.pool.FeeAddress, err = pastel.ParseAddress(&params.Network, x.OperatorFeeAddress); err != nil {
		f.feeAddress = err
	}
	if f.pastelIDs == nil && f.feeAddress == nil {
		f.signed = x.VerifyAgreement(params.Name, f.pool.Operator) && x.VerifySmartPool(params.Name, f.pool.Supernode)
	}
	return f
}

func preparePart(params *Params, x *ticket.Part) *partFacts {
	f := &partFacts{pool: x.SmartPoolID, coins: x.PledgedCoins}
	f.who, f.pastelID = pastelid.Parse(x.PastelID)
	txid, err := pastel.ParseTxID(x.TxID)
	f.output = pastel.OutPoint{TxID: txid, Vout: uint32(x.Vout)}
	f.outputOK = err == nil && x.Vout == int64(f.output.Vout)
	f.reward, f.rewardAddress = pastel.ParseAddress(&params.Network, x.RewardAddress)
	f.ownEscrow = f.reward == ticket.EscrowAddress(x.SmartPoolID)
	f.time, f.timeStamp = ticket.ParseTimeStamp(x.TimeStamp)
	if f.pastelID != nil || !f.outputOK || f.rewardAddress != nil || f.timeStamp != nil {
		return f // the rules reject it before they need a signature
	}
	statement := x.PledgeStatement(params.Name)
	f.statement = sha256.Sum256([]byte(statement))
	f.signedByID = x.VerifyPledge(statement, f.who)
	if signer, err := x.AddressSigner(statement); err == nil {
		f.signer = &signer
	}
	return f
}

func prepareActivate(params *Params, x *ticket.Activate) *activateFacts {
	name := params.Name
	return &activateFacts{
		pool: x.SmartPoolID, listed: x.Participants,
		signedBy: func(operator pastelid.PastelID) bool { return x.VerifyOperator(name, operator) },
	}
}
