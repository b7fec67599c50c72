package pool

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A sim applies blocks whose tickets skip the signature checks: it fills in what Prepare would find. That makes random histories a
// thousand times faster than with real tickets, which the recorded chains and scenarios cover.
type sim struct {
	s     *State
	nonce uint64
	block *Prepared // being built
	undos []*Undo

	history []*Update // of the blocks that mustMine applied
	brief   bool      // keep no history
	late    int64     // seconds that blocks are later than one every 150 seconds
}

func simNetwork() Params {
	params, err := ParamsByName("regtest")
	if err != nil {
		panic(err)
	}
	params.Collateral = 1000 * pastel.PSL
	params.CoinbaseMaturity, params.PayoutExpiry, params.IdleLimit = 8, 12, 20
	return params
}

func newSim(t interface{ Fatal(...any) }, params Params) *sim {
	s, err := New(params, false)
	if err != nil {
		t.Fatal(err)
	}
	sim := &sim{s: s}
	sim.start()
	return sim
}

// start starts the next block.
func (m *sim) start() {
	m.nonce++
	m.block = &Prepared{Height: m.s.tip.Height + 1, Prev: m.s.tip.Hash, Time: uint32(1_600_000_000 + 150*int64(m.s.tip.Height+1) + m.late)}
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

// input returns an input whose script makes its transaction unique.
func (m *sim) input(out pastel.OutPoint) pastel.TxIn {
	m.nonce++
	return pastel.TxIn{PrevOut: out, ScriptSig: binary.LittleEndian.AppendUint64(nil, m.nonce), Sequence: 0xffffffff}
}

// tx adds a transaction and returns its index in the block. Without inputs it spends an output that the rules do not know.
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

func simTerms(label string, params *Params, required, factor, fee int64, period pastel.Height, operator, supernode int) Terms {
	sum := sha256.Sum256([]byte(label))
	return Terms{
		ID: ticket.PoolID(fmt.Sprintf("%s.%x", label, sum[:20])), Supernode: simID(supernode), Operator: simID(operator),
		Company: "Acme", FeeAddress: simReward(1000 + operator), Required: required, Factor: factor,
		Target: (required*factor + 9999) / 10000, Fee: fee, Period: period,
	}
}

func (m *sim) init(t Terms) { m.carry(carried{init: &initFacts{pool: t, signed: true}}) }

// part posts a pledge, or an amendment of one, whose signatures hold.
func (m *sim) part(id ticket.PoolID, who int, coins int64, out pastel.OutPoint, owner pastel.KeyHash, reward pastel.Address) *partFacts {
	m.nonce++
	f := &partFacts{
		pool: id, coins: coins, who: simID(who), output: out, outputOK: true, reward: reward,
		time: int64(m.block.Time), statement: sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("s"), m.nonce)),
		signedByID: true, signer: &owner,
	}
	m.carry(carried{part: f})
	return f
}

func (m *sim) activate(id ticket.PoolID, list ...ticket.Participant) {
	m.carry(carried{activate: &activateFacts{pool: id, listed: list, signedBy: func(pastelid.PastelID) bool { return true }}})
}

// participant returns a pair as an activation ticket lists it.
func (m *sim) participant(who pastelid.PastelID, owner pastel.KeyHash) ticket.Participant {
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: owner}
	return ticket.Participant{PastelID: who.String(), Address: address.Encode(&m.s.params.Network)}
}

func (m *sim) reward(id ticket.PoolID, amount pastel.Amount) {
	m.coinbase(pastel.TxOut{Value: amount, Script: m.s.pools[id].escrowAddress().Script()})
}

func pay(owner pastel.KeyHash, amount pastel.Amount) pastel.TxOut {
	return pastel.TxOut{Value: amount, Script: pastel.P2PKH(owner)}
}

// finish adds what Prepare finds in script signatures.
func (m *sim) finish() {
	m.block.escrowSpends = nil
	for i := range m.block.Txs {
		if i > 0 && slices.ContainsFunc(m.block.Txs[i].Inputs, func(in pastel.TxIn) bool { return ticket.SpendsEscrow(in.ScriptSig) }) {
			m.block.escrowSpends = append(m.block.escrowSpends, i)
		}
	}
}

// mine applies the block and starts the next.
func (m *sim) mine(t interface{ Fatalf(string, ...any) }) *Update {
	m.finish()
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
