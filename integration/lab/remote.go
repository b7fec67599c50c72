package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
)

// remote has somebody without a node join a pool: a daemon posts and pays with a wallet of its own, and another wallet only signs lines.
func remote(ctx context.Context, l *lab, n *notes) error {
	p := &posted{lab: l, notes: n}
	for _, act := range []func(context.Context) error{p.open, p.register, p.join, p.locked, p.killed, p.close} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// posted is a pool whose operator's daemon posts tickets, and somebody who joins it without a node.
type posted struct {
	*lab
	*notes
	far     *terminal // knows the daemon, and no node
	teller  *node     // whose wallet pays
	daemon  *process
	dir     string // of the daemon
	api     string
	list    string // file with the PastelIDs that the daemon registers
	pool    string
	id, key string
	address pastel.Address // in the wallet of the stock node
	output  string
}

// open opens a pool, and starts the daemon with an empty wallet.
func (p *posted) open(ctx context.Context) error {
	operator, err := p.terminal()
	if err != nil {
		return err
	}
	if p.pool, _, _, err = operator.create(ctx, "harbor", "Harbor Operations", "200"); err != nil {
		return err
	}
	if p.teller, err = p.newNode("teller", false); err != nil {
		return err
	}
	p.teller.extra = []string{"experimentalfeatures=1", "developerencryptwallet=1"}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	p.dir, p.api = filepath.Join(p.lab.dir, "posting"), fmt.Sprintf("127.0.0.1:%d", ports[0])
	p.list = filepath.Join(p.dir, "members")
	if err := errors.Join(os.MkdirAll(p.dir, 0o700), p.listed("# nobody yet"), p.up(ctx, p.teller), p.start(ctx)); err != nil {
		return err
	}
	p.far = operator.without(p.url())
	text, err := p.far.command(ctx, "id", "new", operator.file("remote.key"), "--passphrase-file", operator.secret, "--json")
	if err != nil {
		return err
	}
	var made struct{ PastelID string }
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		return err
	}
	p.id, p.key = made.PastelID, operator.file("remote.key")
	if p.address, err = p.stock.NewAddress(ctx); err != nil {
		return err
	}
	tx, err := p.alpha.SendTo(ctx, p.address, 620*pastel.PSL)
	if err != nil {
		return err
	}
	if err := p.mine(ctx, 1); err != nil {
		return err
	}
	mined, err := p.stock.Unspent(ctx, 1, p.address)
	for _, u := range mined {
		if u.OutPoint.TxID == tx {
			p.output = u.OutPoint.String()
		}
	}
	if p.output == "" {
		return errors.Join(errors.New("the wallet of the stock node does not have the member's coins"), err)
	}
	return nil
}

func (p *posted) url() string { return "http://" + p.api }

// log returns the file with the daemon's output.
func (p *posted) log() string { return filepath.Join(p.dir, "log") }

// listed writes the list of PastelIDs that the daemon registers.
func (p *posted) listed(text string) error { return os.WriteFile(p.list, []byte(text+"\n"), 0o600) }

// start starts the daemon that posts, and waits until it does.
func (p *posted) start(ctx context.Context) (err error) {
	p.daemon, err = startProcess("smartpoold that posts", p.log(), p.binaries.daemon, "--network", p.net.Name, "--data", p.dir,
		"--node", p.teller.url(), "--node-user", user, "--node-password", password, "--api", p.api, "--metrics", "",
		"--post-tickets", "--register-list", p.list)
	if err != nil {
		return err
	}
	return p.caughtUp(ctx)
}

// caughtUp waits until the daemon is at the network's last block, and posts.
func (p *posted) caughtUp(ctx context.Context) error {
	_, last, err := p.alpha.Tip(ctx)
	if err != nil {
		return err
	}
	c, err := client.New(p.url())
	if err != nil {
		return err
	}
	return until(ctx, "the daemon that posts", patience, func() (bool, string, error) {
		s, err := c.Status(ctx)
		if err != nil {
			return false, err.Error(), p.daemon.ended()
		}
		return s.Ready && s.Posting != nil && s.Tip.Hash == last.String(), fmt.Sprintf("block %d, ready: %t %s", s.Tip.Height, s.Ready, s.Trouble), p.daemon.ended()
	})
}

// says runs a command that must say something, and waits until the daemon has what it posted.
func (p *posted) says(ctx context.Context, want string, line ...string) error {
	text, err := p.far.command(ctx, line...)
	if err == nil && !strings.Contains(text, want) {
		err = fmt.Errorf("smartpool %s does not say %q: %s", line[0], want, text)
	}
	return errors.Join(err, p.caughtUp(ctx))
}

// refused runs a command that must fail with a reason.
func (p *posted) refused(ctx context.Context, reason string, line ...string) error {
	text, err := p.far.command(ctx, line...)
	if err == nil || !strings.Contains(err.Error(), reason) {
		return fmt.Errorf("smartpool %s is not refused because %q, but: %s %w", line[0], reason, text, err)
	}
	return nil
}

