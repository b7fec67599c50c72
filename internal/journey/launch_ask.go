package journey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// open asks for the pool, which must back a Supernode.
func (c *Launch) open(ctx context.Context, r *Daemon, v *interview) (wire.PoolDetail, error) {
	if c.Pool == "" && r.Person.Interactive() {
		list, err := c.pools(ctx, r)
		if err != nil {
			return wire.PoolDetail{}, err
		}
		if c.Pool, err = v.askPool(ctx, r, "no pool is active", list, launchable); err != nil {
			return wire.PoolDetail{}, err
		}
	}
	if c.Pool == "" {
		return wire.PoolDetail{}, terminal.Usagef("say which pool: smartpool supernode launch POOL; smartpool pools lists pools")
	}
	p, err := r.VerifiedPool(ctx, c.Pool)
	if err == nil {
		v.now["--pool"], err = p.ID, launchable(&p)
	}
	return p, err
}

// pools lists active pools, first those that the node's PastelIDs operate.
func (c *Launch) pools(ctx context.Context, r *Daemon) (list []choice, err error) {
	wallet, err := r.wallet(ctx, c.Node)
	if err != nil {
		return nil, err
	}
	held, err := wallet.PastelIDs(ctx)
	if err != nil {
		return nil, err
	}
	active, err := Advised(r.AllPools(ctx, wire.PoolQuery{Status: []string{"active"}}))
	var others []choice
	for i := range active.Items {
		p := &active.Items[i]
		shown := fmt.Sprintf("%s by %s", ticket.PoolID(p.ID).Label(), visible.Name(p.Company))
		if slices.Contains(held, p.Operator) || slices.Contains(held, p.Supernode) {
			list = append(list, choice{p.ID, shown + ", yours"})
		} else {
			others = append(others, choice{p.ID, shown})
		}
	}
	return append(list, others...), err
}

// readConf reads the node's masternode.conf: the named one, the one beside .cookie, or the one that the operator names when asked.
func (c *Launch) readConf(ctx context.Context, v *interview) (*pasteld.MasternodeConf, error) {
	path, err := c.confPath()
	if err != nil && v.p.Interactive() {
		path, err = v.put(ctx, &question{
			flag: "--masternode-conf", text: "The node's masternode.conf (a path)", clean: as(wholePath), check: func(path string) error {
				if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
					return fmt.Errorf("there is no folder %s: want a file in the node's data folder, beside .cookie", visible.Text(filepath.Dir(path)))
				}
				_, err := pasteld.ReadMasternodeConf(path)
				return err
			},
		}, "")
	}
	if err != nil {
		return nil, err
	}
	return pasteld.ReadMasternodeConf(path)
}

// confPath returns the path of masternode.conf.
func (c *Launch) confPath() (string, error) {
	switch {
	case c.Conf != "":
		return c.Conf, nil
	case c.Node.Cookie != "":
		return filepath.Join(filepath.Dir(c.Node.Cookie), "masternode.conf"), nil
	}
	return "", terminal.Usagef("give the node's masternode.conf with --masternode-conf; it lies in the node's data folder, beside .cookie")
}

// interview asks for what neither flags nor masternode.conf say. With Launch.Yes it asks only for what is indispensable.
func (l *launch) interview(ctx context.Context, v *interview) (err error) {
	c := l.c
	_, found := l.conf.Backed(l.outPoint())
	if found || c.Signed != "" || !l.r.Person.Interactive() {
		return nil
	}
	if err := l.checkFlags(); err != nil {
		return err
	}
	if c.Cold == "" {
		if l.me, err = l.signer(ctx, v); err != nil {
			return err
		}
	}
	if c.Alias == "" && !c.Yes {
		if c.Alias, err = v.put(ctx, l.aliasQuestion(), ""); err != nil {
			return err
		}
	}
	if c.Host == "" {
		c.Host, err = v.put(ctx, &question{
			flag: "--host", text: "Supernode's machine (IP:PORT)", clean: as(pasted.ID), check: l.address("--host"),
		}, "")
		if err != nil {
			return err
		}
	}
	if c.Yes {
		return nil
	}
	for _, q := range []struct {
		flag, text string
		address    *string
	}{{"--ext-address", "Its Supernode software (IP:PORT, or none)", &c.ExtAddress}, {"--ext-p2p", "That software's own network (IP:PORT, or none)", &c.ExtP2P}} {
		const none = "none"
		if *q.address != "" {
			continue
		}
		check := l.address(q.flag)
		*q.address, err = v.put(ctx, &question{flag: q.flag, text: q.text, usual: none, clean: as(pasted.ID), check: func(s string) error {
			if s == none {
				return nil
			}
			return check(s)
		}}, "")
		if err != nil {
			return err
		}
		if *q.address == none {
			*q.address = ""
		}
	}
	return nil
}

