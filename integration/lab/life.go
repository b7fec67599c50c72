package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// terminal is where a person types commands, with alpha's wallet and daemon.
type terminal struct {
	lab    *lab
	dir    string // of their files
	secret string // file with the passphrase
	env    []string
}

// phrase is the passphrase of everyone at the terminal.
const phrase = "correct horse"

func (l *lab) terminal() (*terminal, error) {
	t := &terminal{lab: l, dir: filepath.Join(l.dir, "terminal"), env: []string{
		"SMARTPOOL_API=" + l.alpha.rules.apiURL(), "SMARTPOOL_NODE=" + l.alpha.url(), "SMARTPOOL_NODE_USER=" + user, "SMARTPOOL_NODE_PASSWORD=" + password,
	}}
	t.secret = t.file("secret")
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return nil, err
	}
	return t, os.WriteFile(t.secret, []byte(phrase+"\n"), 0o600)
}

// without returns the terminal of somebody who has no node, but knows a daemon.
func (t *terminal) without(api string) *terminal {
	return &terminal{lab: t.lab, dir: t.dir, secret: t.secret, env: []string{"SMARTPOOL_API=" + api}}
}

func (t *terminal) file(name string) string { return filepath.Join(t.dir, name) }

// command runs smartpool while alpha mines whatever is in its mempool.
func (t *terminal) command(ctx context.Context, line ...string) (string, error) {
	mining, stop := context.WithCancel(ctx)
	mined := make(chan error, 1)
	go func() { mined <- t.lab.mineWaiting(mining) }()
	text, err := t.run(ctx, line...)
	stop()
	if err := errors.Join(<-mined, t.lab.together(ctx)); err != nil {
		return "", err
	}
	return text, err
}

// run runs smartpool.
func (t *terminal) run(ctx context.Context, line ...string) (string, error) {
	cmd := exec.CommandContext(ctx, t.lab.binaries.smartpool, line...)
	cmd.Env = append(os.Environ(), t.env...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("smartpool %s: %w: %s", strings.Join(line[:min(2, len(line))], " "), err, strings.Join(strings.Fields(string(text)), " "))
	}
	return string(text), nil
}

// mineWaiting mines a block whenever a transaction is waiting, until it is stopped.
func (l *lab) mineWaiting(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		waiting, err := l.alpha.Mempool(ctx)
		if err == nil && len(waiting) > 0 {
			err = l.generate(context.WithoutCancel(ctx), l.alpha, 1)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// inNode creates and registers a PastelID in the node, with pasteld's own calls.
func (t *terminal) inNode(ctx context.Context) (id string, err error) {
	text, err := t.command(ctx, "rpc", "pastelid", "newkey", phrase)
	if err != nil {
		return "", err
	}
	var made struct{ PastelID string }
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		return "", err
	}
	if text, err = t.command(ctx, "rpc", "getnewaddress"); err != nil {
		return "", err
	}
	address := strings.TrimSpace(text)
	if _, err := t.command(ctx, "rpc", "sendtoaddress", address, "20"); err != nil {
		return "", err
	}
	_, err = t.command(ctx, "rpc", "tickets", "register", "id", made.PastelID, phrase, address)
	return made.PastelID, err
}

// inFile creates and registers a PastelID in a key file; the node's wallet pays.
func (t *terminal) inFile(ctx context.Context, name string) (id, path string, err error) {
	path = t.file(name)
	text, err := t.command(ctx, "id", "new", path, "--passphrase-file", t.secret, "--json")
	if err != nil {
		return "", "", err
	}
	var made struct{ PastelID string }
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		return "", "", err
	}
	_, err = t.command(ctx, "id", "register", path, "--passphrase-file", t.secret, "--yes")
	return made.PastelID, path, err
}

// coins gives someone a new output.
func (t *terminal) coins(ctx context.Context, count string) (address, output string, err error) {
	text, err := t.command(ctx, "rpc", "getnewaddress")
	if err != nil {
		return "", "", err
	}
	address = strings.TrimSpace(text)
	if _, err = t.command(ctx, "rpc", "sendtoaddress", address, count); err != nil {
		return "", "", err
	}
	to, err := pastel.ParseAddress(&t.lab.net, address)
	if err != nil {
		return "", "", err
	}
	want, err := pastel.ParseAmount(count)
	if err != nil {
		return "", "", err
	}
	err = until(ctx, "the coins to be mined", time.Minute, func() (bool, string, error) {
		list, err := t.lab.alpha.Unspent(ctx, 1, to)
		for _, u := range list {
			if u.Value == want { // blocks may have paid the miner at this address
				output = u.OutPoint.String()
				return true, "", nil
			}
		}
		return false, fmt.Sprintf("%d outputs", len(list)), errors.Join(err, t.lab.mine(ctx, 1))
	})
	return address, output, err
}

