package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/api/client"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
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
	status api.Status
	net    pastel.Network
}

// interruptible is a context that ends with Ctrl-C.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
}

// ProvideRemote gives a command the daemon it asks, before it does anything.
func (f *apiFlags) ProvideRemote(ctx context.Context, e *env) (*remote, error) { return f.dial(ctx, e) }

// dial asks the daemon how it is.
func (f *apiFlags) dial(ctx context.Context, e *env) (*remote, error) {
	url := strings.TrimSuffix(f.API, "/")
	if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		return nil, usagef("--api %q: want a URL such as http://127.0.0.1:9734", f.API)
	}
	// Answers may be large, but never endless; the event stream has no end and bounds itself.
	c, err := client.NewClient(url, client.WithHTTPClient(&http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Minute}}))
	if err != nil {
		return nil, usageError{err}
	}
	r := &remote{Client: c, url: url}
	if r.status, err = fetch[api.Status](r.Status(ctx)); err != nil {
		return nil, err
	}
	if r.net, err = pastel.NetworkByName(r.status.Network); err != nil {
		return nil, fmt.Errorf("the daemon at %s: %w: run the same release as it", url, err)
	}
	if r.status.Shadow {
		e.note("SHADOW RUN: network %s does not enforce the rules yet. What follows is what enforcement would do.", r.net.Name)
	}
	if !r.status.Ready {
		e.warn("Mind that the daemon is not up to date (block %d): %s", r.status.Tip.Height, r.status.Trouble)
	}
	return r, nil
}

// maxAnswer bounds an answer of the daemon, in bytes.
const maxAnswer = 64 << 20

// away is an error that passes: the daemon does not answer, or cannot now.
type away struct{ error }

func (a away) Unwrap() error { return a.error }

// errNotThere is the daemon's answer that the ledger has no such thing.
var errNotThere = errors.New("the ledger has no such thing")

// fetch reads an answer of the daemon, or the problem it tells.
func fetch[T any](res *http.Response, err error) (out T, _ error) {
	if err != nil {
		return out, away{fmt.Errorf("the daemon does not answer (%w): start smartpoold, or say where it is with --api", err)}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return out, away{fmt.Errorf("the daemon's answer broke off: %w", err)}
	}
	if len(text) > maxAnswer {
		return out, fmt.Errorf("the daemon's answer is longer than %d MiB: is --api a smartpoold?", maxAnswer>>20)
	}
	switch res.StatusCode {
	case http.StatusNoContent:
		return out, nil
	case http.StatusOK:
	default:
		err := problem(res, text)
		if res.StatusCode/100 == 5 {
			err = away{err}
		}
		return out, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("the daemon's answer is not understood (%w): run the same release as it", err)
	}
	return out, nil
}

// problem is what the daemon says is wrong.
func problem(res *http.Response, text []byte) error {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	if json.Unmarshal(text, &p) != nil || p.Detail == "" {
		return fmt.Errorf("%s answers %s: is that a smartpoold? Say where it is with --api", res.Request.URL.Host, res.Status)
	}
	for _, x := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", strings.TrimPrefix(x.Location, "query."), x.Message)
	}
	if res.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%w (%s)", errNotThere, p.Detail)
	}
	return errors.New(p.Detail)
}

// listing asks for every page of a list, up to a bound.
func listing[T any](ask func(cursor *string) (*http.Response, error)) (all []T, err error) {
	const bound = 1_000_000
	for cursor := ""; ; {
		page, err := fetch[api.List[T]](ask(optional(cursor)))
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" || page.Next == cursor {
			return all, nil
		}
		if cursor = page.Next; len(all) > bound {
			return nil, fmt.Errorf("the list has more than %d entries: ask for a part of it", bound)
		}
	}
}

// optional is nil for a parameter that is not given.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
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
func (r *remote) pool(ctx context.Context, id string) (api.PoolDetail, error) {
	p, err := r.told(ctx, id)
	if err == nil {
		err = certify(&p, &r.net)
	}
	return p, err
}

var errAnother = errors.New("the daemon answers with another pool than the one it was asked for: ask another daemon")

// told is what the daemon tells of a pool, its terms unchecked.
func (r *remote) told(ctx context.Context, id string) (p api.PoolDetail, err error) {
	if !strings.Contains(id, ".") {
		list, err := fetch[api.List[api.Pool]](r.Pools(ctx, &client.PoolsParams{}))
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
	p, err = fetch[api.PoolDetail](r.Pool(ctx, id))
	if errors.Is(err, errNotThere) {
		err = fmt.Errorf("there is no pool %s: smartpool pools lists them", printable(id))
	}
	if err == nil && p.ID != id {
		err = errAnother
	}
	return p, err
}

// check asks what the next block would make of a ticket.
func (r *remote) check(ctx context.Context, ticket []byte) (api.Check, error) {
	return fetch[api.Check](r.CheckTicket(ctx, client.CheckTicketJSONRequestBody{Ticket: string(ticket)}))
}

// when prints a block with its date.
func when(m api.Moment) string {
	about := ""
	if m.Estimated {
		about = "about "
	}
	return fmt.Sprintf("block %d (%s%s UTC)", m.Height, about, m.Time.UTC().Format("2006-01-02 15:04"))
}

// whenever prints a block that may not be known.
func whenever(m *api.Moment) string {
	if m == nil {
		return "-"
	}
	return when(*m)
}

// brief prints a block and its date for a column, which says that it is UTC.
func brief(m *api.Moment) string {
	if m == nil {
		return "-"
	}
	return fmt.Sprintf("%d, %s", m.Height, m.Time.UTC().Format("2006-01-02 15:04"))
}
