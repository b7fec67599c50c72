package journey

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Doctor says what to examine. Its checks change nothing: they lock, sign and post nothing.
type Doctor struct {
	API     string   // the daemon's URL
	Against []string // other daemons, whose ledger must be the same
	Node    *Node    // with the wallet; nil if there is none
	IDs     []string // PastelIDs or addresses; without any, the PastelIDs of the node

	Token, TokenFile string // the daemon's token, or its file; without both, api.token in the daemon's folder
	Data             string // the daemon's folder on this machine; empty if it runs elsewhere
	Metrics          string // the daemon's --metrics; empty if it is not known
	Version          string // of this program

	Now  func() time.Time // this machine's clock
	Wait time.Duration    // for each check; 0 for CheckPatience
	Tell func(done, of int)
}

// Result is what a check found.
type Result string

// Results, from good to bad.
const (
	ResultOK      Result = "ok"
	ResultSkipped Result = "skipped" // there is nothing to check
	ResultWarning Result = "warn"
	ResultUnknown Result = "unknown" // it could not be checked, which never means ok
	ResultFailed  Result = "fail"
)

// Finding is what a check found about a thing.
type Finding struct {
	Check  string `json:"check"`
	Result Result `json:"result"`
	Seen   string `json:"seen"`         // one line
	Do     string `json:"do,omitempty"` // what to do, or a command; empty if there is nothing to do
}

// CheckPatience is how long a check may take.
const CheckPatience = 20 * time.Second

// checks are all checks, in the order in which their findings are shown.
var checks = []struct {
	name string
	look func(*examination, context.Context) []Finding
}{
	{"daemon", (*examination).lookAtDaemon},
	{"alerts", (*examination).lookAtAlerts},
	{"digest", (*examination).lookAtDigests},
	{"node", (*examination).lookAtNode},
	{"wallet", (*examination).lookAtWallet},
	{"registration", (*examination).lookAtRegistrations},
	{"coins", (*examination).lookAtCoins},
	{"pools", (*examination).lookAtPools},
	{"token", (*examination).lookAtToken},
	{"clock", (*examination).lookAtClock},
	{"ports", (*examination).lookAtPorts},
	{"database", (*examination).lookAtDatabase},
}

// Checks returns the names of all checks.
func Checks() (names []string) {
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// examination is what checks share: each question is asked once, by the check that needs its answer first.
type examination struct {
	*Doctor
	daemon   func() (*Daemon, error)
	asked    func() time.Time // when the daemon was asked, as good as by its clock
	node     func() (*pasteld.Client, error)
	accounts func() ([]wire.Account, error)
	beyond   int // PastelIDs of the node that are not examined; known once accounts are
}

// Examine runs all checks beside each other, each with its own deadline, and returns what they found. One that fails or hangs stops no other.
func (c *Doctor) Examine(ctx context.Context) []Finding {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of what still hangs
	x := c.examination(ctx)
	found := make([][]Finding, len(checks))
	var running sync.WaitGroup
	ended := make(chan struct{}, len(checks))
	for i, check := range checks {
		running.Go(func() {
			found[i] = x.within(ctx, check.look)
			for j := range found[i] {
				found[i][j].Check = check.name
			}
			ended <- struct{}{}
		})
	}
	if c.Tell != nil {
		for done := range checks {
			<-ended
			c.Tell(done+1, len(checks))
		}
	}
	running.Wait()
	var all []Finding
	for _, list := range found {
		all = append(all, list...)
	}
	return all
}

// patience returns how long a check may take.
func (c *Doctor) patience() time.Duration {
	if c.Wait > 0 {
		return c.Wait
	}
	return CheckPatience
}

// within runs a check with a deadline. A disk that hangs heeds no context, so the check may be left behind.
func (x *examination) within(ctx context.Context, look func(*examination, context.Context) []Finding) []Finding {
	timed, cancel := context.WithTimeout(ctx, x.patience())
	defer cancel()
	done := make(chan []Finding, 1)
	go func() { done <- look(x, timed) }()
	select {
	case list := <-done:
		return list
	case <-timed.Done():
		select {
		case list := <-done: // it heeded the deadline
			return list
		case <-time.After(time.Second):
		}
		return one(unknown("Run it again; if it hangs again, see what it waits for: the daemon, the node or a disk.", "no answer within %v", x.patience()))
	}
}

// examination prepares the questions that several checks ask. Each is asked once. The later ones wait for the earlier, so each may take a part of
// what a check may.
func (c *Doctor) examination(ctx context.Context) *examination {
	x := &examination{Doctor: c}
	part := func() (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, c.patience()/4) }
	var began time.Time
	x.daemon = sync.OnceValues(func() (*Daemon, error) {
		timed, cancel := part()
		defer cancel()
		return meet(c.API, unheard{}, func(r *Daemon) (wire.Status, error) {
			sent := c.Now()
			s, err := r.Status(timed)
			began = sent.Add(c.Now().Sub(sent) / 2)
			return s, err
		})
	})
	x.asked = func() time.Time {
		_, _ = x.daemon()
		return began
	}
	x.node = sync.OnceValues(func() (*pasteld.Client, error) {
		r, err := x.daemon()
		if err != nil {
			r = nil
		}
		timed, cancel := part()
		defer cancel()
		return x.dial(timed, r)
	})
	x.accounts = sync.OnceValues(func() ([]wire.Account, error) {
		r, err := x.daemon()
		if err != nil {
			return nil, errNoDaemon
		}
		_, _ = x.node() // names may ask it
		timed, cancel := part()
		defer cancel()
		return x.ask(timed, r)
	})
	return x
}

