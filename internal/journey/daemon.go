// Package journey carries out the commands of members and operators, from checking a pool's terms to the block that holds a ticket. It asks
// a daemon but never trusts it for what is signed, has a node's wallet sign and pay, and talks to a Person. It returns results and prints
// nothing.
//
// The words shown around what is signed stand here, beside the code that keeps their promises.
package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Person runs a journey, decides, and follows its progress. A terminal.Terminal is one.
type Person interface {
	// Interactive reports whether the person can answer questions.
	Interactive() bool
	// Confirm shows what will be done and asks for consent, unless yes gives it beforehand. Without consent it returns an error.
	Confirm(yes bool, what string) error
	// Agree asks whether something is true, and returns an error if it is not.
	Agree(question string) error
	// Ask asks a question. An empty answer means the usual one.
	Ask(question, usual string) (string, error)
	// Passphrase reads a passphrase from a file or, without a file, asks for it; for a fresh one it asks twice.
	Passphrase(file, of string, fresh bool) ([]byte, error)
	// Input reads at most so many bytes from a file, or from standard input if its name is -.
	Input(what string, most int) ([]byte, error)
	// Note reports progress to a person; programs do not see it.
	Note(format string, args ...any)
	// Warn shows a warning, to programs as well.
	Warn(format string, args ...any)
}

// columnsOf returns how many columns the person's terminal has; 0 if there is none, or it is not known.
func columnsOf(p Person) int {
	if t, shows := p.(interface{ Columns() int }); shows {
		return t.Columns()
	}
	return 0
}

// Daemon is a smartpoold that a person asks. Its methods' errors say what to do.
type Daemon struct {
	*client.Client
	URL    string
	State  wire.Status    // as it was on connecting
	Params pool.Params    // the rules' parameters on the daemon's network
	Net    pastel.Network // of Params
	Person Person

	memory *Pledges // of this user; nil until needed, or if there is no folder for it
	warned bool     // that it cannot be read
}

// Dial asks the daemon at a URL for its state, and tells the person if the daemon is behind or a shadow run.
func Dial(ctx context.Context, url string, p Person) (*Daemon, error) {
	r, err := meet(url, p, func(r *Daemon) (wire.Status, error) { return r.started(ctx) })
	if err != nil {
		return nil, err
	}
	if r.State.Shadow {
		p.Note("SHADOW RUN: network %s does not enforce the rules yet. This shows what enforcement would do.", r.Net.Name)
	}
	if why := r.Behind(&r.State, time.Now()); why != "" {
		p.Warn("Caution: the daemon is not up to date (block %d): %s", r.State.Tip.Height, terminal.Said(why))
	}
	return r, nil
}

// meet asks the daemon at a URL for its state.
func meet(url string, p Person, ask func(*Daemon) (wire.Status, error)) (*Daemon, error) {
	c, err := client.New(url)
	if err != nil {
		return nil, terminal.Usagef("--api: %w", err)
	}
	r := &Daemon{Client: c, URL: c.URL(), Person: p}
	if r.State, err = ask(r); err != nil {
		return nil, err
	}
	if r.Params, err = pool.ParamsByName(r.State.Network); err != nil {
		return nil, fmt.Errorf("the daemon at %s: %w; run the daemon's release", r.URL, err)
	}
	r.Net = r.Params.Network
	return r, nil
}

// started asks the daemon for its state. A daemon that was restarted just now is given some time.
func (r *Daemon) started(ctx context.Context) (wire.Status, error) {
	starting := func(err error) bool {
		var problem *client.ProblemError
		return errors.As(err, &problem) && problem.Status == http.StatusServiceUnavailable
	}
	return patiently(ctx, r.Person, "The daemon", starting, func() (wire.Status, error) { return Advised(r.Status(ctx)) })
}

// Behind returns why the daemon's answers may not be about the network's tip, in words; "" if they are. A daemon that says it is ready is not
// believed against this machine's clock, except on regtest, where only it knows whether its node ever gets old.
func (r *Daemon) Behind(s *wire.Status, now time.Time) string {
	if !s.Ready {
		return cmp.Or(s.Trouble, "it does not say why")
	}
	limits := chain.LimitsOf(r.Net.Name)
	if r.Net.Name == "regtest" {
		limits.Age = time.Duration(max(0, min(s.StaleAfter, int64(limits.Age/time.Second)))) * time.Second
	}
	fresh := chain.Freshness{Height: s.Tip.Height, Time: s.Tip.Time}
	return fresh.Stale(now, limits)
}

// Advised returns a daemon's answer unchanged, and adds advice to an error.
func Advised[T any](out T, err error) (T, error) { return out, WithAdvice(err) }

// WithAdvice adds to a client error what to do about it.
func WithAdvice(err error) error {
	if advice := adviceOn(err); advice != "" {
		return fmt.Errorf("%w; %s", err, advice)
	}
	return err
}

// adviceOn returns what to do about a client error; "" if its own words say it.
func adviceOn(err error) string {
	var unreachable *client.UnreachableError
	var odd *client.AnswerError
	switch {
	case errors.As(err, &unreachable):
		return "start smartpoold, or give its address with --api"
	case errors.As(err, &odd) && odd.Status == http.StatusOK:
		return "run the daemon's release, or give its address with --api"
	case errors.As(err, &odd):
		return "check that this is a smartpoold, or give its address with --api"
	}
	return ""
}

