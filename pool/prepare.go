package pool

import (
	"crypto/sha256"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Prepared is a block with everything done that needs no state. It keeps the block's bytes alive until it is applied.
type Prepared struct {
	Height pastel.Height
	Hash   pastel.BlockHash
	Prev   pastel.BlockHash
	Time   uint32 // of the header, seconds since 1970
	Txs    []pastel.Tx

	carried      []carried // what the transactions carry, in block order
	escrowSpends []int     // transactions with a script signature that spends escrow (protocol 4b), in block order
}

// carried is a registration or a ticket in a transaction of a block.
type carried struct {
	index int // of the transaction in the block

	registers  bool
	registrant pastelid.PastelID

	reason   ticket.Reason // why the ticket is not well formed; empty if one of the following is set
	init     *initFacts
	part     *partFacts
	activate *activateFacts
}

// initFacts is what an init ticket tells without any state. Errors stand for checks whose turn comes later.
type initFacts struct {
	pool       Terms
	terms      ticket.Reason // of the numbers and the id
	pastelIDs  error
	feeAddress error
	signed     bool // both signatures hold
}

// partFacts is what a participation ticket tells without any state.
type partFacts struct {
	pool          ticket.PoolID
	coins         int64
	who           pastelid.PastelID
	pastelID      error
	output        pastel.OutPoint
	outputOK      bool
	reward        pastel.Address
	rewardAddress error
	ownEscrow     bool  // reward goes to the pool's own escrow
	time          int64 // seconds since 1970
	timeStamp     error
	statement     [32]byte        // SHA-256 of the pledge statement
	signedByID    bool            // pledge_signature holds
	signer        *pastel.KeyHash // whose key made address_signature, nil if none did
}

// activateFacts is what an activation ticket tells without any state. Its signature is the operator's, whom only the state
// knows, and its list costs too much to be decoded for a pool that does not exist or takes none.
type activateFacts struct {
	pool     ticket.PoolID
	listed   []ticket.Participant // empty means every live pledge
	signedBy func(operator pastelid.PastelID) bool
}

// Prepare does all that needs no state for the block at height h: it finds tickets, decodes them, checks Ed448 signatures
// and recovers who made address signatures. It may run on many blocks at once, ahead of Apply.
func Prepare(params *Params, h pastel.Height, b *pastel.Block) *Prepared {
	p := &Prepared{Height: h, Hash: b.Hash(), Prev: b.Header.Prev, Time: b.Header.Time, Txs: b.Txs}
	for i := 1; i < len(b.Txs); i++ {
		p.look(params, i)
	}
	return p
}

// look finds what transaction i carries, and whether it spends escrow. Before StartHeight neither tickets nor escrow are.
func (p *Prepared) look(params *Params, i int) {
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

// ticketVersion is the newest version of a ticket that counts (protocol 2). A newer one begins to count at a fork (Params): below it, such a
// ticket stays the bad_version or malformed that it was.
const ticketVersion = 1

// prepareTx looks into one transaction. Before StartHeight there are registrations, but no tickets (protocol 1).
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
		return f // nothing else is looked at
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
		return f // rejected before a signature is looked at
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