// register registers the member's PastelID by the list, first without being listed, and without coins in the wallet.
func (p *posted) register(ctx context.Context) error {
	line := []string{"id", "register", p.key, "--remote", "--address", p.address.Encode(&p.net), "--passphrase-file", p.far.secret, "--yes"}
	if err := p.refused(ctx, "has not listed PastelID", line...); err != nil {
		return err
	}
	if err := errors.Join(p.listed(p.id+" # a member"), p.refused(ctx, "too few coins", line...)); err != nil {
		return err
	}
	to, err := p.teller.NewAddress(ctx)
	if err != nil {
		return err
	}
	for range 5 {
		if _, err := p.alpha.SendTo(ctx, to, 20*pastel.PSL); err != nil {
			return err
		}
	}
	if err := errors.Join(p.mine(ctx, 1), p.caughtUp(ctx), p.says(ctx, "can now pledge and open pools", line...)); err != nil {
		return err
	}
	p.saw("id register --remote: refused while the PastelID is not listed, and while the daemon's wallet is empty; then the daemon posts and pays")
	return nil
}

var statement = regexp.MustCompile(`smartpool/1 pledge [^\n"]*`)

// signs writes a ticket of join or amend, and has both sign it: the key file, and the stock node's wallet.
func (p *posted) signs(ctx context.Context, verb, coins string) ([]string, error) {
	file := p.far.file(verb + coins + ".json")
	_, err := p.far.command(ctx, verb, p.pool, "--remote", "--cold", file, "--pastelid", p.id, "--address", p.address.Encode(&p.net), "--coins", coins,
		"--reward", p.address.Encode(&p.net), "--output", p.output)
	if err != nil {
		return nil, err
	}
	if _, err := p.far.command(ctx, "ticket", "sign", file, "--network", p.net.Name, "--key", p.key, "--passphrase-file", p.far.secret, "--out", file,
		"--yes"); err != nil {
		return nil, err
	}
	text, err := p.far.command(ctx, "ticket", "decode", file)
	if err != nil {
		return nil, err
	}
	signature, err := p.stock.SignMessage(ctx, p.address, statement.FindString(text))
	return []string{verb, p.pool, "--remote", "--ticket", file, "--address-signature", signature, "--yes"}, err
}

func (p *posted) join(ctx context.Context) error {
	line, err := p.signs(ctx, "join", "500")
	if err != nil {
		return err
	}
	if err := p.says(ctx, "Accepted in block", line...); err != nil {
		return err
	}
	p.saw("join --remote: the stock node's wallet signs the line and nothing else; the ticket that the daemon posts is accepted")
	return nil
}

// locked encrypts the wallet that pays, and amends the pledge once it is unlocked.
func (p *posted) locked(ctx context.Context) error {
	line, err := p.signs(ctx, "amend", "550")
	if err != nil {
		return err
	}
	var refused *pasteld.RPCError
	if err := p.teller.Call(ctx, "encryptwallet", nil, phrase); errors.As(err, &refused) { // it stops, mostly before it answers
		return err
	}
	err = until(ctx, "the node to stop after it encrypted its wallet", stopPatience, func() (bool, string, error) {
		return p.teller.ended() != nil, "it runs", nil
	})
	if err := errors.Join(err, p.up(ctx, p.teller), p.caughtUp(ctx), p.refused(ctx, "is locked", line...)); err != nil {
		return err
	}
	if err := errors.Join(p.teller.Call(ctx, "walletpassphrase", nil, phrase, 3600), p.says(ctx, "Amended in block", line...)); err != nil {
		return err
	}
	p.saw("amend --remote: refused while the daemon's wallet is encrypted and locked; once it is unlocked, the same ticket is posted and accepted")
	return nil
}

// killed kills the daemon while a ticket that it posted waits: the next one sends what the node knows already.
func (p *posted) killed(ctx context.Context) error {
	line, err := p.signs(ctx, "amend", "600")
	if err != nil {
		return err
	}
	if _, err := p.far.run(ctx, append(slices.Clone(line), "--no-wait")...); err != nil {
		return err
	}
	p.daemon.kill()
	before, err := os.ReadFile(p.log())
	if err != nil {
		return err
	}
	if err := p.start(ctx); err != nil {
		return err
	}
	waiting, err := p.teller.Mempool(ctx)
	if err != nil || len(waiting) != 1 {
		return fmt.Errorf("%d transactions wait for a block: %w", len(waiting), err)
	}
	var raw, again string
	if err := p.teller.Call(ctx, "getrawtransaction", &raw, waiting[0].String()); err != nil {
		return err
	}
	if err := p.teller.Call(ctx, "sendrawtransaction", &again, raw); err != nil || again != waiting[0].String() {
		return fmt.Errorf("sent again, what waits is %q: %w", again, err)
	}
	if err := p.says(ctx, "Amended in block", line...); err != nil {
		return err
	}
	after, err := os.ReadFile(p.log())
	if err != nil {
		return err
	}
	if bytes.Contains(after[len(before):], []byte("could not be sent again")) {
		return errors.New("the daemon took it for a failure that the node knows the ticket already")
	}
	left, err := p.teller.Balance(ctx)
	if err != nil {
		return err
	}
	p.saw("the daemon was killed while a ticket waited; the next one gives the same transaction for the same ticket, and it is accepted; "+
		"a registration and three tickets cost its wallet %s PSL", (100*pastel.PSL - left).String())
	return nil
}

// close stops the daemon and its node.
func (p *posted) close(ctx context.Context) error {
	unspent, err := p.stock.Unspent(ctx, 1, p.address)
	if err == nil && !slices.ContainsFunc(unspent, func(u pasteld.Unspent) bool { return u.OutPoint.String() == p.output }) {
		err = errors.New("the member's coins moved")
	}
	return errors.Join(err, p.daemon.stop(ctx), p.teller.stop(ctx))
}
