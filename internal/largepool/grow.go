package largepool

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Plan says what chain to grow.
type Plan struct {
	Params   pool.Params
	Pools    int
	Pledges  int    // of each pool; 0 means the maximum. A fifth of them, or one, belong to one PastelID
	Coins    int64  // PSL, of each pledge
	Required int64  // PSL, of each pool
	Factor   string // of overcollateralization
	Period   int64  // of subscription, blocks
	Earning  int    // blocks at the end, each with the income of one pool in turn
	Began    time.Time
	// Wave is how many pools register, open, fill and start together; 0 means 1. Three fill blocks of 2 MB.
	Wave int
}

// Grown is a pool of a grown chain.
type Grown struct {
	ID      ticket.PoolID
	Members []string // PastelIDs; the first has several pledges, the last two share a reward address

	number              int
	operator, supernode *pastelid.PrivateKey
	members             []*pastelid.PrivateKey
	funds               pastel.TxID // its output k backs pledge k
	escrow              pastel.Script
}

// Grow makes a chain block by block and hands each block to next, which must not change it.
func Grow(plan Plan, next func(*pastel.Block, *pool.Prepared) error) ([]*Grown, error) {
	m, err := newMaker(plan, next)
	if err != nil {
		return nil, err
	}
	if err := m.grow(); err != nil {
		return nil, fmt.Errorf("block %d: %w", m.height(), err)
	}
	return m.pools, nil
}

// maker is a growing chain.
type maker struct {
	Plan
	state *pool.State
	keep  func(*pastel.Block, *pool.Prepared) error
	next  []pastel.Tx // for the next block, after the coinbase
	made  uint64      // number of transactions, to make each unique
	pools []*Grown
	due   []pool.Payout // settled and not mined
	paid  int           // blocks with income
}

func newMaker(plan Plan, next func(*pastel.Block, *pool.Prepared) error) (*maker, error) {
	if plan.Pledges == 0 {
		plan.Pledges = Pledges
	}
	state, err := pool.New(plan.Params, false)
	return &maker{Plan: plan, state: state, keep: next}, err
}

func (m *maker) grow() error {
	if err := m.mine(); err != nil {
		return err
	}
	for number := 0; number < m.Pools; {
		wave := make([]*Grown, 0, max(1, m.Wave))
		for ; number < m.Pools && len(wave) < cap(wave); number++ {
			wave = append(wave, &Grown{number: number})
		}
		if err := m.start(wave); err != nil {
			return err
		}
		m.pools = append(m.pools, wave...)
	}
	for range m.Earning {
		if err := m.mine(); err != nil {
			return err
		}
	}
	return nil
}

// start opens pools, fills them and makes them active.
func (m *maker) start(wave []*Grown) error {
	all := func(do func(g *Grown) error) error {
		for _, g := range wave {
			if err := do(g); err != nil {
				return err
			}
		}
		return nil
	}
	if err := all(m.people); err != nil {
		return err
	}
	for range m.Params.PledgeConfirmations {
		if err := m.mine(); err != nil {
			return err
		}
	}
	if err := all(m.open); err != nil {
		return err
	}
	if err := m.mine(); err != nil {
		return err
	}
	const inBlock = 100 // pledges of a pool
	for from := 0; from < m.Pledges; from += inBlock {
		if err := all(func(g *Grown) error { return m.join(g, from, min(inBlock, m.Pledges-from)) }); err != nil {
			return err
		}
		if err := m.mine(); err != nil {
			return err
		}
	}
	if err := all(m.activate); err != nil {
		return err
	}
	if err := m.mine(); err != nil {
		return err
	}
	return all(func(g *Grown) error {
		p, _ := m.state.Pool(g.ID)
		if p.Status != pool.Active {
			return fmt.Errorf("pool %s is %s", g.ID, p.Status)
		}
		g.escrow = p.Escrow.Script()
		return nil
	})
}

func (m *maker) height() pastel.Height { return m.state.Tip().Height + 1 }

// now is the time of the next block; blocks come every 150 seconds.
func (m *maker) now() int64 { return m.Began.Unix() + int64(m.height())*150 }

