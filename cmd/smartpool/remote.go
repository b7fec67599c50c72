package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/signal"
	"strings"
	"syscall"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// apiFlags say which daemon is asked.
type apiFlags struct {
	API string `name:"api" env:"SMARTPOOL_API" default:"http://127.0.0.1:9734" placeholder:"URL" help:"The daemon's API (smartpoold --api)."`
}

// nodeFlags say which node's wallet is used.
type nodeFlags struct {
	Node         string `env:"SMARTPOOL_NODE" default:"http://127.0.0.1:9932" placeholder:"URL" help:"RPC of the node whose wallet is used."`
	NodeUser     string `env:"SMARTPOOL_NODE_USER" placeholder:"NAME" help:"User of its RPC (rpcuser); or use the cookie."`
	NodePassword string `env:"SMARTPOOL_NODE_PASSWORD" placeholder:"SECRET" help:"Password of its RPC. Better given by environment."`
	NodeCookie   string `env:"SMARTPOOL_NODE_COOKIE" placeholder:"FILE" help:"Its .cookie file."`
}

// remote is a daemon that is asked.
type remote struct {
	*client.Client
	url    string
	status wire.Status
	params pool.Params
	net    pastel.Network // of params
}

// interruptible is a context that ends with Ctrl-C.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
}

// ProvideRemote gives a command the daemon it asks, before it does anything.
func (f *apiFlags) ProvideRemote(ctx context.Context, e *env) (*remote, error) { return f.dial(ctx, e) }

// dial asks the daemon how it is.
func (f *apiFlags) dial(ctx context.Context, e *env) (*remote, error) {
	c, err := client.New(f.API)
	if err != nil {
		return nil, usagef("--api: %w", err)
	}
	r := &remote{Client: c, url: strings.TrimSuffix(f.API, "/")}
	if r.status, err = answered(r.Status(ctx)); err != nil {
		return nil, err
	}
	if r.params, err = pool.ParamsByName(r.status.Network); err != nil {
		return nil, fmt.Errorf("the daemon at %s: %w: run the same release as it", r.url, err)
	}
	r.net = r.params.Network
	if r.status.Shadow {
		e.note("SHADOW RUN: network %s does not enforce the rules yet. What follows is what enforcement would do.", r.net.Name)
	}
	if !r.status.Ready {
		e.warn("Mind that the daemon is not up to date (block %d): %s", r.status.Tip.Height, r.status.Trouble)
	}
	return r, nil
}

// answered passes an answer of the daemon on, with what to do about an error.
func answered[T any](out T, err error) (T, error) { return out, withAdvice(err) }

// withAdvice says what to do about an error of asking the daemon.
func withAdvice(err error) error {
	var unreachable *client.UnreachableError
	var odd *client.AnswerError
	switch {
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w: start smartpoold, or say where it is with --api", err)
	case errors.As(err, &odd):
		if odd.Status == http.StatusOK {
			return fmt.Errorf("%w: run the same release as it, or say where the daemon is with --api", err)
		}
		return fmt.Errorf("%w: is that a smartpoold? Say where it is with --api", err)
	}
	return err
}

// listing asks for every page of a list, up to a bound.
func listing[T any](page *wire.Page, ask func() (wire.List[T], error)) ([]T, error) {
	const bound = 1_000_000
	page.Limit = wire.MaxLimit
	return answered(client.All(bound, func(cursor string) (wire.List[T], error) {
		page.Cursor = cursor
		return ask()
	}))
}

// wallet connects to the node, which must be on the daemon's network.
func (f *nodeFlags) wallet(ctx context.Context, net pastel.Network) (*pasteld.Client, error) {
	c, err := pasteld.Dial(ctx, pasteld.Config{
		URL: f.Node, User: f.NodeUser, Password: f.NodePassword, CookieFile: f.NodeCookie, Network: net,
	})
	if err != nil {
		return nil, fmt.Errorf("wallet: %w; say where the node is with --node and --node-cookie", err)
	}
	return c, nil
}

// pool asks for a pool by its id, or by its label if only one pool has it. Its terms are those that its id stands for.
func (r *remote) pool(ctx context.Context, id string) (wire.PoolDetail, error) {
	p, err := r.told(ctx, id)
	if err == nil {
		err = certify(&p, &r.net)
	}
	return p, err
}

var errAnother = errors.New("the daemon answers with another pool than the one it was asked for: ask another daemon")

// told is what the daemon tells of a pool, its terms unchecked.
func (r *remote) told(ctx context.Context, id string) (p wire.PoolDetail, err error) {
	if !strings.Contains(id, ".") {
		list, err := answered(r.Pools(ctx, wire.PoolQuery{}))
		if err != nil {
			return p, err
		}
		var found []string
		for i := range list.Items {
			if strings.HasPrefix(list.Items[i].ID, id+".") {
				found = append(found, list.Items[i].ID)
			}
		}
		switch len(found) {
		case 0:
			return p, fmt.Errorf("no pool has the label %q: smartpool pools lists them", printable(id))
		case 1:
			id = found[0]
		default:
			return p, fmt.Errorf("%d pools have the label %q: give the whole id, one of %s", len(found), printable(id), strings.Join(found, ", "))
		}
	}
	p, err = answered(r.Pool(ctx, id))
	if errors.Is(err, client.ErrNotFound) {
		err = fmt.Errorf("there is no pool %s: smartpool pools lists them", printable(id))
	}
	if err == nil && p.ID != id {
		err = errAnother
	}
	return p, err
}

// check asks what the next block would make of a ticket.
func (r *remote) check(ctx context.Context, ticket []byte) (wire.Check, error) {
	return answered(r.CheckTicket(ctx, ticket))
}

// when prints a block with its date.
func when(m wire.Moment) string {
	about := ""
	if m.Estimated {
		about = "about "
	}
	return fmt.Sprintf("block %d (%s%s UTC)", m.Height, about, m.Time.UTC().Format("2006-01-02 15:04"))
}

// whenever prints a block that may not be known.
func whenever(m *wire.Moment) string {
	if m == nil {
		return "-"
	}
	return when(*m)
}

// brief prints a block and its date for a column, which says that it is UTC.
func brief(m *wire.Moment) string {
	if m == nil {
		return "-"
	}
	return fmt.Sprintf("%d, %s", m.Height, m.Time.UTC().Format("2006-01-02 15:04"))
}
