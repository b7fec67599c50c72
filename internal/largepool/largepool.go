// Package largepool makes chains for tests and benchmarks of what people look at: a pool of 500 pledges, and pools of any names. Tickets, signatures and
// formats are real, there is no proof of work, and the bytes are always the same.
package largepool

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Sizes of the pool. One PastelID holds all pledges beyond one for each of the others.
const (
	Pledges = 500 // the maximum for a pool
	OfOne   = 100 // pledges of the PastelID with the most
	People  = Pledges - OfOne + 1

	coins    = 20   // PSL, per pledge
	required = 9000 // PSL
	factor   = "1.1"
	fee      = "5" // %
	period   = 20  // blocks
	earning  = 254 // blocks with income: enough for payouts to be mined, and for earnings since the last settlement
	reward   = 1250 * pastel.PSL
)

// Chain is the chain, with the pool and its members.
type Chain struct {
	pool.Params
	Blocks  []*pool.Prepared // from height 0
	Pool    ticket.PoolID
	Members []string // PastelIDs; the first has OfOne pledges, the last two share a reward address
}

// Make returns the chain. It is made only once; do not change it.
var Make = sync.OnceValues(func() (*Chain, error) {
	m, err := newMaker()
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{m.mine, m.people, m.open, m.join, m.activate, m.earn} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("block %d: %w", len(m.Blocks), err)
		}
	}
	return m.Chain, nil
})

func newMaker() (*maker, error) {
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		return nil, err
	}
	state, err := pool.New(net, false)
	return &maker{Chain: &Chain{Params: net}, state: state}, err
}

// maker is a growing chain.
type maker struct {
	*Chain
	state *pool.State
	next  []pastel.Tx // for the next block, after the coinbase
	made  uint64      // number of transactions, to make each unique

	operator, supernode *pastelid.PrivateKey
	members             []*pastelid.PrivateKey
	funds               pastel.TxID // its output k backs pledge k
}

// began is the time of block 0; blocks come every 150 seconds.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (m *maker) now() int64 { return began.Unix() + int64(len(m.Blocks))*150 }

// tx makes a transaction that spends nothing known to the rules.
func (m *maker) tx(outs []pastel.TxOut) pastel.Tx {
	m.made++
	in := pastel.TxIn{Sequence: 0xffffffff}
	binary.LittleEndian.PutUint64(in.PrevOut.TxID[:], m.made)
	return *pastel.NewTx(true, []pastel.TxIn{in}, outs)
}

// mine makes a block of the waiting transactions. It pays the Supernode of an active pool.
func (m *maker) mine() error {
	height := pastel.Height(len(m.Blocks))
	null := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, Sequence: 0xffffffff, ScriptSig: binary.LittleEndian.AppendUint32([]byte{4}, uint32(height))}
	outs := []pastel.TxOut{{Value: 5 * pastel.PSL, Script: []byte{0x51}}} // to anyone
	if p, found := m.state.Pool(m.Pool); found && p.Status == pool.Active {
		outs = append(outs, pastel.TxOut{Value: reward, Script: p.Escrow.Script()})
		for _, po := range p.Pending {
			if po.ValidFrom <= height {
				m.next = append(m.next, *po.Tx)
			}
		}
	}
	txs := append([]pastel.Tx{*pastel.NewTx(true, []pastel.TxIn{null}, outs)}, m.next...)
	b := pool.Prepare(&m.Params, height, pastel.NewBlock(pastel.BlockHeader{
		Version: 4, Prev: m.state.Tip().Hash, Time: uint32(m.now()),
	}, txs))
	u, err := m.state.Apply(b)
	if err != nil {
		return err
	}
	for i := range u.Events {
		if u.Events[i].Type == pool.TicketRejected {
			return fmt.Errorf("a ticket was rejected: %s", u.Events[i].Reason)
		}
	}
	m.Blocks, m.next = append(m.Blocks, b), nil
	return nil
}

// identity returns the PastelID with a number.
func identity(k int) (*pastelid.PrivateKey, error) {
	var seed [pastelid.SeedSize]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(k)+1)
	return pastelid.FromSeed(seed[:])
}

// wallet returns the key of pledge k's address.
func wallet(k int) (*pastel.PrivateKey, error) {
	var b [32]byte
	binary.BigEndian.PutUint64(b[24:], uint64(k)+1)
	return pastel.PrivateKeyFromBytes(b)
}