// tx makes a transaction that spends nothing known to the rules.
func (m *maker) tx(outs []pastel.TxOut) pastel.Tx {
	m.made++
	in := pastel.TxIn{Sequence: 0xffffffff}
	binary.LittleEndian.PutUint64(in.PrevOut.TxID[:], m.made)
	return *pastel.NewTx(true, []pastel.TxIn{in}, outs)
}

// mine makes a block of the waiting transactions and the payouts that are due. Once pools are active, it pays one of them, in turn.
func (m *maker) mine() error {
	height := m.height()
	null := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, Sequence: 0xffffffff, ScriptSig: binary.LittleEndian.AppendUint32([]byte{4}, uint32(height))}
	outs := []pastel.TxOut{{Value: 5 * pastel.PSL, Script: []byte{0x51}}} // to anyone
	if len(m.pools) > 0 {
		outs = append(outs, pastel.TxOut{Value: reward, Script: m.pools[m.paid%len(m.pools)].escrow})
		m.paid++
	}
	wait := m.due[:0]
	for _, po := range m.due {
		if po.ValidFrom <= height {
			m.next = append(m.next, *po.Tx)
		} else {
			wait = append(wait, po)
		}
	}
	m.due = wait
	txs := append([]pastel.Tx{*pastel.NewTx(true, []pastel.TxIn{null}, outs)}, m.next...)
	whole := pastel.NewBlock(pastel.BlockHeader{Version: 4, Prev: m.state.Tip().Hash, Time: uint32(m.now())}, txs)
	b := pool.Prepare(&m.Params, height, whole)
	u, err := m.state.Apply(b)
	if err != nil {
		return err
	}
	for i := range u.Events {
		if u.Events[i].Type == pool.TicketRejected {
			return fmt.Errorf("a ticket was rejected: %s", u.Events[i].Reason)
		}
	}
	m.due, m.next = append(m.due, u.Settled...), nil
	return m.keep(whole, b)
}

// identity returns the PastelID with a number.
func identity(k int) (*pastelid.PrivateKey, error) {
	var seed [pastelid.SeedSize]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(k)+1)
	return pastelid.FromSeed(seed[:])
}

// ofOne is how many pledges the first PastelID of a pool has; each other has one.
func (m *maker) ofOne() int { return max(1, m.Pledges/(Pledges/OfOne)) }

// wallet returns the key of the address of a pool's pledge k.
func (g *Grown) wallet(k int) (*pastel.PrivateKey, error) {
	var b [32]byte
	binary.BigEndian.PutUint64(b[24:], uint64(g.number*Pledges+k)+1)
	return pastel.PrivateKeyFromBytes(b)
}

// registration returns the outputs that register a PastelID in the next block.
func (m *maker) registration(id *pastelid.PrivateKey) ([]pastel.TxOut, error) {
	return ticket.NewRegistration(id, "", m.address(pastel.KeyHash{}), m.now()).Outputs(m.Params.RegistrationFee(m.height()))
}

// people registers everyone of a pool and hands out the coins that they will pledge.
func (m *maker) people(g *Grown) error {
	ids := make([]*pastelid.PrivateKey, m.Pledges-m.ofOne()+1+2)
	err := m.each(len(ids), func(k, _ int) ([]pastel.TxOut, error) {
		id, err := identity(g.number*(People+2) + k)
		if err != nil {
			return nil, err
		}
		ids[k] = id
		return m.registration(id)
	})
	if err != nil {
		return err
	}
	g.operator, g.supernode, g.members = ids[0], ids[1], ids[2:]
	for _, id := range g.members {
		g.Members = append(g.Members, id.ID().String())
	}
	var outs []pastel.TxOut
	for k := range m.Pledges {
		key, err := g.wallet(k)
		if err != nil {
			return err
		}
		outs = append(outs, pastel.TxOut{Value: pastel.Amount(m.Coins) * pastel.PSL, Script: pastel.P2PKH(key.KeyHash())})
	}
	funds := m.tx(outs)
	g.funds = funds.ID()
	m.next = append(m.next, funds)
	return nil
}

func (m *maker) address(h pastel.KeyHash) string {
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: h}.Encode(&m.Params.Network)
}

