package devnode_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// ahead is how many blocks ahead pasteld's Supernodes vote.
const ahead = 10

// launch starts the pool's Supernode and mines up to the block before the first that pays it.
func (p *played) launch() {
	p.t.Helper()
	p.activate()
	p.must(p.Launch(context.Background()))
	p.mine(ahead)
}

// escrow returns what the last block pays to the pool's escrow.
func (p *played) escrow() (sum pastel.Amount) {
	p.t.Helper()
	for _, o := range p.last().Txs[0].Outputs {
		if string(o.Script) == string(ticket.EscrowAddress(p.Pool).Script()) {
			sum += o.Value
		}
	}
	return sum
}

// winners returns masternode winners' text for a block.
func (p *played) winners(h pastel.Height) string {
	p.t.Helper()
	var list map[string]string
	p.must(p.Client.Call(context.Background(), "masternode", &list, "winners"))
	text, found := list[fmt.Sprint(h)]
	if !found {
		p.t.Fatalf("block %d is not among the winners %v", h, list)
	}
	return text
}

// status returns the status of the only Supernode in the list.
func (p *played) status() string {
	p.t.Helper()
	list, err := p.Client.Masternodes(context.Background())
	p.must(err)
	if len(list) != 1 {
		p.t.Fatalf("%d Supernodes are listed", len(list))
	}
	return list[0].Status
}

// A Supernode is voted for in the block after its start, and paid ten blocks later.
func TestVotesTenAhead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	p.must(p.Launch(ctx))
	start, _ := p.tip()
	mine := ticket.EscrowAddress(p.Pool).Encode(&p.Net) + ":1"
	for done := range pastel.Height(ahead + 2) {
		for h := start + done - ahead; h < start+done+20; h++ {
			want := "Unknown"
			if h > start+ahead && h <= start+done+ahead {
				want = mine
			}
			if got := p.winners(h); got != want {
				t.Fatalf("at block %d the votes for block %d are %q, want %q", start+done, h, got, want)
			}
		}
		p.mine(1)
		if got, want := p.escrow() > 0, done >= ahead; got != want {
			t.Fatalf("block %d after the start pays the escrow: %v, want %v", done+1, got, want)
		}
	}
}

// masternode winners takes and returns what pasteld's does: from some blocks back to 19 ahead, in order, those that contain a text.
func TestWinnersForm(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.launch()
	ask := func(params ...any) (heights []string, whole string) {
		t.Helper()
		var raw json.RawMessage
		p.must(p.Client.Call(ctx, "masternode", &raw, append([]any{"winners"}, params...)...))
		d := json.NewDecoder(strings.NewReader(string(raw)))
		for d.More() {
			token, err := d.Token()
			p.must(err)
			if _, open := token.(json.Delim); open {
				continue
			}
			heights = append(heights, fmt.Sprint(token))
			_, err = d.Token()
			p.must(err)
		}
		return heights, string(raw)
	}
	tip, _ := p.tip()
	list := func(from, to pastel.Height) (heights []string) {
		for h := from; h < to; h++ {
			heights = append(heights, fmt.Sprint(h))
		}
		return heights
	}
	escrow := ticket.EscrowAddress(p.Pool).Encode(&p.Net)
	for what, c := range map[string]struct {
		params []any
		want   []string
	}{
		"as a rule":         {nil, list(tip-10, tip+20)},
		"some blocks":       {[]any{3}, list(tip-3, tip+20)},
		"in words":          {[]any{"3"}, list(tip-3, tip+20)},
		"before the first":  {[]any{tip + 2}, list(-2, tip+20)},
		"with a filter":     {[]any{10, escrow}, list(tip+1, tip+11)},
		"with none to find": {[]any{10, "nobody"}, nil},
	} {
		if got, whole := ask(c.params...); !slices.Equal(got, c.want) {
			t.Errorf("%s: heights %v, want %v: %s", what, got, c.want, whole)
		}
	}
	var none any
	for _, wrong := range [][]any{{"winners", 1, "", 1}, {"winners", "few"}, {"winners", -1}, {"winners", 1e9}} {
		if err := p.Client.Call(ctx, "masternode", &none, wrong...); err == nil {
			t.Errorf("%v is answered with %v", wrong, none)
		}
	}
	var next struct {
		Height  pastel.Height
		Payee   string
		Address string `json:"IP:port"`
	}
	for command, h := range map[string]pastel.Height{"winner": tip + ahead, "current": tip + 1} {
		p.must(p.Client.Call(ctx, "masternode", &next, command))
		if next.Height != h || next.Payee != escrow || next.Address == "" {
			t.Errorf("masternode %s says %+v", command, next)
		}
	}
}

// A block that does not pay the payee of the votes is refused, also as a proposal.
func TestVoteIsEnforced(t *testing.T) {
	t.Parallel()
	p := play(t)
	p.launch()
	cheat := p.block(p.payee())
	if err := p.node.SubmitBlock(context.Background(), cheat.Bytes()); err == nil || !strings.HasPrefix(err.Error(), "bad-cb-amount: ") {
		t.Errorf("a block that does not pay the Supernode: %v", err)
	}
	p.mine(1)
	if p.escrow() != 6250*pastel.PSL/5 {
		t.Errorf("the block pays %s PSL to the escrow", p.escrow())
	}
}

