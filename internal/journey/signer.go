package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/wire"
)

// signer is a question for a PastelID that signs: one of the node's, that of a key file, or a new one.
type signer struct {
	flag, text string
	given      string             // by a flag
	file       string             // name for a new key file; empty: the node makes new PastelIDs
	suits      func(string) error // what else is wrong with a registered PastelID, and what would be right

	v      *interview
	r      *Daemon
	wallet *pasteld.Client
	key    *KeySource
	held   []string  // by the node
	made   *Identity // just now; madeFile is its key file, if it has one
	me     *Identity

	madeFile string
}

// makesNew is the answer of a person who wants a new PastelID. No PastelID and no absolute path reads like it.
const makesNew = "new"

// mostListed bounds how many choices a question lists.
const mostListed = 12

// named reports whether flags name the PastelID.
func (s *signer) named() bool { return s.given != "" || s.key.File != "" }

// open opens the PastelID that flags name or, without them, the one that a person chooses. It is registered, and suits.
func (s *signer) open(ctx context.Context) (err error) {
	switch {
	case s.me != nil:
		return nil
	case s.named():
		return s.openNamed(ctx)
	case !s.v.p.Interactive():
		return unanswered(s.flag)
	}
	if s.held, err = s.wallet.PastelIDs(ctx); err != nil {
		return err
	}
	if err := s.v.begin(); err != nil {
		return err
	}
	list, usual, err := s.choices(ctx)
	if err != nil {
		return err
	}
	_, err = s.v.put(ctx, &question{
		flag: s.flag, text: s.text, usual: usual, choices: list, clean: as(cleanSigner),
		check: func(answer string) error { return s.take(ctx, answer) }, becomes: s.where,
	}, "")
	return err
}

// openNamed opens the PastelID that flags name.
func (s *signer) openNamed(ctx context.Context) error {
	me, err := s.key.Identity(ctx, s.v.p, s.wallet, s.given)
	if err == nil {
		err = s.registered(ctx, me)
	}
	if err == nil {
		err = s.suits(me.ID)
	}
	err = opened(err)
	if err != nil && !errors.Is(err, terminal.ErrInterrupted) {
		err = fmt.Errorf("%s: %w", s.flag, err)
	}
	s.me = me
	return err
}

// opened returns the reason that ended an interview, or the error itself.
func opened(err error) error {
	var end *endError
	if errors.As(err, &end) {
		return end.error
	}
	return err
}

// flagged says which flag gave something wrong, unless that could not be checked.
func flagged(flag string, err error) error {
	if end := (*endError)(nil); errors.As(err, &end) {
		return end.error
	}
	return terminal.Usagef("%s: %w", flag, err)
}

// where returns the answer that names the PastelID: its key file, if it has one.
func (s *signer) where() string { return cmp.Or(s.key.File, s.me.ID) }

// choices lists what the node and this machine hold, the fit ones first, and returns the usual answer.
func (s *signer) choices(ctx context.Context) (list []choice, usual string, err error) {
	var later []choice
	for _, id := range s.held[:min(len(s.held), mostListed)] {
		a, err := s.r.AccountOf(ctx, id)
		if err != nil {
			return nil, "", err
		}
		shown := pastel.Short(id) + ", on the node, "
		switch why := s.suits(id); {
		case !a.Registered:
			later = append(later, choice{id, shown + "not registered"})
		case why != nil:
			later = append(later, choice{id, shown + "cannot serve here"})
		default:
			list = append(list, choice{id, fmt.Sprintf("%sreputation %d", shown, a.Reputation)})
		}
	}
	if file := s.v.usual[s.flag]; regular(file) {
		list = append([]choice{{file, "key file " + visible.Text(shortened(file)) + ", as the last time"}}, list...)
	}
	if len(list) > 0 {
		usual = list[0].answer
	}
	list = append(list, later...)
	more := "make a new one, in a key file"
	if s.file == "" {
		more = "make a new one, on the node"
	}
	if len(s.held) > mostListed {
		more += fmt.Sprintf(" (the node holds %d in all)", len(s.held))
	}
	return append(list, choice{makesNew, more}), cmp.Or(usual, makesNew), nil
}

// cleanSigner cleans a PastelID, and makes the name of a key file a whole path.
func cleanSigner(answer string) string {
	if id := pasted.ID(answer); strings.HasPrefix(id, "jX") && !regular(pasted.Text(answer)) {
		return id
	}
	return wholePath(answer)
}

