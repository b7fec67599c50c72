package pool

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A sim feeds a state blocks whose tickets skip the signature checks: it fills in what Prepare would have found. That
// makes random histories a thousand times faster than real tickets, which the recorded chains and scenarios cover.
type sim struct {
	s     *State
	nonce uint64
	block *Prepared // being built
	undos []*Undo

	settled []Payout // ever
}

func simNetwork() pastel.Network {
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		panic(err)
	}
	net.Collateral = 1000 * pastel.PSL
	net.CoinbaseMaturity, net.PayoutExpiry, net.IdleLimit = 8, 12, 20
	return net
}

func newSim(t interface{ Fatal(...any) }, net pastel.Network) *sim {
	s, err := New(net, false)
	if err != nil {
		t.Fatal(err)
	}
	sim := &sim{s: s}
	sim.start()
	return sim
}

// start begins the next block.
func (m *sim) start() {
	m.nonce++
	m.block = &Prepared{Height: m.s.tip.Height + 1, Prev: m.s.tip.Hash, Time: uint32(1_600_000_000 + m.nonce)}
	binary.LittleEndian.PutUint64(m.block.Hash[:], m.nonce)
	m.block.Txs = append(m.block.Txs, *pastel.NewTx(true, []pastel.TxIn{m.input(pastel.OutPoint{Vout: 0xffffffff})}, nil))
	m.coinbase()
}

// coinbase rebuilds the first transaction with more outputs.
func (m *sim) coinbase(outs ...pastel.TxOut) {
	old := m.block.Txs[0]
	in := m.input(pastel.OutPoint{Vout: 0xffffffff})
	m.block.Txs[0] = *pastel.NewTx(true, []pastel.TxIn{in}, append(slices.Clone(old.Outputs), outs...))
}

// input has a script that makes its transaction unlike any other.
func (m *sim) input(out pastel.OutPoint) pastel.TxIn {
	m.nonce++
	return pastel.TxIn{PrevOut: out, ScriptSig: binary.LittleEndian.AppendUint64(nil, m.nonce), Sequence: 0xffffffff}
}

// tx adds a transaction and returns its index in the block. Without inputs it spends something the rules do not know.
func (m *sim) tx(ins []pastel.OutPoint, outs ...pastel.TxOut) int {
	if len(ins) == 0 {
		m.nonce++
		ins = []pastel.OutPoint{{TxID: pastel.TxID(sha256.Sum256(binary.LittleEndian.AppendUint64(nil, m.nonce)))}}
	}
	list := make([]pastel.TxIn, len(ins))
	for i, out := range ins {
		list[i] = m.input(out)
	}
	m.block.Txs = append(m.block.Txs, *pastel.NewTx(true, list, outs))
	return len(m.block.Txs) - 1
}

func (m *sim) carry(c carried, outs ...pastel.TxOut) {
	c.index = m.tx(nil, outs...)
	m.block.carried = append(m.block.carried, c)
}

func simID(k int) pastelid.PastelID {
	return pastelid.PastelID(append([]byte{byte(k), byte(k >> 8)}, make([]byte, 55)...))
}

func simOwner(k int) pastel.KeyHash { return pastel.KeyHash{byte(k), byte(k >> 8), 0xaa} }

func simReward(k int) pastel.Address {
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{byte(k), byte(k >> 8), 0xbb}}
}

func (m *sim) register(k int) { m.carry(carried{registers: true, registrant: simID(k)}) }

func simTerms(label string, net *pastel.Network, required, factor, fee int64, period pastel.Height, operator, supernode int) Terms {
	sum := sha256.Sum256([]byte(label))
	return Terms{
		ID: ticket.PoolID(fmt.Sprintf("%s.%x", label, sum[:20])), Supernode: simID(supernode), Operator: simID(operator),
		Company: "Acme", FeeAddress: simReward(1000 + operator), Required: required, Factor: factor,
		Target: (required*factor + 9999) / 10000, Fee: fee, Period: period,
	}
}

func (m *sim) init(t Terms) { m.carry(carried{init: &initFacts{pool: t, signed: true}}) }

