package journey

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
)

// lookAtNode looks whether the node answers, has the network's blocks, and is on the daemon's chain.
func (x *examination) lookAtNode(ctx context.Context) []Finding {
	node, err := x.node()
	switch {
	case errors.Is(err, errRemote):
		return untold(err)
	case err != nil && pasteld.Temporary(err):
		return one(failed("Start pasteld, or give its address with --node, and its login with --node-cookie.", "%s", inTime("the node", err)))
	case err != nil:
		return one(failed("Give the node with --node, and its login with --node-cookie, or --node-user and --node-password.", "%s", inTime("the node", err)))
	}
	about, err := node.About(ctx)
	if err != nil {
		return untold(err)
	}
	list := one(ok("%s answers: pasteld %s", node.URL(), about.Version))
	return append(list, x.lookAtChain(ctx, node)...)
}

// lookAtChain looks whether the node has the network's blocks.
func (x *examination) lookAtChain(ctx context.Context, node *pasteld.Client) []Finding {
	at, err := node.Reading(ctx)
	if err != nil {
		return untold(err)
	}
	peers, err := node.Peers(ctx)
	if err != nil {
		peers = chain.Unknown
	}
	r, away := x.daemon()
	now, limits := x.Now(), chain.LimitsOf(node.Network().Name)
	limits.Age = time.Hour // anything: how old the daemon's last block is, its own check says
	state := chain.Freshness{Height: at.Height, Follows: true, AtTip: true, Node: at, Peers: peers, Heard: now, Time: now}
	switch why := state.Stale(now, limits); {
	case why != "":
		return one(failed("Wait until it has caught up: smartpool rpc getblockchaininfo, and smartpool rpc getpeerinfo, show how far it is.", "%s", why))
	case away != nil:
		return one(unknown("", "at block %d; the daemon does not answer, so nothing was compared", at.Height))
	}
	var list []Finding
	if pruned, err := node.Pruned(ctx); err == nil && pruned {
		list = append(list, warning("Run it without prune and with txindex=1 before you launch a Supernode or audit.", "the node is pruned: it has deleted old blocks"))
	}
	tip := &r.State.Tip
	switch hash, err := node.HashAt(ctx, min(tip.Height, at.Height)); {
	case tip.Height < 0:
		return append(list, ok("at block %d", at.Height))
	case err != nil:
		return append(list, untold(err)...)
	case at.Height+nearBlocks < tip.Height:
		return append(list, failed("Wait until the node has caught up; if it does not, see smartpool rpc getpeerinfo.", "at block %d, but the daemon is at block %d", at.Height, tip.Height))
	case tip.Height+nearBlocks < at.Height:
		return append(list, failed("Wait until the daemon has caught up, or ask another one with --api.", "at block %d, but the daemon is at block %d only", at.Height, tip.Height))
	case tip.Height <= at.Height && hash.String() != tip.Hash:
		return append(list, failed("Run it again. If they still differ, one of them is on a chain of its own: compare both with an explorer of the network.",
			"the node and the daemon have different blocks %d", tip.Height))
	}
	seen := ok("at block %d, on the daemon's chain, with %s", at.Height, terminal.Counted(peers, "peer"))
	if peers == chain.Unknown {
		seen = ok("at block %d, on the daemon's chain", at.Height)
	}
	return append(list, seen)
}

// nearBlocks is by how many blocks node and daemon may differ while blocks arrive.
const nearBlocks = 3