// life plays a pool's whole life with commands that people type.
func life(ctx context.Context, l *lab, n *notes) error {
	t, err := l.terminal()
	if err != nil {
		return err
	}
	p := &played{terminal: t, notes: n}
	for _, act := range []func(context.Context) error{p.open, p.join, p.activate, p.launch, p.earn, p.leave, p.end} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// played is a pool run from the command line.
type played struct {
	*terminal
	*notes
	operator  string // key file
	supernode string // PastelID, in the node
	pool      string
	alice     string // PastelID, in the node
	bob       string // PastelID, in a key file
	bobs      string // bob's output
	cast      *actors.Cast
}

const poolLabel = "atlas"

// create opens a pool for pledges during some blocks, with the operator's PastelID in a key file and the Supernode's in the node.
func (t *terminal) create(ctx context.Context, label, company, period string) (pool, operator, supernode string, err error) {
	id, operator, err := t.inFile(ctx, label+".key")
	if err != nil {
		return "", "", "", err
	}
	if supernode, err = t.inNode(ctx); err != nil {
		return "", "", "", err
	}
	text, err := t.command(ctx, "pool", "create", "--label", label, "--company", company, "--fee", "5", "--factor", "1.2", "--period", period,
		"--operator", id, "--operator-key", operator, "--supernode", supernode, "--passphrase-file", t.secret, "--yes")
	if err != nil {
		return "", "", "", err
	}
	if pool = regexp.MustCompile(label + `\.[0-9a-f]{40}`).FindString(text); pool == "" {
		return "", "", "", fmt.Errorf("smartpool pool create did not name the pool: %s", text)
	}
	return pool, operator, supernode, nil
}

func (p *played) open(ctx context.Context) (err error) {
	if p.pool, p.operator, p.supernode, err = p.create(ctx, poolLabel, "Atlas Operations", "30"); err != nil {
		return err
	}
	if p.alice, err = p.inNode(ctx); err != nil {
		return err
	}
	p.saw("id new, id register, pool create: a pool is open, with the operator's PastelID in a key file and the Supernode's in the node")
	return nil
}

func (p *played) join(ctx context.Context) error {
	if _, _, err := p.coins(ctx, "610"); err != nil {
		return err
	}
	if _, err := p.command(ctx, "join", p.pool, "--pastelid", p.alice, "--coins", "600", "--passphrase-file", p.secret, "--yes"); err != nil {
		return err
	}
	id, key, err := p.inFile(ctx, "bob.key")
	if err != nil {
		return err
	}
	p.bob = id
	address, output, err := p.coins(ctx, "620")
	if err != nil {
		return err
	}
	p.bobs = output
	file := p.file("pledge.json")
	if _, err := p.command(ctx, "join", p.pool, "--cold", file, "--pastelid", id, "--coins", "600", "--output", output, "--address", address); err != nil {
		return err
	}
	if _, err := p.command(ctx, "ticket", "sign", file, "--network", p.terminal.lab.net.Name, "--key", key, "--passphrase-file", p.secret, "--out", file,
		"--yes"); err != nil {
		return err
	}
	text, err := p.command(ctx, "ticket", "decode", file)
	if err != nil {
		return err
	}
	if text, err = p.command(ctx, "rpc", "signmessage", address, statement.FindString(text)); err != nil {
		return err
	}
	if _, err := p.command(ctx, "join", p.pool, "--ticket", file, "--address-signature", strings.TrimSpace(text), "--yes"); err != nil {
		return err
	}
	p.saw("join with the wallet, join --cold with a key file, ticket sign, join --ticket: 1,200 PSL are pledged")
	return nil
}

func (p *played) activate(ctx context.Context) error {
	if _, err := p.command(ctx, "pool", "activate", p.pool, "--key", p.operator, "--passphrase-file", p.secret, "--yes"); err != nil {
		return err
	}
	text, err := p.command(ctx, "pool", "status", p.pool, "--json")
	if err != nil {
		return err
	}
	var s struct {
		Status       string `json:"status"`
		ActivationTx string `json:"activation_txid"`
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	id, err := pastel.ParseTxID(s.ActivationTx)
	if err != nil || s.Status != "active" {
		return fmt.Errorf("the pool is %s, activation %q: %w", s.Status, s.ActivationTx, err)
	}
	p.cast = &actors.Cast{Net: p.terminal.lab.net, Client: p.terminal.lab.alpha.Client, Pool: ticket.PoolID(p.pool), Activation: id, Supernode: &actors.Party{ID: p.supernode}}
	p.saw("pool activate: the pool is active")
	return nil
}

func (p *played) launch(ctx context.Context) error {
	l := p.terminal.lab
	key, err := l.alpha.MasternodeGenKey(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(l.heat(ctx, phrase, key), l.container(p.supernode), l.synced(ctx)); err != nil {
		return err
	}
	l.stage = stage{Cast: p.cast, key: key, label: poolLabel, pools: l.stage.pools, launched: true}
	// The command waits until the Supernode is paid. That takes votes, and the regular Supernode votes as blocks come.
	machineKey := p.secret + ".machine-key"
	if err := os.WriteFile(machineKey, []byte(key+"\n"), 0o600); err != nil {
		return err
	}
	typing, stop := context.WithCancel(ctx)
	defer stop()
	mined := make(chan error, 1)
	go func() {
		err := l.mineForVotes(typing)
		if err != nil {
			stop() // otherwise the command would wait forever
		}
		mined <- err
	}()
	text, err := p.command(typing, "supernode", "launch", p.pool, "--host", l.hot.peer(), "--masternode-key-file", machineKey, "--passphrase-file", p.secret, "--yes",
		"--masternode-conf", l.conf())
	stop()
	if failed := <-mined; failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	p.saw("supernode launch: %s", lastLine(text))
	if text, err = p.command(ctx, "supernode", "launch", p.pool, "--masternode-conf", l.conf(),
		"--passphrase-file", p.secret, "--yes"); err != nil {
		return err
	}
	p.saw("supernode launch again: %s", strings.ReplaceAll(lastLine(text), l.alpha.data()+string(filepath.Separator), ""))
	return nil
}

// mineForVotes mines once the Supernode has rested, for as long as necessary.
func (l *lab) mineForVotes(ctx context.Context) error {
	if _, err := l.voted(ctx, 1); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	for ctx.Err() == nil {
		if err := l.mine(context.WithoutCancel(ctx), 1); err != nil {
			return err
		}
		pause(ctx, time.Second) // lets the command see it
	}
	return nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func (p *played) earn(ctx context.Context) error {
	l := p.terminal.lab
	tx, err := l.duePayout(ctx)
	if err != nil {
		return err
	}
	if err := l.mine(ctx, 1); err != nil {
		return err
	}
	for _, line := range [][]string{
		{"payouts", "--all", "--pool", p.pool}, {"my", p.alice}, {"history", p.alice}, {"pools"}, {"pool", "report", p.pool}, {"leave", p.alice},
		{"verify", "payout", tx.ID().String(), "--network", l.net.Name},
	} {
		if _, err := p.command(ctx, line...); err != nil {
			return err
		}
	}
	p.saw("payouts, my, history, pool report, leave, verify payout: all succeed; the payout of block %d is correct according to raw blocks", p.tip(ctx))
	return nil
}

func (p *played) tip(ctx context.Context) pastel.Height {
	h, _, err := p.terminal.lab.alpha.Tip(ctx)
	if err != nil {
		return -1
	}
	return h
}

func (p *played) leave(ctx context.Context) error {
	l := p.terminal.lab
	to, err := l.alpha.NewAddress(ctx)
	if err != nil {
		return err
	}
	tx, vout, _ := strings.Cut(p.bobs, ":")
	index, err := strconv.Atoi(vout)
	if err != nil {
		return err
	}
	inputs := fmt.Sprintf(`[{"txid":%q,"vout":%d}]`, tx, index)
	raw, err := p.command(ctx, "rpc", "createrawtransaction", inputs, fmt.Sprintf(`{%q:619.9}`, to.Encode(&l.net)))
	if err != nil {
		return err
	}
	text, err := p.command(ctx, "rpc", "signrawtransaction", strings.TrimSpace(raw))
	if err != nil {
		return err
	}
	var signed struct{ Hex string }
	if err := json.Unmarshal([]byte(text), &signed); err != nil {
		return err
	}
	if _, err := p.command(ctx, "rpc", "sendrawtransaction", signed.Hex); err != nil {
		return err
	}
	if err := errors.Join(l.mine(ctx, 1), l.is(ctx, chain.SupernodePaused)); err != nil {
		return err
	}
	p.saw("bob spends the pledged output and is out; the pool is replenishing")
	return nil
}

func (p *played) end(ctx context.Context) error {
	l := p.terminal.lab
	if err := errors.Join(l.mine(ctx, 32), l.is(ctx, chain.SupernodeGone)); err != nil {
		return err
	}
	text, err := p.command(ctx, "pool", "status", p.pool)
	if err != nil {
		return err
	}
	if !strings.Contains(text, "dissolved") {
		return fmt.Errorf("smartpool pool status does not say that the pool is dissolved: %s", text)
	}
	if text, err = p.command(ctx, "digest", l.beta.rules.apiURL()); err != nil {
		return err
	}
	p.saw("30 blocks later it is dissolved; digest: %s", lastLine(text))
	l.stage = stage{pools: l.stage.pools}
	return nil
}