// each adds transactions to the next block. It makes what they carry on all processors at once; made is a transaction's number.
func (m *maker) each(count int, carried func(i, made int) ([]pastel.TxOut, error)) error {
	outs, made := make([][]pastel.TxOut, count), int(m.made)
	var signing errgroup.Group
	signing.SetLimit(runtime.GOMAXPROCS(0))
	for i := range outs {
		signing.Go(func() (err error) {
			outs[i], err = carried(i, made+i)
			return err
		})
	}
	if err := signing.Wait(); err != nil {
		return err
	}
	for _, o := range outs {
		m.next = append(m.next, m.tx(append(o, pastel.TxOut{Script: []byte{0x51}})))
	}
	return nil
}

// outputs returns the outputs that carry a ticket in a transaction with a number.
func (m *maker) outputs(t *ticket.Ticket, made int) ([]pastel.TxOut, error) {
	c, err := ticket.NewContract(t, fmt.Sprintf("large-%d", made), m.now())
	if err != nil {
		return nil, err
	}
	return c.Outputs(m.Params.ContractFee, true)
}

// post adds a ticket to the next block.
func (m *maker) post(t *ticket.Ticket) error {
	return m.each(1, func(_, made int) ([]pastel.TxOut, error) { return m.outputs(t, made) })
}

func (m *maker) open(g *Grown) (err error) {
	company := "Atlas Operations"
	if g.number > 0 {
		company = fmt.Sprintf("%s %d", company, g.number/40+1) // as a company runs many pools
	}
	g.ID, err = m.init(g.operator, g.supernode, "large", company)
	return err
}

// init posts the ticket that opens a pool.
func (m *maker) init(operator, supernode *pastelid.PrivateKey, label, company string) (ticket.PoolID, error) {
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SubscriptionPeriod: m.Period, RequiredCoins: m.Required, Company: company,
		SupernodePastelID: supernode.ID().String(), OperatorPastelID: operator.ID().String(),
		OperatorFeeAddress: m.address(pastel.KeyHash{1}),
	}
	var err error
	if x.Factor, err = ticket.ParseDecimal(m.Factor); err != nil {
		return "", err
	}
	if x.Fee, err = ticket.ParseDecimal(fee); err != nil {
		return "", err
	}
	x.SmartPoolID = x.IDFor(label)
	x.AgreementSignature = operator.SignBase64([]byte(x.AgreementStatement(m.Params.Name)))
	x.SmartPoolSignature = supernode.SignBase64([]byte(x.SmartPoolStatement(m.Params.Name)))
	return x.SmartPoolID, m.post(x.Ticket())
}

// join posts pledges of a pool: those of the first PastelID come first, then one for each other.
func (m *maker) join(g *Grown, from, count int) error {
	return m.each(count, func(i, made int) ([]pastel.TxOut, error) {
		t, err := m.pledge(g, from+i)
		if err != nil {
			return nil, err
		}
		return m.outputs(t, made)
	})
}

// pledge signs a pool's pledge k.
func (m *maker) pledge(g *Grown, k int) (*ticket.Ticket, error) {
	who := g.members[max(0, k-m.ofOne()+1)]
	key, err := g.wallet(k)
	if err != nil {
		return nil, err
	}
	to, err := g.wallet(min(k, m.Pledges-2)) // the last two share an address
	if err != nil {
		return nil, err
	}
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: g.ID, PastelID: who.ID().String(), PledgedCoins: m.Coins, TxID: g.funds.String(), Vout: int64(k),
		RewardAddress: m.address(to.KeyHash()), TimeStamp: ticket.FormatTimeStamp(m.now()),
	}
	statement := x.PledgeStatement(m.Params.Name)
	x.PledgeSignature, x.AddressSignature = who.SignBase64([]byte(statement)), key.SignMessage(statement)
	return x.Ticket(), nil
}

// activate makes every pledger a member.
func (m *maker) activate(g *Grown) error {
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: g.ID}
	x.OperatorSignature = g.operator.SignBase64([]byte(x.OperatorStatement(m.Params.Name)))
	return m.post(x.Ticket())
}
