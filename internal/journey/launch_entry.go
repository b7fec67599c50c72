package journey

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// outPoint returns the Supernode's collateral reference.
func (l *launch) outPoint() pastel.OutPoint {
	return pastel.OutPoint{TxID: l.say.Activation, Vout: chain.PoolIndex}
}

// view asks the node for the pool's Supernode.
func (l *launch) view(ctx context.Context) error {
	list, err := l.wallet.Masternodes(ctx)
	if err != nil {
		return err
	}
	l.listed = nil
	if i := slices.IndexFunc(list, func(m pasteld.Masternode) bool { return m.OutPoint == l.outPoint() }); i >= 0 {
		l.listed = &list[i]
	}
	return nil
}

// plan decides what the entry should be, and compares that with what exists.
func (l *launch) plan(ctx context.Context) error {
	present, found := l.conf.Backed(l.outPoint())
	l.entry = present
	if l.c.Signed != "" {
		draft, err := l.draft()
		if err != nil {
			return err
		}
		l.entry = draft
	}
	if err := l.name(present.Alias); err != nil {
		return err
	}
	l.entry.OutPoint = l.outPoint()
	l.entry.Address = cmp.Or(l.c.Host, l.entry.Address)
	l.entry.ExtAddress = cmp.Or(l.c.ExtAddress, l.entry.ExtAddress)
	l.entry.ExtP2P = cmp.Or(l.c.ExtP2P, l.entry.ExtP2P)
	if l.entry.Address == "" {
		return terminal.Usagef("give the address of the Supernode's machine: --host IP:PORT")
	}
	for _, at := range []struct{ flag, address string }{{"--host", l.entry.Address}, {"--ext-address", l.entry.ExtAddress}, {"--ext-p2p", l.entry.ExtP2P}} {
		if at.address == "" {
			continue
		}
		if err := hostPort(at.flag, at.address, &l.r.Net); err != nil {
			return err
		}
	}
	if err := l.key(ctx, found); err != nil {
		return err
	}
	signed := l.say.ReadExtra(l.entry.ExtConfig) && l.say.Verify(l.r.Net.Name, l.supernode) == nil
	l.right = found && signed && same(&l.entry, &present)
	if err := l.compare(ctx); err != nil {
		return err
	}
	switch {
	case l.right:
		return nil
	case l.c.Signed != "":
		return l.check()
	}
	return l.date(ctx)
}

// alias matches valid names: no characters that a shell or JSON treats specially.
var alias = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

var errAlias = errors.New("want at most 64 letters, digits, dots, hyphens and underscores")

// name chooses the alias. present is the one that the file has for the pool's Supernode, if any.
func (l *launch) name(present string) error {
	switch {
	case l.c.Alias != "" && !alias.MatchString(l.c.Alias):
		return terminal.Usagef("--alias %q: %w", l.c.Alias, errAlias)
	case l.c.Alias != "" && present != "" && !strings.EqualFold(l.c.Alias, present):
		return fmt.Errorf("%s already has the pool's Supernode as %s; omit --alias, or remove that entry first. Nothing was changed", l.conf.Path(), visible.Name(present))
	}
	l.entry.Alias = cmp.Or(present, l.c.Alias, l.entry.Alias, ticket.PoolID(l.pool.ID).Label())
	other, taken := l.conf.Entry(l.entry.Alias)
	switch {
	case taken && other.OutPoint == (pastel.OutPoint{}):
		return fmt.Errorf("%s has an entry %s without a collateral (txid, outIndex); correct or remove it, or choose another alias with --alias. Nothing was changed",
			l.conf.Path(), visible.Name(other.Alias))
	case taken && other.OutPoint != l.outPoint():
		return fmt.Errorf("%s uses the alias %s for another Supernode, with collateral %s; choose another alias with --alias. Nothing was changed",
			l.conf.Path(), visible.Name(other.Alias), other.OutPoint)
	}
	l.had = taken
	return nil
}