// part posts a pledge whose signatures hold.
func (m *sim) part(id ticket.PoolID, who int, coins int64, out pastel.OutPoint, owner pastel.KeyHash, reward pastel.Address) {
	m.nonce++
	m.carry(carried{part: &partFacts{
		pool: id, coins: coins, who: simID(who), output: out, outputOK: true, reward: reward,
		time: int64(m.block.Time), statement: sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("s"), m.nonce)),
		signedByID: true, signer: &owner,
	}})
}

func (m *sim) activate(id ticket.PoolID, list ...ticket.Participant) {
	m.carry(carried{activate: &activateFacts{pool: id, listed: list, signedBy: func(pastelid.PastelID) bool { return true }}})
}

// participant is a pair as an activation ticket lists it.
func (m *sim) participant(who pastelid.PastelID, owner pastel.KeyHash) ticket.Participant {
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: owner}
	return ticket.Participant{PastelID: who.String(), Address: address.Encode(&m.s.net)}
}

func (m *sim) reward(id ticket.PoolID, amount pastel.Amount) {
	m.coinbase(pastel.TxOut{Value: amount, Script: m.s.pools[id].escrowAddress().Script()})
}

func pay(owner pastel.KeyHash, amount pastel.Amount) pastel.TxOut {
	return pastel.TxOut{Value: amount, Script: pastel.P2PKH(owner)}
}

// mine applies the block and starts the next.
func (m *sim) mine(t interface{ Fatalf(string, ...any) }) *Update {
	u, err := m.s.Apply(m.block)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	m.undos = append(m.undos, u.Undo)
	m.start()
	return u
}

// coinList returns the state's coins in a fixed order.
func (m *sim) coinList() []pastel.OutPoint {
	var list []pastel.OutPoint
	m.s.coins.Each(func(_ table.Ref, out pastel.OutPoint, _ *coin) { list = append(list, out) })
	slices.SortFunc(list, pastel.OutPoint.Compare)
	return list
}

// randomBlock fills the block being built with whatever rapid draws.
func (m *sim) randomBlock(t *rapid.T) {
	spent := map[pastel.OutPoint]bool{}
	for range rapid.IntRange(0, 4).Draw(t, "actions") {
		m.randomAction(t, spent)
	}
}

const (
	simPeople = 8
	simOwners = 6
)

func (m *sim) randomAction(t *rapid.T, spent map[pastel.OutPoint]bool) {
	net := &m.s.net
	pools := m.s.Pools()
	pool := func() ticket.PoolID { return rapid.SampledFrom(pools).Draw(t, "pool") }
	person := rapid.IntRange(0, simPeople-1)
	owner := rapid.IntRange(0, simOwners-1)
	value := func() pastel.Amount {
		return rapid.SampledFrom([]pastel.Amount{9, 10, 35, 150, 300, 500, 999, 1000, 2500}).Draw(t, "PSL") * pastel.PSL
	}
	action := rapid.IntRange(0, 15).Draw(t, "action")
	if len(pools) == 0 && action > 4 {
		action = 3
	}
	switch action {
	case 0:
		m.register(person.Draw(t, "who"))
	case 1, 2:
		var outs []pastel.TxOut
		for range rapid.IntRange(1, 4).Draw(t, "outputs") {
			outs = append(outs, pay(simOwner(owner.Draw(t, "owner")), value()))
		}
		m.tx(nil, outs...)
	case 3:
		label := fmt.Sprintf("pool%d", rapid.IntRange(0, 30).Draw(t, "label"))
		m.init(simTerms(label, net, 1000, rapid.SampledFrom([]int64{10000, 11000, 15000}).Draw(t, "factor"),
			rapid.SampledFrom([]int64{300, 500, 1234}).Draw(t, "fee"), pastel.Height(rapid.IntRange(5, 12).Draw(t, "period")),
			person.Draw(t, "operator"), person.Draw(t, "supernode")))
	case 4, 5, 6:
		coins := m.coinList()
		if len(coins) == 0 || len(pools) == 0 {
			return
		}
		out := rapid.SampledFrom(coins).Draw(t, "coin")
		c := m.s.coins.At(m.s.coins.Find(out))
		n := rapid.Int64Range(10, max(10, int64(c.value/pastel.PSL))).Draw(t, "coins")
		m.part(pool(), person.Draw(t, "who"), n, out, c.owner, simReward(owner.Draw(t, "reward")))
	case 14, 15:
		m.randomFill(t, pool())
	case 7:
		id := pool()
		var list []ticket.Participant
		if rapid.Bool().Draw(t, "explicit") {
			for _, n := range m.s.namedPairs(m.s.pools[id].named) {
				list = append(list, m.participant(n.who, n.owner))
			}
		}
		m.activate(id, list...)
	case 8, 9:
		m.reward(pool(), pastel.Amount(rapid.Int64Range(int64(net.MinEscrowCoinbase), 2000*int64(pastel.PSL)).Draw(t, "reward")))
	case 10:
		m.tx(nil, pastel.TxOut{Value: value(), Script: m.s.pools[pool()].escrowAddress().Script()})
	case 11, 12:
		m.randomSpend(t, spent)
	case 13:
		for _, po := range m.s.Payouts() {
			if po.ValidFrom <= m.block.Height && !spent[po.Tx.Inputs[0].PrevOut] {
				spent[po.Tx.Inputs[0].PrevOut] = true
				m.block.Txs = append(m.block.Txs, *po.Tx)
				return
			}
		}
	}
}