// wholePath makes the name of a file a whole path. A name that stands for the home folder is read as a shell would.
func wholePath(name string) string {
	name = pasted.Text(name)
	if name == "" || name == makesNew {
		return name
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if path, err := filepath.Abs(name); err == nil {
		return path
	}
	return name
}

// regular reports whether a file is there to be read.
func regular(path string) bool {
	info, err := os.Stat(path)
	return path != "" && err == nil && info.Mode().IsRegular()
}

// take takes an answer: it opens what the answer names, and offers to register it.
func (s *signer) take(ctx context.Context, answer string) error {
	s.key.File, s.me = "", nil
	id, bad := pastelid.Parse(answer)
	switch {
	case answer == makesNew:
		if err := s.make(ctx); err != nil {
			return err
		}
		s.v.now[s.flag] = s.where() // whatever happens while it is being registered
		s.v.keep(ctx)
	case bad == nil:
		if !slices.Contains(s.held, id.String()) {
			return errors.New("the node does not hold its key: give the path of its\n  key file")
		}
		s.me = s.key.onNode(s.v.p, s.wallet, id.String())
	case strings.HasPrefix(answer, "jX"):
		return fmt.Errorf("no PastelID, as a typing error changes it: %w", bad)
	case !regular(answer):
		return fmt.Errorf("want a number of the list, a PastelID, or the path of a key file; there is no file %s", visible.Text(answer))
	default:
		me, err := identityIn(s.v.p, s.key.PassphraseFile, answer)
		if err != nil {
			return err
		}
		s.me, s.key.File = me, answer
	}
	if err := s.registered(ctx, s.me); err != nil {
		return err
	}
	return s.suits(s.me.ID)
}

// identityIn opens a key file that an answer names. Another answer helps if it is no key file; anything else ends the interview.
func identityIn(p Person, passphraseFile, path string) (*Identity, error) {
	key, err := (&KeySource{PassphraseFile: passphraseFile, File: path}).Load(p)
	switch {
	case errors.Is(err, pastelid.ErrKeyFile):
		return nil, err
	case err != nil:
		return nil, &endError{err}
	}
	return keyIdentity(key), nil
}

// make makes a PastelID, in a key file or on the node: one for each question.
func (s *signer) make(ctx context.Context) error {
	if s.made != nil {
		s.me, s.key.File = s.made, s.madeFile
		return nil
	}
	defer func() { s.made, s.madeFile = s.me, s.key.File }()
	if s.file == "" {
		pass, err := s.v.p.Passphrase("", "the PastelID on the node", true)
		if err != nil {
			return &endError{err}
		}
		id, err := s.wallet.NewPastelID(ctx, string(pass))
		clear(pass)
		if err != nil {
			return &endError{err}
		}
		s.held = append(s.held, id)
		s.v.p.Note("Made PastelID %s. Its key is on the node: keep a copy of\nthe node's pastelkeys folder, and the passphrase.", pastel.Short(id))
		s.me = s.key.onNode(s.v.p, s.wallet, id)
		return nil
	}
	file, err := s.newFile()
	if err != nil {
		return &endError{err}
	}
	key, err := pastelid.Generate()
	if err != nil {
		return &endError{err}
	}
	pass, err := s.v.p.Passphrase("", "key file "+file, true)
	if err != nil {
		return &endError{err}
	}
	defer clear(pass)
	if err := pastelid.SaveKeyFile(file, key, pass); err != nil {
		return KeyAdvice(err)
	}
	s.v.p.Note("Wrote %s. If you lose this file or its passphrase, you lose\nthe PastelID: keep copies of both.", file)
	s.key.File, s.me = file, keyIdentity(key)
	return nil
}

// newFile asks for the name of a key file that does not exist.
func (s *signer) newFile() (string, error) {
	usual := s.file
	for n := 2; taken(usual) && n < 100; n++ {
		usual = fmt.Sprintf("%s-%d", s.file, n)
	}
	return s.v.asked(&question{
		flag: "--key-file", text: "Key file to create", usual: usual, clean: as(wholePath),
		check: func(path string) error {
			if taken(path) {
				return fmt.Errorf("%s exists, and keys are never overwritten: choose another name", visible.Text(path))
			}
			if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
				return fmt.Errorf("there is no folder %s", visible.Text(filepath.Dir(path)))
			}
			return nil
		},
	})
}

// taken reports whether there is something of that name.
func taken(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

var errUnregistered = errors.New("it cannot serve until it is registered: register it, or choose\n  another one")

// registered returns an error unless a PastelID is registered; a person may register it now.
func (s *signer) registered(ctx context.Context, me *Identity) error {
	a, err := s.r.AccountOf(ctx, me.ID)
	switch {
	case err != nil:
		return &endError{err}
	case a.Registered:
		return nil
	case !s.v.p.Interactive():
		return notRegistered(me.ID)
	}
	height, _, err := s.wallet.Tip(ctx)
	if err != nil {
		return &endError{err}
	}
	s.v.p.Warn("PastelID %s is not registered, which\nthis needs. Registering it costs %s PSL, once.", pastel.Short(me.ID), s.r.Net.RegistrationFee(height+1))
	if now, err := s.v.yes("Register it now?"); err != nil {
		return &endError{err}
	} else if !now {
		return errUnregistered
	}
	_, err = (&Registration{}).with(ctx, s.r, s.wallet, me)
	switch {
	case errors.Is(err, terminal.ErrNotConfirmed):
		return errUnregistered
	case err != nil:
		return &endError{err}
	}
	s.v.registered = me.ID
	s.v.p.Note("Registered. Back to the questions.")
	return nil
}

// unused returns an error if a live pool has a Supernode with this PastelID.
func unused(list []wire.Pool) func(string) error {
	return func(id string) error {
		for i := range list {
			if list[i].Supernode == id {
				return fmt.Errorf("it is the Supernode of pool %s: each pool needs one of its own", pastel.Short(list[i].ID))
			}
		}
		return nil
	}
}
