package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

type networkFlags struct {
	Network string `default:"regtest" env:"SMARTPOOL_NETWORK" help:"Network of the chain: main, testnet, devnet or regtest, so far the only one that enforces the rules."`
}

func (f *networkFlags) network() (pastel.Network, error) {
	net, err := pastel.NetworkByName(f.Network)
	if err != nil {
		return net, usageError{err}
	}
	return net, nil
}

type replayCmd struct {
	networkFlags
	StartHeight   *int32 `help:"Height from which the rules hold. On a network that does not enforce them this is a shadow run: it reports what enforcement would do."`
	SaplingHeight string `placeholder:"HEIGHT|never" help:"Height from which version 4 transactions are mined."`
	JSON          bool   `help:"Print one JSON document."`
	File          string `arg:"" help:"File with a raw block in hex a line, from block 0 on; - for standard input."`
}

// Run replays the file and prints what came of it, also when it stops at a bad block.
func (c *replayCmd) Run(e *env) error {
	net, shadow, err := c.parameters()
	if err != nil {
		return err
	}
	state, err := pool.New(net, shadow)
	if err != nil {
		return usageError{err}
	}
	in, size, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()

	log := &history{state: state}
	stopped := log.read(progress(in, size, e.err), &net)
	if c.JSON {
		err = printJSON(e.out, log.document())
	} else {
		err = log.story(e.out)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if stopped != nil {
		return fmt.Errorf("%w; the chain ends at block %d", stopped, state.Tip().Height)
	}
	return nil
}

func (c *replayCmd) parameters() (net pastel.Network, shadow bool, err error) {
	if net, err = c.network(); err != nil {
		return net, false, err
	}
	if c.StartHeight != nil {
		if *c.StartHeight < 0 {
			return net, false, usagef("--start-height %d is negative: want the height of a block", *c.StartHeight)
		}
		shadow = net.StartHeight == pastel.NotSet
		net.StartHeight = pastel.Height(*c.StartHeight)
	}
	switch c.SaplingHeight {
	case "":
	case "never":
		net.SaplingHeight = pastel.Never
	default:
		h, err := strconv.ParseInt(c.SaplingHeight, 10, 32)
		if err != nil || h < 0 {
			return net, false, usagef("--sapling-height %q: want the height of a block, or never", c.SaplingHeight)
		}
		net.SaplingHeight = pastel.Height(h)
	}
	return net, shadow, nil
}

// open returns the input and its size in bytes, 0 if unknown.
func (c *replayCmd) open(e *env) (io.ReadCloser, int64, error) {
	if c.File == "-" {
		return io.NopCloser(e.in), 0, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, 0, usageError{err}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, usageError{err}
	}
	return f, info.Size(), nil
}

// progress shows a bar while a file is read, if there is a person to see it.
func progress(in io.Reader, size int64, to io.Writer) io.Reader {
	screen, ok := to.(*os.File)
	if !ok || size == 0 || !term.IsTerminal(int(screen.Fd())) {
		return in
	}
	bar := mpb.New(mpb.WithOutput(to)).AddBar(size, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("reading blocks ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))
	proxy, err := bar.ProxyReader(in)
	if err != nil {
		return in
	}
	return proxy
}

// history is what a replay saw.
type history struct {
	state   *pool.State
	times   []uint32 // by height
	events  []pool.Event
	settled []pool.Payout
}

var errNoBlocks = errors.New("there are no blocks in the input: want one raw block in hex a line")

// read applies all blocks, or up to the parent of the first that is wrong.
func (l *history) read(in io.Reader, net *pastel.Network) error {
	stop := make(chan struct{})
	defer close(stop)
	for r := range readBlocks(in, net, stop) {
		if r.err != nil {
			return r.err
		}
		u, err := l.state.Apply(r.block)
		if err != nil {
			return fmt.Errorf("line %d: %w", r.block.Height+1, err)
		}
		l.times = append(l.times, r.block.Time)
		l.events = append(l.events, u.Events...)
		l.settled = append(l.settled, u.Settled...)
	}
	if len(l.times) == 0 {
		return errNoBlocks
	}
	return nil
}

// document is the result as JSON.
type document struct {
	Network    string                     `json:"network"`
	Shadow     bool                       `json:"shadow,omitempty"`
	Height     pastel.Height              `json:"height"`
	Tip        string                     `json:"tip"`
	Digest     string                     `json:"digest"`
	Events     []pool.Event               `json:"events"`
	Pools      map[ticket.PoolID]poolJSON `json:"pools"`
	Payouts    []payoutJSON               `json:"payouts"`
	Reputation map[string]int             `json:"reputation"` // of those who ever lost any
	Registered []string                   `json:"registered"`
	Coins      int                        `json:"coins"`
}

type poolJSON struct {
	Status   string                   `json:"status"`
	Carry    pastel.Amount            `json:"carry"`
	Operator pastel.Amount            `json:"operator"`
	Claims   map[string]pastel.Amount `json:"claims"` // by script
	Pledges  []pledgeJSON             `json:"pledges"`
}

type pledgeJSON struct {
	PastelID     string        `json:"pastelid"`
	Coins        int64         `json:"coins"`
	Role         string        `json:"role"`
	Accrued      pastel.Amount `json:"accrued"`
	RewardScript string        `json:"reward_script"`
}

type payoutJSON struct {
	TxID      string        `json:"txid"`
	Pool      ticket.PoolID `json:"pool"`
	ValidFrom pastel.Height `json:"valid_from"`
	Tx        string        `json:"tx"`
}

func (l *history) document() *document {
	s := l.state
	net, tip := s.Network(), s.Tip()
	d := &document{
		Network: net.Name, Shadow: s.Shadow(), Height: tip.Height, Tip: tip.Hash.String(), Digest: hex.EncodeToString(tip.Digest[:]),
		Events: append([]pool.Event{}, l.events...), Pools: map[ticket.PoolID]poolJSON{}, Payouts: []payoutJSON{},
		Reputation: map[string]int{}, Registered: []string{}, Coins: s.Coins(),
	}
	for _, id := range s.Pools() {
		p, _ := s.Pool(id)
		x := poolJSON{
			Status: p.Status.String(), Carry: p.Carry, Operator: p.Accrued,
			Claims: map[string]pastel.Amount{}, Pledges: []pledgeJSON{},
		}
		for _, c := range p.Claims {
			x.Claims[c.To.Script().String()] = c.Amount
		}
		for _, pl := range p.Pledges {
			x.Pledges = append(x.Pledges, pledgeJSON{
				pl.PastelID.String(), pl.Coins, pl.Role.String(), pl.Accrued, pl.Reward.Script().String(),
			})
		}
		d.Pools[id] = x
	}
	for _, po := range s.Payouts() {
		d.Payouts = append(d.Payouts, payoutJSON{
			po.Tx.ID().String(), po.Pool, po.ValidFrom, hex.EncodeToString(po.Tx.Bytes()),
		})
	}
	for _, id := range s.Registered() {
		d.Registered = append(d.Registered, id.String())
		if points, tarnished, _ := s.Reputation(id); tarnished {
			d.Reputation[id.String()] = points
		}
	}
	return d
}