// randomFill lets several people join one pool with fresh outputs, and perhaps activates it.
func (m *sim) randomFill(t *rapid.T, id ticket.PoolID) {
	var outs []pastel.TxOut
	n := rapid.IntRange(1, 4).Draw(t, "joiners")
	first := rapid.IntRange(0, simOwners-1).Draw(t, "owner")
	for k := range n {
		outs = append(outs, pay(simOwner((first+k)%simOwners), 700*pastel.PSL))
	}
	i := m.tx(nil, outs...)
	for k := range n {
		out := pastel.OutPoint{TxID: m.block.Txs[i].ID(), Vout: uint32(k)}
		coins := rapid.Int64Range(200, 700).Draw(t, "coins")
		m.part(id, (first+k)%simPeople, coins, out, simOwner((first+k)%simOwners), simReward((first+k)%simOwners))
	}
	if rapid.Bool().Draw(t, "activate") {
		m.activate(id)
	}
}

// randomSpend moves coins, in part back to where they were.
func (m *sim) randomSpend(t *rapid.T, spent map[pastel.OutPoint]bool) {
	var ins []pastel.OutPoint
	var outs []pastel.TxOut
	coins := m.coinList()
	for range rapid.IntRange(1, 3).Draw(t, "inputs") {
		if len(coins) == 0 {
			return
		}
		out := rapid.SampledFrom(coins).Draw(t, "coin")
		if spent[out] {
			continue
		}
		spent[out] = true
		ins = append(ins, out)
		c := m.s.coins.At(m.s.coins.Find(out))
		if rapid.Bool().Draw(t, "back") {
			outs = append(outs, pay(c.owner, c.value-pastel.Amount(rapid.IntRange(0, 3).Draw(t, "less"))*50*pastel.PSL))
		}
	}
	if len(ins) == 0 {
		return
	}
	outs = slices.DeleteFunc(outs, func(o pastel.TxOut) bool { return o.Value <= 0 })
	i := m.tx(ins, outs...)
	// Sometimes the new output moves on within the block.
	if len(outs) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 {
		hash, _ := pastel.P2PKHHash(outs[0].Script)
		m.tx([]pastel.OutPoint{{TxID: m.block.Txs[i].ID()}}, pay(hash, outs[0].Value))
	}
}

