package journey

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// unsigned writes the entry with a launch for the Supernode's PastelID to sign elsewhere, and says how to continue.
func (l *launch) unsigned() (x Launched, err error) {
	if l.right {
		return x, fmt.Errorf("%s already has the entry %s with its launch; run this without --cold. Nothing was changed", l.conf.Path(), l.entry.Alias)
	}
	if err := l.mayDraft(); err != nil {
		return x, err
	}
	entry := l.entry
	if entry.ExtConfig, err = l.say.AddTo(l.entry.ExtConfig); err != nil {
		return x, err
	}
	draft := pasteld.NewMasternodeConf(l.c.Cold)
	if err := draft.Set(&entry); err != nil {
		return x, err
	}
	if err := draft.Write(); err != nil {
		return x, err
	}
	statement := l.say.Statement(l.r.Net.Name)
	return Launched{Outcome: "unsigned", Statement: statement, PastelID: l.pool.Supernode, Conf: l.c.Cold, Text: fmt.Sprintf(
		`Wrote %s: the entry of masternode.conf, with the machine's key. Nothing is signed or started yet.
Where its key is, the Supernode's PastelID %s signs this line:
     %s
With a key file: smartpool id sign KEYFILE --message %s

Then, here:
     smartpool supernode launch %s --signed %s --signature SIGNATURE`, l.c.Cold, l.pool.Supernode, statement, terminal.Argument(statement), l.pool.ID, terminal.Argument(l.c.Cold))}, nil
}

// mayDraft refuses an existing file: it may hold another draft, whose key would be lost. It refuses the node's masternode.conf, because the
// node would treat the entry as signed.
func (l *launch) mayDraft() error {
	cold, coldErr := filepath.Abs(l.c.Cold)
	conf, confErr := filepath.Abs(l.conf.Path())
	if err := errors.Join(coldErr, confErr); err != nil {
		return err
	}
	if cold == conf {
		return terminal.Usagef("--cold %s is the node's masternode.conf; choose another file", l.c.Cold)
	}
	if _, err := os.Lstat(cold); err == nil {
		return terminal.Usagef("--cold %s already exists; choose another file, or continue with --signed if an earlier --cold wrote it", l.c.Cold)
	}
	return nil
}

// draft reads the entry that --cold wrote.
func (l *launch) draft() (e pasteld.MasternodeEntry, err error) {
	if _, err := os.Stat(l.c.Signed); err != nil {
		return e, fmt.Errorf("--signed: %w; give the file that --cold wrote", err)
	}
	file, err := pasteld.ReadMasternodeConf(l.c.Signed)
	if err != nil {
		return e, err
	}
	e, one := file.Only()
	switch {
	case !one:
		return e, fmt.Errorf("%s does not contain exactly one entry of masternode.conf; give the file that --cold wrote. Nothing was changed", l.c.Signed)
	case e.OutPoint != l.outPoint():
		return e, fmt.Errorf("%s is for collateral %s, not for the pool's activation %s: it belongs to another pool or activation. Nothing was changed",
			l.c.Signed, e.OutPoint, l.outPoint())
	}
	if !l.say.ReadExtra(e.ExtConfig) {
		return e, fmt.Errorf("%s has no launch (extCfg); write it again with --cold. Nothing was changed", l.c.Signed)
	}
	if l.say.Signature = cmp.Or(l.c.Signature, l.say.Signature); l.say.Signature == "" {
		return e, terminal.Usagef("%s is not signed; give the signature with --signature", l.c.Signed)
	}
	e.ExtConfig, err = l.say.AddTo(e.ExtConfig)
	return e, err
}

// check verifies that the signature is of exactly the entry's statement.
func (l *launch) check() error {
	if err := l.say.Verify(l.r.Net.Name, l.supernode); err != nil {
		return fmt.Errorf("%s: %w. It may be for another PastelID, machine key, time or activation; PastelID %s must sign exactly this line:\n  %s\nNothing was changed",
			l.c.Signed, err, l.pool.Supernode, l.say.Statement(l.r.Net.Name))
	}
	return nil
}