// What keeps a check from running.
var (
	errNoDaemon = errors.New("the daemon does not answer")
	errNoNode   = errors.New("the node does not answer")
	errRemote   = errors.New("there is no node to ask")
	errNobody   = errors.New("no PastelID and no address is given, and the node has no PastelID")
)

// dial connects to the node: on the daemon's network or, without a daemon, on the one that the node says.
func (x *examination) dial(ctx context.Context, r *Daemon) (*pasteld.Client, error) {
	if x.Node == nil {
		return nil, errRemote
	}
	if r != nil {
		return pasteld.Dial(ctx, x.Node.config(r.Net))
	}
	anyNetwork, err := pastel.NetworkByName("main")
	if err != nil {
		return nil, err
	}
	c, err := pasteld.New(x.Node.config(anyNetwork))
	if err != nil {
		return nil, err
	}
	name, err := c.NetworkName(ctx)
	if err != nil {
		return nil, err
	}
	net, err := pastel.NetworkByName(name)
	if err != nil {
		return nil, fmt.Errorf("the node is on a network that this program does not know")
	}
	return pasteld.Dial(ctx, x.Node.config(net))
}

// mostExamined is how many accounts, and outputs of each, are examined at most: a lying daemon or node may list any number.
const mostExamined = 50

// names returns the PastelIDs and addresses to examine.
func (x *examination) names(ctx context.Context) ([]string, error) {
	if len(x.IDs) > 0 {
		return x.IDs, nil
	}
	node, err := x.node()
	switch {
	case errors.Is(err, errRemote):
		return nil, errNobody
	case err != nil:
		return nil, errNoNode
	}
	ids, err := node.PastelIDs(ctx)
	if err == nil && len(ids) == 0 {
		err = errNobody
	}
	x.beyond = max(0, len(ids)-mostExamined)
	return ids[:min(len(ids), mostExamined)], err
}

// ask asks the daemon about each account.
func (x *examination) ask(ctx context.Context, r *Daemon) (list []wire.Account, err error) {
	ids, err := x.names(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.CheckNames(ids); err != nil {
		return nil, terminal.UsageError{Err: err}
	}
	for _, id := range ids {
		a, err := r.AccountOf(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// unheard is a person who hears nothing: findings say what matters.
type unheard struct{ Person }

// Note does nothing.
func (unheard) Note(string, ...any) {}

// Warn does nothing.
func (unheard) Warn(string, ...any) {}

func one(f Finding) []Finding { return []Finding{f} }

func ok(format string, args ...any) Finding { return found(ResultOK, "", format, args...) }

func skipped(do, format string, args ...any) Finding {
	return found(ResultSkipped, do, format, args...)
}

func warning(do, format string, args ...any) Finding {
	return found(ResultWarning, do, format, args...)
}

func unknown(do, format string, args ...any) Finding {
	return found(ResultUnknown, do, format, args...)
}

func failed(do, format string, args ...any) Finding { return found(ResultFailed, do, format, args...) }

// found makes a finding. Others' words may be in it.
func found(r Result, do, format string, args ...any) Finding {
	return Finding{Result: r, Seen: terminal.Said(fmt.Sprintf(format, args...)), Do: do}
}

// untold is the finding of a check that could not ask what it needs. Whoever does not answer has a failed check of their own, which says what to do.
func untold(err error) []Finding {
	switch {
	case errors.Is(err, errRemote):
		return one(skipped("", "%v", err))
	case errors.Is(err, errNobody):
		return one(skipped("smartpool doctor PASTELID examines yours.", "%v", err))
	case errors.Is(err, errNoDaemon), errors.Is(err, errNoNode):
		return one(unknown("", "%v", err))
	}
	advice := adviceOn(err)
	if advice != "" {
		advice = sentence(advice)
	}
	return one(unknown(advice, "%v", err))
}

// Verdict returns an error if something failed, and an *UnknownError if something is unknown. Warnings are no error.
func Verdict(list []Finding) error {
	count := map[Result]int{}
	for i := range list {
		count[list[i].Result]++
	}
	switch {
	case count[ResultFailed] > 0:
		return fmt.Errorf("something is wrong: %d of %d findings", count[ResultFailed], len(list))
	case count[ResultUnknown] > 0:
		return unknownf("could not tell everything: %d of %d findings", count[ResultUnknown], len(list))
	}
	return nil
}