// lookAtWallet looks whether the wallet can sign, pay for a ticket, and spend what it should not.
func (x *examination) lookAtWallet(ctx context.Context) []Finding {
	node, err := x.node()
	switch {
	case errors.Is(err, errRemote):
		return untold(err)
	case err != nil:
		return untold(errNoNode)
	}
	var list []Finding
	switch keys, err := node.Encryption(ctx); {
	case err != nil:
		list = append(list, untold(err)...)
	case keys.Locked(x.Now()):
		list = append(list, warning("pastel-cli walletpassphrase PASSPHRASE 600 unlocks it, before you sign or pay.", "the wallet is locked: it signs nothing and pays nothing"))
	case keys.Encrypted:
		list = append(list, ok("unlocked until %s", minute(keys.Until)))
	default:
		list = append(list, ok("it can sign; its keys are not encrypted"))
	}
	r, err := x.daemon()
	if err != nil {
		return append(list, untold(errNoDaemon)...)
	}
	r = r.quiet()
	outputs, err := node.Unspent(ctx, 0)
	if err != nil {
		return append(list, untold(err)...)
	}
	pledged, err := r.pledged(ctx, outputs)
	if err != nil {
		return append(list, untold(err)...)
	}
	return append(list, x.unlocked(ctx, r, outputs, pledged), x.funds(r, outputs, pledged))
}

// quiet returns a daemon that says nothing and remembers by itself: checks run beside each other.
func (r *Daemon) quiet() *Daemon {
	return &Daemon{Client: r.Client, URL: r.URL, State: r.State, Params: r.Params, Net: r.Net, Person: unheard{}}
}

// unlocked looks for pledged outputs that the wallet may spend, by the daemon's word and by what this machine remembers.
func (x *examination) unlocked(ctx context.Context, r *Daemon, outputs []pasteld.Unspent, pledged []pastel.OutPoint) Finding {
	var value pastel.Amount
	free, denied, released := 0, 0, 0
	known := r.remembered()
	for i := range outputs {
		pledge, remembers := known[outputs[i].OutPoint]
		backs := slices.Contains(pledged, outputs[i].OutPoint)
		if remembers && !backs && released < mostExamined {
			ended, err := r.howEnded(ctx, &pledge)
			switch {
			case pledge.Refused, err == nil && ended != nil && ended.Outcome == "pledge.released":
				released++
				continue
			case err != nil:
				return untold(err)[0]
			}
		}
		if backs || remembers {
			free++
			value += outputs[i].Value
		}
		if remembers && !backs {
			denied++
		}
	}
	switch {
	case denied > 0:
		return failed("Ask another daemon with --api before you pay with this wallet. If the pledges have ended, remove the outputs from "+terminal.Argument(r.memory.path)+".",
			"the wallet could spend %s that this machine pledged, and the daemon does not say that they back a pledge", terminal.Counted(denied, "output"))
	case free > 0:
		return failed("smartpool guard", "the wallet could spend %s, %s PSL: it has forgotten its locks, as it does when it restarts", terminal.Counted(free, "pledged output"), value)
	case released > 0:
		return warning("If another daemon says so, too, remove them from "+terminal.Argument(r.memory.path)+", and they pay for tickets again.",
			"it can spend %s that this machine pledged, but whose pools have ended or whose tickets were never posted, says the daemon", terminal.Counted(released, "output"))
	}
	return ok("it can spend no pledged output")
}

// feeSlack is what a ticket's transaction costs at most beside the ticket's own fee.
const feeSlack = pastel.PSL

// funds looks whether the wallet can pay for a ticket.
func (x *examination) funds(r *Daemon, outputs []pasteld.Unspent, pledged []pastel.OutPoint) Finding {
	var has pastel.Amount
	known := r.remembered()
	for i := range outputs {
		u := &outputs[i]
		if _, remembers := known[u.OutPoint]; u.Confirmations > 0 && u.Spendable && !remembers && !slices.Contains(pledged, u.OutPoint) && has <= pastel.MaxMoney-u.Value {
			has += u.Value
		}
	}
	needs := r.Net.ContractFee + feeSlack
	if has < needs {
		return warning("Send it some: smartpool rpc getnewaddress makes an address.", "%s PSL can pay for tickets, but one costs %s PSL and a fraction", has, r.Net.ContractFee)
	}
	return ok("%s PSL can pay for tickets, each of which costs %s PSL and a fraction", has, r.Net.ContractFee)
}