// TestRandomHistories plays random blocks of several pools with random reorganizations: every block keeps the invariants,
// and taking blocks back restores the canonical bytes, from stored undo records too.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newSim(t, simNetwork())
		for k := range simPeople {
			m.register(k)
		}
		snapshots := [][]byte{m.s.Encode()}
		m.mine(t)
		snapshots = append(snapshots, m.s.Encode())
		for range rapid.IntRange(20, 160).Draw(t, "blocks") {
			if n := len(m.undos); n > 1 && rapid.IntRange(0, 19).Draw(t, "reorganize") == 0 {
				m.reorganize(t, rapid.IntRange(1, min(n-1, 30)).Draw(t, "depth"), &snapshots)
			}
			m.randomBlock(t)
			before := m.escrowed()
			u := m.mine(t)
			if err := m.s.Check(); err != nil {
				t.Fatal(err)
			}
			m.checkMoney(t, u, before)
			m.checkCoins(t)
			snapshots = append(snapshots, m.s.Encode())
		}
		again, err := Decode(m.s.net, false, m.s.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Encode(), m.s.Encode()) {
			t.Fatal("a decoded state encodes differently")
		}
		m.s = again
		m.reorganize(t, len(m.undos), &snapshots)
	})
}

// escrowed is all tracked escrow.
func (m *sim) escrowed() (sum pastel.Amount) {
	for _, e := range m.s.escrow {
		sum += e.value
	}
	return sum
}

// checkMoney: escrow grows by rewards and shrinks by what paid payouts gave away; settled payouts are transactions that
// spend what is there.
func (m *sim) checkMoney(t *rapid.T, u *Update, before pastel.Amount) {
	want := before
	for _, e := range u.Events {
		switch e.Type {
		case RewardReceived:
			want += e.Amount
		case PayoutPaid:
			i := slices.IndexFunc(m.settled, func(po Payout) bool { return po.Tx.ID() == e.TxID })
			for _, out := range m.settled[i].Outputs {
				want -= out.Amount
			}
		default:
		}
	}
	if got := m.escrowed(); got != want {
		t.Fatalf("escrow is %d, want %d", got, want)
	}
	for _, po := range u.Settled {
		m.settled = append(m.settled, po)
		tx, err := pastel.ParseTx(po.Tx.Bytes())
		if err != nil || tx.ID() != po.Tx.ID() {
			t.Fatalf("payout does not parse: %v", err)
		}
		var left pastel.Amount
		for _, out := range tx.Outputs {
			left += out.Value
		}
		for _, in := range tx.Inputs {
			e := m.s.escrow[in.PrevOut]
			if e == nil || e.payout == nil || e.payout.tx.ID() != tx.ID() {
				t.Fatalf("payout spends %s, which is not there for it", in.PrevOut)
			}
			left -= e.value
		}
		if left != 0 {
			t.Fatalf("payout's outputs are %d more than its inputs", left)
		}
	}
}

// checkCoins: every coin that backs pledges is counted once, for its owner.
func (m *sim) checkCoins(t *rapid.T) {
	sums := map[pastel.KeyHash]pastel.Amount{}
	m.s.coins.Each(func(_ table.Ref, _ pastel.OutPoint, c *coin) {
		if c.origin.backing() {
			sums[c.owner] += c.value
		}
	})
	m.s.backings.Each(func(_ table.Ref, owner pastel.KeyHash, b *backing) {
		var chained pastel.Amount
		for r := b.coins; r != 0; r = m.s.coins.At(r).next {
			if c := m.s.coins.At(r); c.owner != owner {
				t.Fatalf("a coin of %x backs %x", c.owner, owner)
			}
			chained += m.s.coins.At(r).value
		}
		if chained != b.value || sums[owner] != b.value {
			t.Fatalf("%x has %d, chained %d, counted %d", owner, b.value, chained, sums[owner])
		}
	})
}

// reorganize takes blocks back, and compares with what the state was.
func (m *sim) reorganize(t *rapid.T, depth int, snapshots *[][]byte) {
	for range depth {
		stored, err := DecodeUndo(m.undos[len(m.undos)-1].Encode())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.s.Revert(stored); err != nil {
			t.Fatal(err)
		}
		m.undos = m.undos[:len(m.undos)-1]
		*snapshots = (*snapshots)[:len(*snapshots)-1]
		if !bytes.Equal(m.s.Encode(), (*snapshots)[len(*snapshots)-1]) {
			t.Fatalf("state after taking block %d back differs from before", m.s.tip.Height+1)
		}
	}
	m.start()
}
