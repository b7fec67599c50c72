package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
)

// poolLife is what happens on a soak's chain: pools open, members come and go, blocks are mined and taken back. What the node refuses is
// part of it: after a reorganization or a crash, actors may lack what they want to spend.
type poolLife struct {
	s       *soak
	pools   []*cast
	opened  int
	tallest pastel.Height     // of all tips so far
	marked  *pastel.BlockHash // invalidated
	idle    chan struct{}     // holds a token while nobody mines in the background
}

// cast is the actors of a pool.
type cast struct {
	*actors.Cast
	out     map[*actors.Party]bool // who has left
	refused int                    // in a row
	name    string
	starts  int // of the Supernode
}

// mostRefusals in a row, as after a reorganization that undid the pool, and it is left to itself.
const mostRefusals = 3

// poolsAtOnce is how many pools live; the oldest is left to itself when another opens.
const poolsAtOnce = 3

// maturity is how many blocks must be on top of a coinbase before it can be spent.
const maturity = 100

func newPoolLife(s *soak) *poolLife {
	l := &poolLife{s: s, idle: make(chan struct{}, 1)}
	l.idle <- struct{}{}
	if err := l.mine(maturity + 10); err != nil {
		s.t.Fatal(err)
	}
	if err := l.open(rand.New(rand.NewPCG(s.seed, 0))); err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (l *poolLife) mine(count int) error {
	_, err := l.s.node.Generate(context.Background(), count)
	return err
}

// mineUntil mines in the background, and does something meanwhile.
func (l *poolLife) mineUntil(pause time.Duration, do func()) {
	<-l.idle
	go func() {
		defer func() { l.idle <- struct{}{} }()
		l.mine(20) // the node is being killed
	}()
	time.Sleep(pause) // any moment will do
	do()
}

// act does something that is drawn, and says what.
func (l *poolLife) act(random *rand.Rand) string {
	<-l.idle
	defer func() { l.idle <- struct{}{} }()
	what, err := l.draw(random)
	if err != nil {
		return fmt.Sprintf("%s: refused: %v", what, err)
	}
	height, _ := l.s.node.Tip()
	return fmt.Sprintf("%s, to block %d", what, height)
}

func (l *poolLife) draw(random *rand.Rand) (what string, err error) {
	switch d := random.IntN(20); {
	case d < 7:
		count := 1 + random.IntN(8)
		return fmt.Sprintf("%d blocks", count), l.mine(count)
	case d < 12:
		return l.reorganize(random)
	case d == 12 || len(l.pools) < poolsAtOnce-1:
		return "a pool opens", l.open(random)
	default:
		p := l.pools[random.IntN(len(l.pools))]
		m := p.Members[random.IntN(len(p.Members))]
		what, err := p.act(random, m)
		if p.refused++; err == nil {
			p.refused = 0
		}
		l.pools = slices.DeleteFunc(l.pools, func(p *cast) bool { return p.refused == mostRefusals })
		if err == nil && random.IntN(3) > 0 { // otherwise the transaction waits in the mempool
			err = l.mine(1)
		}
		return fmt.Sprintf("%s of %s %s", m.Name, p.name, what), err
	}
}

// open opens a pool, with a Supernode and members.
func (l *poolLife) open(random *rand.Rand) error {
	ctx := context.Background()
	l.opened++
	coins := []int64{400, 300, 250, 150} // the target
	c := &cast{Cast: actors.New(regtest(l.s.t).Network, l.s.node.Client, l.s.node.dir+"/.cookie", []string{"Alice", "Bob", "Carol", "Dave"}, coins), out: map[*actors.Party]bool{}}
	c.name = fmt.Sprintf("soak-%d", l.opened)
	for _, m := range c.Members {
		m.Extra = int64(random.IntN(200))
	}
	if err := c.Start(ctx, c.name, l.mine); err != nil {
		return err
	}
	l.pools = append(l.pools, c)
	l.pools = l.pools[max(0, len(l.pools)-poolsAtOnce):]
	if err := c.launch(ctx); err != nil {
		return err
	}
	return l.mine(1)
}

// launch launches the pool's Supernode with a new key.
func (p *cast) launch(ctx context.Context) error {
	p.starts++
	p.Alias = fmt.Sprintf("%s-%d", p.name, p.starts)
	return p.Launch(ctx)
}

// act has a member do something.
func (p *cast) act(random *rand.Rand, m *actors.Party) (string, error) {
	ctx := context.Background()
	list, err := p.Client.Unspent(ctx, 1, m.Address)
	if err == nil && len(list) > 0 { // where the last transaction went
		m.Output, m.Value = list[0].OutPoint, list[0].Value
	}
	switch d := random.IntN(6); {
	case len(list) == 0: // it is not mined, or its coins were funded on another branch
		return "gets coins", errors.Join(err, p.Fund(ctx, m))
	case p.out[m]:
		p.out[m] = false
		return "pledges again", p.Pledge(ctx, m)
	case d == 0:
		return "moves coins and stays", p.Move(ctx, m, m.Address)
	case d == 1:
		m.Coins += int64(random.IntN(60))
		return "offers more", p.Pledge(ctx, m)
	case d == 2:
		return "takes coins away", p.Take(ctx, m, 1+int64(random.IntN(150)))
	case d == 3:
		return "launches the Supernode again", p.launch(ctx)
	default:
		p.out[m] = true
		return "leaves", p.Leave(ctx, m)
	}
}

// deepest is how many blocks below the tallest tip a branch forks off at most; rarely so many. A daemon that sleeps meanwhile may have stayed
// at any of the tips.
const deepest = 90

// reorganize has the node leave its branch for another one, or return to one that it left.
func (l *poolLife) reorganize(random *rand.Rand) (string, error) {
	ctx := context.Background()
	if l.marked != nil {
		return "the node may choose the branch it left", l.unmark()
	}
	height, _ := l.s.node.Tip()
	depth := 1 + random.IntN([]int{2, 3, 5, 10, 20, deepest}[random.IntN(6)])
	most, err := l.mayTakeBack(height)
	if depth = min(depth, most); err != nil || depth < 1 {
		return "a reorganization, which would be too deep", err
	}
	mined := random.IntN(depth + 3)
	hash, err := l.s.node.HashAt(ctx, height-pastel.Height(depth)+1)
	if err == nil {
		err = l.s.node.Invalidate(ctx, hash)
	}
	if err != nil {
		return "a reorganization", err
	}
	l.marked = &hash
	what := fmt.Sprintf("%d blocks are taken back, and %d mined instead", depth, mined)
	if err := l.mine(mined); err != nil {
		return what, err
	}
	if random.IntN(3) > 0 {
		return what + "; the longest branch wins", l.unmark()
	}
	return what, nil
}

// mayTakeBack returns how many blocks below the tip a reorganization may go. Once they are gone, the node chooses the tallest branch that it
// knows, which may fork off further down.
func (l *poolLife) mayTakeBack(height pastel.Height) (int, error) {
	l.tallest = max(l.tallest, height)
	tips, err := l.tips()
	lowest := l.tallest - deepest
	for _, tip := range tips {
		if fork := tip.Height - tip.Branch; fork < l.tallest-deepest {
			lowest = max(lowest, tip.Height)
		}
	}
	return int(height - lowest), err
}

// branchTip is the end of a branch that the node knows.
type branchTip struct {
	Height pastel.Height `json:"height"`
	Branch pastel.Height `json:"branchlen"` // blocks since it left the best chain
}

func (l *poolLife) tips() (list []branchTip, err error) {
	return list, l.s.node.Call(context.Background(), "getchaintips", &list)
}

// unmark lets the node choose the longest branch.
func (l *poolLife) unmark() error {
	if l.marked == nil {
		return nil
	}
	hash := *l.marked
	l.marked = nil
	return l.s.node.Reconsider(context.Background(), hash)
}

// settle leaves the node on its longest branch, above every block it ever had, so that what is undone is withdrawn.
func (l *poolLife) settle() {
	<-l.idle
	defer func() { l.idle <- struct{}{} }()
	if err := l.unmark(); err != nil {
		l.s.t.Fatal(err)
	}
	tips, err := l.tips()
	if err != nil {
		l.s.t.Fatal(err)
	}
	height, _ := l.s.node.Tip()
	highest := height
	for _, tip := range tips {
		highest = max(highest, tip.Height)
	}
	if err := l.mine(int(highest-height) + 1); err != nil {
		l.s.t.Fatal(err)
	}
}