// Listing asks for every page of a list, up to a bound.
func Listing[T any](page *wire.Page, ask func() (wire.List[T], error)) ([]T, error) {
	const bound, mostShort = 1_000_000, 20
	short := 0
	page.Limit = wire.MaxLimit
	return Advised(client.All(bound, func(cursor string) (wire.List[T], error) {
		page.Cursor = cursor
		list, err := ask()
		if list.Next != "" && len(list.Items) < wire.MaxLimit {
			short++
		}
		if err == nil && short > mostShort { // a daemon fills every page but the last
			err = fmt.Errorf("the daemon's list goes on after %d pages that it did not fill; ask another daemon", short)
		}
		return list, err
	}))
}

// Node says how to reach the node whose wallet holds the coins, signs and pays fees.
type Node struct {
	URL, User, Password string
	Cookie              string // its .cookie file
}

// Wallet connects to the node, which must be on the daemon's network.
func (n *Node) Wallet(ctx context.Context, net pastel.Network) (*pasteld.Client, error) {
	c, err := pasteld.Dial(ctx, n.config(net))
	if err != nil {
		return nil, fmt.Errorf("wallet: %w; give the node with --node and --node-cookie", err)
	}
	return c, nil
}

func (n *Node) config(net pastel.Network) pasteld.Config {
	return pasteld.Config{URL: n.URL, User: n.User, Password: n.Password, CookieFile: n.Cookie, Network: net}
}

// wallet connects to the node with the wallet. A node that was restarted just now is given some time.
func (r *Daemon) wallet(ctx context.Context, n *Node) (*pasteld.Client, error) {
	return patiently(ctx, r.Person, "The wallet's node", pasteld.Busy, func() (*pasteld.Client, error) { return n.Wallet(ctx, r.Net) })
}

// patience is how long a command waits for a daemon or node that says that it cannot answer yet.
const patience = 20 * time.Second

// patiently asks somebody until the answer is not that they are busy, and tells the person once.
func patiently[T any](ctx context.Context, p Person, who string, busy func(error) bool, ask func() (T, error)) (T, error) {
	for began, told := time.Now(), false; ; {
		x, err := ask()
		if err == nil || !busy(err) || time.Since(began) > patience {
			return x, err
		}
		if !told {
			told = true
			p.Note("%s cannot answer yet; trying again for %d seconds (%v)", who, int(patience.Seconds()), err)
		}
		if err := pause(ctx); err != nil {
			return x, err
		}
	}
}

// pause waits a second.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
		return nil
	}
}

// VerifiedPool asks for a pool by its id, or by its label if only one pool has it, and verifies the terms against the id.
func (r *Daemon) VerifiedPool(ctx context.Context, id string) (wire.PoolDetail, error) {
	p, err := r.unverifiedPool(ctx, id)
	if err == nil {
		err = verifyTerms(&p, &r.Net)
	}
	return p, err
}

// errAnotherPool says that a daemon answered about another pool than the requested one.
var errAnotherPool = errors.New("the daemon answered about another pool than the requested one; ask another daemon")

// mostIDs bounds how many pools an error names.
const mostIDs = 10

// unverifiedPool asks for a pool as VerifiedPool does, but does not verify its terms.
func (r *Daemon) unverifiedPool(ctx context.Context, id string) (p wire.PoolDetail, err error) {
	if !strings.Contains(id, ".") {
		list, err := Advised(r.AllPools(ctx, wire.PoolQuery{}))
		if err != nil {
			return p, err
		}
		var found []string
		for i := range list.Items {
			if _, bad := ticket.ParsePoolID(list.Items[i].ID); bad == nil && strings.HasPrefix(list.Items[i].ID, id+".") {
				found = append(found, list.Items[i].ID)
			}
		}
		switch len(found) {
		case 0:
			return p, fmt.Errorf("no pool has the label %s; smartpool pools --all lists all pools", visible.Name(id))
		case 1:
			id = found[0]
		default:
			return p, fmt.Errorf("%d pools have the label %s; give the full id, one of %s", len(found), visible.Name(id), strings.Join(found[:min(len(found), mostIDs)], ", "))
		}
	}
	p, err = Advised(r.Pool(ctx, id))
	if errors.Is(err, client.ErrNotFound) {
		err = fmt.Errorf("there is no pool %s; smartpool pools --all lists all pools", visible.Text(id))
	}
	if err == nil && p.ID != id {
		err = errAnotherPool
	}
	return p, err
}

// AccountOf asks about a PastelID or an address.
func (r *Daemon) AccountOf(ctx context.Context, id string) (a wire.Account, err error) {
	if strings.HasPrefix(id, "jX") {
		a, err = Advised(r.Member(ctx, id))
	} else {
		a, err = Advised(r.Account(ctx, id))
	}
	if err == nil && AccountName(&a) != id {
		err = errors.New("the daemon answered about another account than the requested one; ask another daemon")
	}
	return a, err
}

// SupernodeOf asks how a pool's Supernode is doing.
func (r *Daemon) SupernodeOf(ctx context.Context, id string) (wire.Supernode, error) {
	sn, err := Advised(r.Supernode(ctx, id))
	if errors.Is(err, client.ErrNotFound) {
		err = fmt.Errorf("the daemon at %s is too old to know about launches; update it, or ask another one with --api", r.URL)
	}
	return sn, err
}

// Coin asks about an output. An output that no block holds yet backs nothing.
func (r *Daemon) Coin(ctx context.Context, out pastel.OutPoint) (wire.Coin, error) {
	c, err := Advised(r.Output(ctx, out.String()))
	if errors.Is(err, client.ErrNotFound) {
		err = nil
	}
	return c, err
}