// key takes the machine's key, or has the node make one, unless the pool's Supernode already runs with an unknown key.
func (l *launch) key(ctx context.Context, found bool) (err error) {
	l.entry.Key = cmp.Or(l.c.MachineKey, l.entry.Key)
	if l.entry.Key == "" {
		if l.listed != nil {
			return fmt.Errorf("the node already lists the pool's Supernode, as %s at %s, but %s does not have it; give its machine's key with --masternode-key-file, "+
				"or, to move it to another machine, a new key (smartpool rpc masternode genkey). Nothing was changed", l.listed.Status, l.listed.Address, l.conf.Path())
		}
		if l.entry.Key, err = l.wallet.MasternodeGenKey(ctx); err != nil {
			return err
		}
	}
	key, err := pastel.ParseWIF(&l.r.Net, l.entry.Key)
	switch {
	case err == nil:
	case l.c.MachineKey != "":
		return terminal.Usagef("--masternode-key-file: %w; smartpool rpc masternode genkey makes one", err)
	case l.c.Signed != "":
		return fmt.Errorf("%s has no key of network %s (mnPrivKey); write it again with --cold. Nothing was changed", l.c.Signed, l.r.Net.Name)
	case found:
		return fmt.Errorf("mnPrivKey of %q in %s is not a key of network %s; correct it, or remove the entry. Nothing was changed", l.entry.Alias, l.conf.Path(), l.r.Net.Name)
	default:
		return fmt.Errorf("the node's masternode genkey returned no key of network %s; give one with --masternode-key-file. Nothing was changed", l.r.Net.Name)
	}
	l.say.Key = hex.EncodeToString(key.PublicKey())
	return nil
}

// same reports whether two entries are equal, apart from the formatting of their JSON.
func same(a, b *pasteld.MasternodeEntry) bool {
	config := func(e *pasteld.MasternodeEntry) (text string) {
		var b bytes.Buffer
		if json.Compact(&b, e.ExtConfig) == nil {
			text = b.String()
		}
		return text
	}
	return a.Alias == b.Alias && a.Address == b.Address && a.Key == b.Key && a.OutPoint == b.OutPoint && a.ExtAddress == b.ExtAddress && a.ExtP2P == b.ExtP2P &&
		config(a) == config(b)
}

// compare finds out whether the listed Supernode is the entry's.
func (l *launch) compare(ctx context.Context) error {
	l.runs = false
	if l.listed == nil {
		return nil
	}
	config, listed, err := l.wallet.ExtConfig(ctx, l.outPoint())
	if err != nil || !listed {
		return err
	}
	announced := ticket.Launch{Activation: l.say.Activation, Key: l.say.Key}
	l.runs = announced.ReadExtra([]byte(config)) && announced == l.say && l.listed.Address == l.entry.Address &&
		(l.listed.Status == listedEnabled || l.listed.Status == listedBefore)
	return nil
}

// date makes the statement and dates it after every known one: of two launches, the later one counts.
func (l *launch) date(ctx context.Context) error {
	config, listed, err := l.wallet.ExtConfig(ctx, l.outPoint())
	if err != nil {
		return err
	}
	at, err := l.r.timeStamp(l.pool.Tip.Time, nil)
	if err != nil {
		return err
	}
	known := [][]byte{l.entry.ExtConfig}
	if listed {
		known = append(known, []byte(config))
	}
	if at, err = laterThan(at, known); err != nil {
		return err
	}
	l.say.Time, l.say.Signature = ticket.FormatTimeStamp(at), ""
	return nil
}

