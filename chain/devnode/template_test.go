package devnode_test

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// An external miner builds a block from getblocktemplate's answer, and the node accepts it.
func TestOutsideMiner(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	p.must(p.Launch(ctx))
	p.mine(ahead)
	address, err := p.Client.NewAddress(ctx)
	p.must(err)
	parent, err := p.Client.SendTo(ctx, address, 10*pastel.PSL)
	p.must(err)
	p.toEscrow(200 * pastel.PSL) // may spend the change of the previous one
	type transaction struct {
		Data    string
		Hash    string
		Depends []int
		Fee     pastel.Amount
	}
	var told struct {
		PreviousBlockHash string
		Transactions      []transaction
		CoinbaseTxn       transaction
		CurTime           uint32
		Height            pastel.Height
		MasternodeInfo    struct {
			Payee, Script string
			Amount        pastel.Amount
		}
	}
	p.must(p.Client.Call(ctx, "getblocktemplate", &told, map[string]any{"mode": "template", "capabilities": []string{"coinbasetxn"}}))
	height, hash := p.tip()
	if told.Height != height+1 || told.PreviousBlockHash != hash.String() || len(told.Transactions) != 2 || told.Transactions[0].Hash != parent.String() {
		t.Fatalf("on block %d the template is %+v", height, told)
	}
	escrow := ticket.EscrowAddress(p.Pool)
	if pays := told.MasternodeInfo; pays.Payee != escrow.Encode(&p.Net) || pays.Script != hex.EncodeToString(escrow.Script()) ||
		pays.Amount != (6250*pastel.PSL-told.CoinbaseTxn.Fee)/5 {
		t.Errorf("the Supernode's payment is %+v", pays)
	}
	var fees pastel.Amount
	var txs []pastel.Tx
	for _, x := range append([]transaction{told.CoinbaseTxn}, told.Transactions...) {
		raw, err := hex.DecodeString(x.Data)
		p.must(err)
		tx, err := pastel.ParseTx(raw)
		p.must(err)
		if tx.ID().String() != x.Hash {
			t.Errorf("transaction %s is called %s", tx.ID(), x.Hash)
		}
		fees += x.Fee
		txs = append(txs, *tx)
	}
	depends := 0
	for _, in := range txs[2].Inputs {
		if in.PrevOut.TxID == parent {
			depends++
		}
	}
	if got := told.Transactions[1].Depends; fees != 0 || len(got) != depends || depends > 0 && got[0] != 1 {
		t.Errorf("fees do not add up by %d patoshi, the second transaction depends on %v", fees, got)
	}
	header := p.last().Header
	header.Prev, header.Time = hash, told.CurTime
	good := pastel.NewBlock(header, txs)
	propose := func(b *pastel.Block) (answer any) {
		t.Helper()
		p.must(p.Client.Call(ctx, "getblocktemplate", &answer, map[string]any{"mode": "proposal", "data": hex.EncodeToString(b.Bytes())}))
		return answer
	}
	early := header
	early.Time = 1
	astray := header
	astray.Prev[0]++
	greedy := append([]pastel.Tx{*pastel.NewTx(true, txs[0].Inputs, append(txs[0].Outputs, txs[0].Outputs[0]))}, txs[1:]...)
	for name, x := range map[string]struct {
		block *pastel.Block
		want  any
	}{
		"good":           {good, nil},
		"too early":      {pastel.NewBlock(early, txs), "time-too-old"},
		"another parent": {pastel.NewBlock(astray, txs), "inconclusive-not-best-prevblk"},
		"too much":       {pastel.NewBlock(header, greedy), "bad-cb-amount"},
		"spends nothing": {pastel.NewBlock(header, append(txs, txs[1])), "bad-tx"},
		"the tip":        {p.last(), "duplicate"},
	} {
		if got := propose(x.block); got != x.want {
			t.Errorf("%s: got %v, want %v", name, got, x.want)
		}
	}
	p.must(p.node.SubmitBlock(ctx, good.Bytes()))
	if h, _ := p.tip(); h != told.Height || len(p.node.Mempool()) != 0 {
		t.Errorf("the node is at block %d, the mempool holds %v", h, p.node.Mempool())
	}
	var answer any
	for _, wrong := range []map[string]any{{"mode": "other"}, {"mode": 1}, {"mode": "proposal"}, {"mode": "proposal", "data": "zz"}} {
		if err := p.Client.Call(ctx, "getblocktemplate", &answer, wrong); err == nil {
			t.Errorf("%v is answered with %v", wrong, answer)
		}
	}
}
