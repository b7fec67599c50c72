package journey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	neturl "net/url"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// connecting is how long a port may take to accept a connection.
const connecting = 5 * time.Second

// lookAtPorts looks who listens where the daemon and the Supernodes should, as far as this machine can tell.
func (x *examination) lookAtPorts(ctx context.Context) []Finding {
	list := []Finding{x.api(ctx), x.metrics(ctx)}
	return append(list, x.supernodes(ctx)...)
}

// api looks who listens at the daemon's address.
func (x *examination) api(ctx context.Context) Finding {
	_, err := x.daemon()
	if err == nil {
		return ok("the daemon's API listens at %s", x.API)
	}
	at, bad := neturl.Parse(x.API)
	if bad != nil || at.Hostname() == "" {
		return unknown("", "the daemon's API: its address cannot be read")
	}
	port := at.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[at.Scheme]
	}
	if err := reach(ctx, net.JoinHostPort(at.Hostname(), port)); err != nil {
		return failed("Start smartpoold, and check its --api and what lies between.", "the daemon's API: nobody listens at %s (%v)", at.Host, err)
	}
	return failed("Give the daemon's address with --api, or stop what uses its port.", "the daemon's API: something listens at %s, but it is no smartpoold that answers", at.Host)
}

// reach connects, and says nothing.
func reach(ctx context.Context, address string) error {
	c, err := (&net.Dialer{Timeout: connecting}).DialContext(ctx, "tcp", address)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return err
	}
	return c.Close()
}

// mostReason is how many bytes of a reason are read.
const mostReason = 4 << 10

// metrics looks whether the daemon's --metrics answers, and what it says.
func (x *examination) metrics(ctx context.Context) Finding {
	if x.Metrics == "" {
		return skipped("smartpool doctor --metrics ADDRESS looks at it.", "the daemon's metrics: their address is not known")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+x.Metrics+"/readyz", nil)
	if err != nil {
		return failed("Give an address such as 127.0.0.1:9733 with --metrics.", "the daemon's metrics: %q is no address", x.Metrics)
	}
	asks := &http.Client{
		Timeout: connecting, Transport: &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := asks.Do(req)
	if err != nil {
		return warning("If the daemon has --metrics, give its address with --metrics.", "the daemon's metrics: no answer at %s", x.Metrics)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostReason))
	said := strings.TrimSpace(string(text))
	switch {
	case err == nil && res.StatusCode == http.StatusOK && said == "ready":
		return ok("the daemon's metrics listen at %s and say ready", x.Metrics)
	case err == nil && res.StatusCode == http.StatusServiceUnavailable:
		return warning("See the check of the daemon.", "the daemon's metrics listen at %s and say: %s", x.Metrics, said)
	}
	return failed("Stop what uses that port, or give the daemon's --metrics.", "the daemon's metrics: something listens at %s, but it is no smartpoold", x.Metrics)
}

// mostSupernodes is how many pools' machines are tried.
const mostSupernodes = 5

// supernodes tries the machines of the Supernodes of pools that the accounts operate. The node names the machines: a daemon that lies sends
// nobody anywhere.
func (x *examination) supernodes(ctx context.Context) (list []Finding) {
	accounts, err := x.accounts()
	if err != nil {
		return nil
	}
	for i := range accounts {
		for _, id := range accounts[i].Operates {
			if len(list) == mostSupernodes {
				return list
			}
			if f, runs := x.supernode(ctx, id); runs {
				list = append(list, f)
			}
		}
	}
	return list
}

// supernode tries the machine of a pool's Supernode; false if the pool needs none now.
func (x *examination) supernode(ctx context.Context, id string) (f Finding, runs bool) {
	r, err := x.daemon()
	if err != nil {
		return f, false
	}
	p, err := r.quiet().VerifiedPool(ctx, id)
	if err != nil {
		return untold(err)[0], true
	}
	if p.Status != "active" {
		return f, false
	}
	label := ticket.PoolID(id).Label()
	node, err := x.node()
	if err != nil {
		return skipped("", "the Supernode of pool %s: there is no node to name its machine", label), true
	}
	tx, err := pastel.ParseTxID(p.ActivationTx)
	if err != nil {
		return unknown("Run the daemon's release.", "the Supernode of pool %s: the daemon names no activation", label), true
	}
	all, err := node.Masternodes(ctx)
	if err != nil {
		return untold(err)[0], true
	}
	for i := range all {
		if all[i].OutPoint.TxID == tx {
			return x.machine(ctx, node, &all[i], fmt.Sprintf("the Supernode of pool %s", label), p.Escrow), true
		}
	}
	return failed("smartpool supernode launch "+terminal.Argument(label), "the Supernode of pool %s is not in the node's list, so the pool earns nothing", label), true
}

// machine tries the address of a listed Supernode.
func (x *examination) machine(ctx context.Context, node *pasteld.Client, m *pasteld.Masternode, what, escrow string) Finding {
	net := node.Network()
	if m.Payee != (pastel.Address{}) && m.Payee.Encode(&net) != escrow {
		return failed("Use an upgraded node, with smartpoold beside it, and launch the Supernode again.", "%s is listed with payee %s, not the pool's escrow: by a stock node, or by an earlier launch", what, m.Payee.Encode(&net))
	}
	if m.Status != listedEnabled {
		return warning("Check that its machine runs, with the key that the launch printed, and is reachable.", "%s is listed as %s", what, m.Status)
	}
	at, err := netip.ParseAddrPort(m.Address)
	if err != nil {
		return skipped("", "%s is ENABLED, but its address cannot be tried from here", what)
	}
	if err := reach(ctx, at.String()); err != nil {
		return warning("Check that its machine runs and lets connections to this port through. From inside its own network it may be unreachable and yet fine.",
			"%s is ENABLED, but its machine does not accept connections at %s (%v)", what, at, err)
	}
	return ok("%s is ENABLED, and its machine accepts connections at %s", what, at)
}