// laterThan returns at or, if necessary, the second after the last launch in the given extra configurations, in seconds since 1970.
func laterThan(at int64, known [][]byte) (int64, error) {
	latest := at + int64(futureLimit.Seconds())
	for _, extra := range known {
		var before ticket.Launch
		if !before.ReadExtra(extra) {
			continue
		}
		t, err := ticket.ParseTimeStamp(before.Time)
		if err != nil {
			continue // no node accepts it
		}
		if t >= latest {
			return 0, fmt.Errorf("an earlier launch of this Supernode is dated %s, and this one must be dated later; correct this machine's clock, or try again after that time. "+
				"Nothing was changed", before.Time)
		}
		at = max(at, t+1)
	}
	return at, nil
}

// write shows the plans, asks, signs, and writes masternode.conf.
func (l *launch) write(ctx context.Context, v *interview) error {
	if err := l.conf.CanWrite(); err != nil {
		return err
	}
	what, err := l.plans()
	if err != nil {
		return err
	}
	statement := l.say.Statement(l.r.Net.Name)
	me := l.me
	if l.c.Signed == "" {
		if me == nil {
			if me, err = l.signer(ctx, v); err != nil {
				return err
			}
		}
		what += fmt.Sprintf("\nThe Supernode's PastelID %s signs:\n  %s\n", l.pool.Supernode, statement)
	}
	if err := l.r.Person.Confirm(l.c.Yes, what); err != nil {
		return err
	}
	if me != nil {
		if l.say.Signature, err = me.Sign(ctx, statement); err != nil {
			return err
		}
	}
	if err := l.say.Verify(l.r.Net.Name, l.supernode); err != nil {
		return err
	}
	if l.entry.ExtConfig, err = l.say.AddTo(l.entry.ExtConfig); err != nil {
		return fmt.Errorf("extCfg of %q in %s: %w. Nothing was changed", l.entry.Alias, l.conf.Path(), err)
	}
	if err := l.conf.Set(&l.entry); err != nil {
		return err
	}
	if err := l.conf.Write(); err != nil {
		return err
	}
	l.r.Person.Note("Wrote %s.", l.conf.Path())
	v.done(ctx)
	if l.had {
		return l.restart()
	}
	return nil
}

// restart says that the node has read an earlier entry.
func (l *launch) restart() error {
	return fmt.Errorf("the node reads each entry of masternode.conf only once, and has read an earlier one with alias %s; restart the node, then run this command again", l.entry.Alias)
}

// plans says what goes into which file on which machine, and when.
func (l *launch) plans() (string, error) {
	shown := l.entry
	say := l.say
	say.Signature = cmp.Or(say.Signature, "made when you confirm")
	var err error
	if shown.ExtConfig, err = say.AddTo(l.entry.ExtConfig); err != nil {
		return "", fmt.Errorf("extCfg of %q in %s: %w. Nothing was changed", l.entry.Alias, l.conf.Path(), err)
	}
	with, err := l.conf.With(&shown)
	if err != nil {
		return "", err
	}
	return l.replaces() + fmt.Sprintf(`The Supernode of pool %s
is paid to the pool's escrow, %s, for as long as the pool is active.

1. The hot machine, %s, runs the Supernode. Its data folder needs, now or soon:
   pastel.conf
    masternode=1
    masternodeprivkey=%s
    txindex=1
   pastelkeys/%s
    the container of the Supernode's PastelID, copied from the node that created it
   Then restart its node. The Supernode becomes ENABLED once that node and the smartpoold beside it have caught up.

2. The cold machine, this one, has the wallet. This command now writes to:
   %s
%s
   Its pastel.conf needs txindex=1; without it, the node will not restart.
`, l.pool.ID, l.pool.Escrow, l.entry.Address, l.entry.Key, l.pool.Supernode, l.conf.Path(), with.Shown(shown.Alias)), nil
}

// replaces warns if the node lists a Supernode other than the entry's.
func (l *launch) replaces() string {
	if l.listed == nil || l.runs {
		return ""
	}
	return fmt.Sprintf("Caution: the node already lists the pool's Supernode, as %s at %s. This launch replaces it, and its machine earns nothing from then on,\n"+
		"unless it is the same machine with the key below.\n\n", l.listed.Status, l.listed.Address)
}