// A paused Supernode stays in the list and is paid by earlier votes, gets no new ones, and resumes by itself.
func TestPausedSupernode(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.launch()
	p.must(p.Leave(ctx, p.Members[0]))
	p.mine(1)
	if s := p.state().Status; s != pool.Replenishing || p.status() != "ENABLED" {
		t.Fatalf("the pool is %s, its Supernode %s", s, p.status())
	}
	paused, _ := p.tip()
	if p.must(p.Launch(ctx)); p.status() != "ENABLED" { // a machine started in the meantime is accepted, too
		t.Errorf("started while the pool is short of collateral, the Supernode is %s", p.status())
	}
	p.mine(2)
	if p.escrow() == 0 {
		t.Error("a vote from before does not come true")
	}
	if got := p.winners(paused + ahead); got != "Unknown" {
		t.Errorf("while it is paused it gets votes: %s", got)
	}
	p.must(p.Settle(ctx, p.Members[0]))
	p.must(p.Pledge(ctx, p.Members[0]))
	p.mine(1)
	if s := p.state().Status; s != pool.Active {
		t.Fatalf("the pool is %s", s)
	}
	back, _ := p.tip()
	if got := p.winners(back + ahead); got == "Unknown" {
		t.Error("it gets no vote once the pool is active again")
	}
	p.mine(int(paused + ahead - 1 - back))
	var paid strings.Builder
	for range 5 {
		p.mine(1)
		paid.WriteString(map[bool]string{true: "p", false: "-"}[p.escrow() > 0])
	}
	if want := strings.Repeat("-", int(back-paused)) + "pp"; paid.String() != want {
		t.Errorf("payments of blocks from %d on are %s, want %s", paused+ahead, paid.String(), want)
	}
}

// A Supernode whose pool has ended, or whose activation a reorganization removed, is gone permanently: it must be restarted.
func TestGoneForGood(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	_, active := p.tip()
	p.mine(1)
	p.must(p.Launch(ctx))
	p.mine(3)
	tip, _ := p.tip()
	p.must(p.node.Invalidate(ctx, active))
	p.mine(1)
	if got := p.status(); got != "OUTPOINT_SPENT" {
		t.Fatalf("without its activation the Supernode is %s", got)
	}
	p.must(p.node.Reconsider(ctx, active))
	if h, _ := p.tip(); h != tip || p.state().Status != pool.Active {
		t.Fatalf("back at block %d the pool is %s", h, p.state().Status)
	}
	if got := p.status(); got != "OUTPOINT_SPENT" {
		t.Errorf("with its activation back the Supernode is %s", got)
	}
	p.mine(1)
	if got := p.winners(tip + 1 + ahead); got != "Unknown" {
		t.Errorf("a Supernode that is gone gets votes: %s", got)
	}
	p.must(p.Launch(ctx))
	p.mine(1)
	if got := p.winners(tip + 2 + ahead); p.status() != "ENABLED" || got == "Unknown" {
		t.Errorf("started again it is %s, the votes are %s", p.status(), got)
	}
}

// Votes survive a restart and name heights: after a reorganization, the same Supernode is paid at the same height.
func TestVotesStay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.launch()
	tip, _ := p.tip()
	before := make([]string, 0, 2*ahead)
	for h := tip - ahead + 1; h <= tip+ahead; h++ {
		before = append(before, p.winners(h))
	}
	hash, _ := p.node.HashAt(tip - 2)
	p.must(p.node.Invalidate(ctx, hash))
	p.mine(5)
	now, _ := p.tip()
	for i, h := 0, tip-ahead+1; h <= tip+ahead; i, h = i+1, h+1 {
		if h < now-ahead {
			continue
		}
		if got := p.winners(h); got != before[i] {
			t.Errorf("votes for block %d are %s, before %s", h, got, before[i])
		}
	}
	if p.escrow() == 0 {
		t.Errorf("block %d does not pay the escrow", now)
	}
}

func TestVotesAfterRestart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.launch()
	p.mine(1)
	tip, hash := p.tip()
	want := p.winners(tip + ahead)
	p.restart()
	if h, again := p.tip(); h != tip || again != hash {
		t.Fatalf("the node is at block %d %s, was at %d %s", h, again, tip, hash)
	}
	if got := p.winners(tip + ahead); got != want || got == "Unknown" {
		t.Errorf("the votes are %s, were %s", got, want)
	}
	if err := p.node.SubmitBlock(ctx, p.block(p.payee()).Bytes()); err == nil {
		t.Error("the votes are not enforced any more")
	}
	p.mine(1)
	if p.escrow() == 0 {
		t.Error("a vote from before the restart does not come true")
	}
}

// muteRules give no answers about Supernodes while they are mute.
type muteRules struct {
	chain.Rules
	mute atomic.Bool
}

func (m *muteRules) Supernode(ctx context.Context, activation pastel.TxID) (*chain.Supernode, pastel.BlockHash, error) {
	if m.mute.Load() {
		return nil, pastel.BlockHash{}, errors.New("no answer")
	}
	return m.Rules.Supernode(ctx, activation)
}

// While the rules give no answers, no Supernode votes, and none is gone.
func TestNoAnswerNoVote(t *testing.T) {
	t.Parallel()
	var mute *muteRules
	p := playBy(t, func(rules chain.Rules) chain.Rules {
		mute = &muteRules{Rules: rules}
		return mute
	})
	p.launch()
	mute.mute.Store(true)
	p.mine(1)
	mute.mute.Store(false)
	tip, _ := p.tip()
	if got := p.winners(tip + ahead); got != "Unknown" || p.status() != "ENABLED" {
		t.Errorf("without an answer the votes are %s, the Supernode %s", got, p.status())
	}
	p.mine(1)
	if got := p.winners(tip + 1 + ahead); got == "Unknown" {
		t.Error("it gets no vote once the rules answer")
	}
}