// checkFlags checks what flags gave, before anything is asked.
func (l *launch) checkFlags() error {
	if l.c.Alias != "" {
		if err := l.aliasQuestion().check(l.c.Alias); err != nil {
			return terminal.Usagef("--alias %q: %w", l.c.Alias, err)
		}
	}
	for _, at := range []struct{ flag, address string }{{"--host", l.c.Host}, {"--ext-address", l.c.ExtAddress}, {"--ext-p2p", l.c.ExtP2P}} {
		if at.address != "" {
			if err := hostPort(at.flag, at.address, &l.r.Net); err != nil {
				return err
			}
		}
	}
	return nil
}

// address checks an address of the Supernode's machine.
func (l *launch) address(flag string) func(string) error {
	return func(s string) error { return hostPort(flag, s, &l.r.Net) }
}

// aliasQuestion asks for the name in masternode.conf.
func (l *launch) aliasQuestion() *question {
	inUse := l.conf.Aliases()
	text := "Name in masternode.conf"
	if len(inUse) > 0 {
		shown := make([]string, 0, mostListed)
		for _, name := range inUse[:min(len(inUse), mostListed)] {
			shown = append(shown, visible.Name(name))
		}
		text += fmt.Sprintf(" (in use: %s)", strings.Join(shown, ", "))
	}
	return &question{
		flag: "--alias", text: text, usual: ticket.PoolID(l.pool.ID).Label(), clean: as(pasted.Text), check: func(s string) error {
			if !alias.MatchString(s) {
				return errAlias
			}
			if other, taken := l.conf.Entry(s); taken && other.OutPoint != l.outPoint() {
				return errors.New("another Supernode has this name: choose another one")
			}
			return nil
		},
	}
}

// signer opens the Supernode's PastelID. If the node lacks its key, the operator is asked for the key file.
func (l *launch) signer(ctx context.Context, v *interview) (*Identity, error) {
	if l.c.Key.File == "" && v.p.Interactive() {
		held, err := l.wallet.PastelIDs(ctx)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(held, l.pool.Supernode) {
			return l.fromFile(ctx, v)
		}
	}
	return l.c.Key.Identity(ctx, l.r.Person, l.wallet, l.pool.Supernode)
}

// fromFile asks for the key file of the Supernode's PastelID.
func (l *launch) fromFile(ctx context.Context, v *interview) (me *Identity, err error) {
	_, err = v.put(ctx, &question{
		flag: "--key", text: "Key file of PastelID " + pastel.Short(l.pool.Supernode), clean: as(wholePath), check: func(path string) error {
			if !regular(path) {
				return fmt.Errorf("there is no file %s: the node does not hold this key,\n  so give its file, or sign elsewhere with --cold FILE", visible.Text(path))
			}
			key, err := identityIn(v.p, l.c.Key.PassphraseFile, path)
			switch {
			case err != nil:
				return err
			case key.ID != l.pool.Supernode:
				return fmt.Errorf("that file belongs to PastelID %s: give the one of the\n  Supernode's PastelID", pastel.Short(key.ID))
			}
			me = key
			return nil
		},
	}, "")
	return me, err
}
