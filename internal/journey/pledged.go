package journey

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Pledges is the file in which this user's commands remember which outputs they pledged on a network, and which pledges guard saw last. A daemon
// that hides a pledge cannot have its coins spent. The file may be absent.
type Pledges struct{ network, path string }

// Remembered is an output that a command pledged.
type Remembered struct {
	Output   string    `json:"output"` // txid:vout
	Address  string    `json:"address"`
	Pool     string    `json:"pool"`
	PastelID string    `json:"pastelid"`
	Pledged  time.Time `json:"pledged"`

	// Refused says that a daemon got the signed ticket, but said that it did not post it. Whoever has the ticket can for a day, so the output pays
	// for nothing, but it may be pledged again.
	Refused bool `json:"refused,omitempty"`
}

// makes reports whether the pledge is the one that a ticket makes for coins of an address.
func (x *Remembered) makes(t *ticket.Part, address string) bool {
	return !x.Refused && x.Pool == string(t.SmartPoolID) && x.PastelID == t.PastelID && x.Address == address
}

// pledgesFile is the content of the file.
type pledgesFile struct {
	Network string       `json:"network"`
	Outputs []Remembered `json:"outputs"`
	Watched []lastSeen   `json:"watched,omitempty"` // by guard
}

const maxPledgesFile = 16 << 20 // bytes

// fileLock is how long a command waits for another one to rewrite a file.
const fileLock = 5 * time.Second

// PledgesOf returns the user's file for a network: pledged-NETWORK.json in the folder smartpool of the user's configuration folder.
func PledgesOf(network string) (*Pledges, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("there is no folder to remember pledged outputs in: %w", err)
	}
	return &Pledges{network, filepath.Join(base, "smartpool", "pledged-"+network+".json")}, nil
}

// errGarbled says that the file, or a part of it, is not one of ours.
var errGarbled = errors.New("it is damaged")

// List returns the remembered outputs. With an error it returns what it could read.
func (f *Pledges) List() (map[pastel.OutPoint]Remembered, error) {
	content, err := f.read()
	known := make(map[pastel.OutPoint]Remembered, len(content.Outputs))
	for _, x := range content.Outputs {
		out, bad := pastel.ParseOutPoint(x.Output)
		if bad != nil {
			err = cmp.Or(err, fmt.Errorf("%w: %q is not txid:vout", errGarbled, x.Output))
			continue
		}
		known[out] = x
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return known, err
}

func (f *Pledges) read() (content pledgesFile, err error) {
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return content, nil
	case err != nil:
		return content, err
	case !info.Mode().IsRegular():
		return content, fmt.Errorf("%w: it is not a regular file", errGarbled)
	}
	in, err := os.Open(f.path)
	if err != nil {
		return content, err
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(io.LimitReader(in, maxPledgesFile+1))
	if err != nil {
		return content, err
	}
	if len(text) > maxPledgesFile {
		return content, fmt.Errorf("%w: it has more than %d bytes", errGarbled, maxPledgesFile)
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return pledgesFile{}, fmt.Errorf("%w: %w", errGarbled, err)
	}
	return content, nil
}

// Add remembers an output. It keeps a file that it cannot read under another name.
func (f *Pledges) Add(ctx context.Context, x Remembered) error {
	return f.change(ctx, func(content *pledgesFile) {
		content.drop(x)
		content.Outputs = append(content.Outputs, x)
	})
}

// Forget forgets a pledge whose ticket was refused.
func (f *Pledges) Forget(ctx context.Context, x Remembered) error {
	return f.change(ctx, func(content *pledgesFile) { content.drop(x) })
}

// drop removes an output that the same pledge names.
func (c *pledgesFile) drop(x Remembered) {
	c.Outputs = slices.DeleteFunc(c.Outputs, func(y Remembered) bool { return y.Output == x.Output && y.Pool == x.Pool && y.PastelID == x.PastelID })
}

// change rewrites the file, readable by its owner only, while no other command does.
func (f *Pledges) change(ctx context.Context, edit func(*pledgesFile)) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	return whileLocked(ctx, f.path, func() error {
		content, err := f.read()
		switch {
		case errors.Is(err, errGarbled):
			if err := os.Rename(f.path, f.path+".damaged"); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		content.Network = f.network
		edit(&content)
		text, err := json.MarshalIndent(content, "", " ")
		if err != nil {
			return err
		}
		return secretfile.Write(f.path, append(text, '\n')) // of mode 0600, as every new temporary file
	})
}

// whileLocked calls a function while no other command rewrites a file.
func whileLocked(ctx context.Context, path string, rewrite func() error) error {
	if info, err := os.Lstat(path + ".lock"); err == nil && !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return fmt.Errorf("%s.lock is not a regular file: remove it", path)
	}
	timed, cancel := context.WithTimeout(ctx, fileLock)
	defer cancel()
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(timed, 10*time.Millisecond); err != nil {
		return fmt.Errorf("%s: another command has not released it: %w", path, err)
	}
	defer func() { _ = lock.Close() }()
	return rewrite()
}