// register adds a PastelID's registration to the next block.
func (m *maker) register(id *pastelid.PrivateKey) error {
	outs, err := ticket.NewRegistration(id, "", m.address(pastel.KeyHash{}), m.now()).Outputs(m.RegistrationFee(pastel.Height(len(m.Blocks))))
	if err == nil {
		m.next = append(m.next, m.tx(append(outs, pastel.TxOut{Script: []byte{0x51}})))
	}
	return err
}

// people registers everyone and hands out the coins that they will pledge.
func (m *maker) people() error {
	for k := range People + 2 {
		id, err := identity(k)
		if err != nil {
			return err
		}
		switch k {
		case 0:
			m.operator = id
		case 1:
			m.supernode = id
		default:
			m.members = append(m.members, id)
			m.Members = append(m.Members, id.ID().String())
		}
		if err := m.register(id); err != nil {
			return err
		}
	}
	var outs []pastel.TxOut
	for k := range Pledges {
		key, err := wallet(k)
		if err != nil {
			return err
		}
		outs = append(outs, pastel.TxOut{Value: coins * pastel.PSL, Script: pastel.P2PKH(key.KeyHash())})
	}
	funds := m.tx(outs)
	m.funds = funds.ID()
	m.next = append(m.next, funds)
	return m.mine()
}

func (m *maker) address(h pastel.KeyHash) string {
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: h}.Encode(&m.Network)
}

// post adds a ticket to the next block.
func (m *maker) post(t *ticket.Ticket) error {
	c, err := ticket.NewContract(t, fmt.Sprintf("large-%d", m.made), m.now())
	if err != nil {
		return err
	}
	outs, err := c.Outputs(m.ContractFee, true)
	if err != nil {
		return err
	}
	m.next = append(m.next, m.tx(append(outs, pastel.TxOut{Script: []byte{0x51}})))
	return nil
}

func (m *maker) open() error {
	id, err := m.init(m.operator, m.supernode, "large", "Atlas Operations")
	if err != nil {
		return err
	}
	m.Pool = id
	return m.mine()
}

// init posts the ticket that opens a pool.
func (m *maker) init(operator, supernode *pastelid.PrivateKey, label, company string) (ticket.PoolID, error) {
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SubscriptionPeriod: period, RequiredCoins: required, Company: company,
		SupernodePastelID: supernode.ID().String(), OperatorPastelID: operator.ID().String(),
		OperatorFeeAddress: m.address(pastel.KeyHash{1}),
	}
	var err error
	if x.Factor, err = ticket.ParseDecimal(factor); err != nil {
		return "", err
	}
	if x.Fee, err = ticket.ParseDecimal(fee); err != nil {
		return "", err
	}
	x.SmartPoolID = x.IDFor(label)
	x.AgreementSignature = operator.SignBase64([]byte(x.AgreementStatement(m.Name)))
	x.SmartPoolSignature = supernode.SignBase64([]byte(x.SmartPoolStatement(m.Name)))
	return x.SmartPoolID, m.post(x.Ticket())
}

// join posts every pledge: those of the first PastelID, then one for each other.
func (m *maker) join() error {
	const inBlock = 100
	for k := range Pledges {
		who := m.members[max(0, k-OfOne+1)]
		key, err := wallet(k)
		if err != nil {
			return err
		}
		to, err := wallet(min(k, Pledges-2)) // the last two share an address
		if err != nil {
			return err
		}
		x := &ticket.Part{
			Version: ticket.KindPart.Newest(), SmartPoolID: m.Pool, PastelID: who.ID().String(), PledgedCoins: coins, TxID: m.funds.String(), Vout: int64(k),
			RewardAddress: m.address(to.KeyHash()), TimeStamp: ticket.FormatTimeStamp(m.now()),
		}
		statement := x.PledgeStatement(m.Name)
		x.PledgeSignature, x.AddressSignature = who.SignBase64([]byte(statement)), key.SignMessage(statement)
		if err := m.post(x.Ticket()); err != nil {
			return err
		}
		if k%inBlock == inBlock-1 {
			if err := m.mine(); err != nil {
				return err
			}
		}
	}
	return nil
}

// activate makes every pledger a member.
func (m *maker) activate() error {
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: m.Pool}
	x.OperatorSignature = m.operator.SignBase64([]byte(x.OperatorStatement(m.Name)))
	if err := m.post(x.Ticket()); err != nil {
		return err
	}
	return m.mine()
}

// earn mines blocks with income for the pool, and its payouts.
func (m *maker) earn() error {
	for range earning {
		if err := m.mine(); err != nil {
			return err
		}
	}
	return nil
}