// remembered returns the outputs that this machine pledged. If it cannot know, it says so once.
func (r *Daemon) remembered() map[pastel.OutPoint]Remembered {
	if r.memory == nil {
		memory, err := PledgesOf(r.Net.Name)
		if err != nil {
			r.forgetful(err)
			return nil
		}
		r.memory = memory
	}
	known, err := r.memory.List()
	if err != nil {
		r.forgetful(err)
	}
	return known
}

// forgetful says once that only the daemon knows of earlier pledges.
func (r *Daemon) forgetful(err error) {
	if !r.warned {
		r.warned = true
		r.Person.Warn("Caution: which outputs this machine pledged before cannot be read, so only the daemon's word keeps them from paying (%v)", err)
	}
}

// recall makes this machine remember what a ticket pledges, before it is posted.
func (r *Daemon) recall(ctx context.Context, t *ticket.Ticket, address string) {
	if x, ok := pledgeIn(t, address); ok {
		r.keep(ctx, x)
	}
}

// keep makes this machine remember an output.
func (r *Daemon) keep(ctx context.Context, x Remembered) {
	r.remembered() // opens the file
	if r.memory == nil {
		return
	}
	if err := r.memory.Add(ctx, x); err != nil {
		r.Person.Warn("Caution: this machine cannot remember that output %s is pledged (%v)", x.Output, err)
	}
}

// pledgedHere returns an error if this machine made the same pledge before, and its output is unspent: the ticket would amend that pledge,
// whatever the daemon says.
func (r *Daemon) pledgedHere(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket, owner string) error {
	for out, x := range r.remembered() {
		if !x.makes(t.Part, owner) {
			continue
		}
		at, err := wallet.TxOut(ctx, out)
		if err != nil {
			return err
		}
		if at != nil {
			return fmt.Errorf("the ticket would not do what you confirmed (%s): this machine remembers this pledge of address %s, with output %s, though the daemon does not name it. "+
				"Ask another daemon; if the pledge has ended, remove it from %s", pool.PledgeAccepted, owner, out, r.memory.path)
		}
	}
	return nil
}

// forget forgets what a ticket would have pledged, because the node refused it.
func (r *Daemon) forget(ctx context.Context, t *ticket.Ticket, address string) error {
	x, ok := pledgeIn(t, address)
	if !ok || r.memory == nil {
		return nil
	}
	return r.memory.Forget(ctx, x)
}

// pledgeIn returns what a ticket pledges.
func pledgeIn(t *ticket.Ticket, address string) (Remembered, bool) {
	if t.Part == nil {
		return Remembered{}, false
	}
	return Remembered{Output: t.Part.Output(), Address: address, Pool: string(t.Part.SmartPoolID), PastelID: t.Part.PastelID, Pledged: time.Now().UTC().Truncate(time.Second)}, true
}
