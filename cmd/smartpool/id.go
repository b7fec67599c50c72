package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

type idCmd struct {
	New    idNewCmd    `cmd:"" help:"Create a PastelID and save its key in an encrypted file."`
	Show   idShowCmd   `cmd:"" help:"Print the PastelID of a key file, or check a PastelID for typing errors."`
	Sign   idSignCmd   `cmd:"" help:"Sign a text with a key file."`
	Verify idVerifyCmd `cmd:"" help:"Verify a signature."`
	Import idImportCmd `cmd:"" help:"Convert a pasteld key container to a key file."`

	Register idRegisterCmd `cmd:"" help:"Register the PastelID of a key file on the chain; the node's wallet pays, or a daemon (--remote)."`
}

type idNewCmd struct {
	passphraseFlags
	File string `arg:"" help:"Key file to create; it must not exist."`
}

// Run creates a key.
func (c *idNewCmd) Run(e *terminal.Terminal) error {
	key, err := pastelid.Generate()
	if err != nil {
		return err
	}
	if err := saveKey(e, &c.passphraseFlags, c.File, key); err != nil {
		return err
	}
	e.Note("Register it before it can pledge or open pools: smartpool id register %s (add --remote if a daemon's operator listed it)", terminal.Argument(c.File))
	return nil
}

func saveKey(e *terminal.Terminal, f *passphraseFlags, file string, key *pastelid.PrivateKey) error {
	pass, err := f.passphrase(e, "key file "+file, true)
	if err != nil {
		return err
	}
	if err := pastelid.SaveKeyFile(file, key, pass); err != nil {
		return journey.KeyAdvice(err)
	}
	e.Note("Wrote %s. If you lose this file or its passphrase, you lose the PastelID: keep copies of both.", file)
	return printID(e, key.ID())
}

func printID(e *terminal.Terminal, id pastelid.PastelID) error {
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"pastelid": id.String()})
	}
	_, err := fmt.Fprintln(e.Out, id)
	return err
}

type idShowCmd struct {
	passphraseFlags
	What string `arg:"" name:"file-or-id" help:"Key file or PastelID."`
}

// Run prints the id.
func (c *idShowCmd) Run(e *terminal.Terminal) error {
	if _, err := os.Stat(c.What); err != nil {
		id, err := pastelid.Parse(pasted.ID(c.What))
		if err != nil {
			return fmt.Errorf("there is no file %s, and it is %w", c.What, err)
		}
		if !pastelid.ValidKey(id) {
			return fmt.Errorf("%s is well formed but not an Ed448 key; it can sign nothing", id)
		}
		return printID(e, id)
	}
	key, err := loadKey(e, &c.passphraseFlags, c.What)
	if err != nil {
		return err
	}
	return printID(e, key.ID())
}

func loadKey(e *terminal.Terminal, f *passphraseFlags, file string) (*pastelid.PrivateKey, error) {
	return (&journey.KeySource{File: file, PassphraseFile: f.PassphraseFile}).Load(e)
}

// messageFlags say what to sign.
type messageFlags struct {
	Message *string `type:"exact" xor:"message" required:"" help:"The text."`
	File    string  `xor:"message" required:"" type:"existingfile" help:"File with the text; every byte counts."`
}

// maxMessage bounds a file to sign, in bytes.
const maxMessage = 64 << 20

// message returns what to sign, and how to show it to a person.
func (f *messageFlags) message() (msg []byte, shown string, err error) {
	if f.Message != nil {
		return []byte(*f.Message), visible.Text(*f.Message), nil
	}
	info, err := os.Stat(f.File)
	if err != nil {
		return nil, "", terminal.UsageError{Err: err}
	}
	if info.Size() > maxMessage {
		return nil, "", fmt.Errorf("%s is larger than %d bytes; sign its hash instead", f.File, maxMessage)
	}
	if msg, err = os.ReadFile(f.File); err != nil {
		return nil, "", terminal.UsageError{Err: err}
	}
	return msg, fmt.Sprintf("file %s, %d bytes, SHA-256 %x", f.File, len(msg), sha256.Sum256(msg)), nil
}

type idSignCmd struct {
	passphraseFlags
	messageFlags
	Yes bool   `help:"Do not ask for confirmation."`
	Key string `arg:"" name:"key-file" type:"existingfile" help:"Key file."`
}

// Run prints the signature in base64.
func (c *idSignCmd) Run(e *terminal.Terminal) error {
	msg, shown, err := c.message()
	if err != nil {
		return err
	}
	key, err := loadKey(e, &c.passphraseFlags, c.Key)
	if err != nil {
		return err
	}
	if err := e.Confirm(c.Yes, fmt.Sprintf("%s signs:\n  %s", key.ID(), shown)); err != nil {
		return err
	}
	sig := key.SignBase64(msg)
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"pastelid": key.ID().String(), "signature": sig})
	}
	_, err = fmt.Fprintln(e.Out, sig)
	return err
}

type idVerifyCmd struct {
	messageFlags
	PastelID  string `type:"id" arg:"" name:"pastelid" help:"PastelID that should have signed."`
	Signature string `type:"id" arg:"" help:"Signature in base64."`
}

// Run says ok, or fails.
func (c *idVerifyCmd) Run(e *terminal.Terminal) error {
	id, err := pastelid.Parse(c.PastelID)
	if err != nil {
		return err
	}
	msg, _, err := c.message()
	if err != nil {
		return err
	}
	ok := pastelid.VerifyBase64(id, msg, c.Signature)
	switch {
	case e.JSON:
		err = terminal.PrintJSON(e.Out, map[string]bool{"ok": ok})
	case ok:
		_, err = fmt.Fprintln(e.Out, "ok")
	}
	if err == nil && !ok {
		err = fmt.Errorf("wrong: this is not %s's signature of exactly this text", pastel.Short(c.PastelID))
	}
	return err
}

type idImportCmd struct {
	passphraseFlags
	ContainerPassphraseFile string `type:"existingfile" placeholder:"FILE" help:"File with the container's passphrase; otherwise you are asked for it."`
	Container               string `arg:"" type:"existingfile" help:"File from pasteld's pastelkeys folder."`
	File                    string `arg:"" help:"Key file to create; it must not exist."`
}

// Run reads the container and writes the key file.
func (c *idImportCmd) Run(e *terminal.Terminal) error {
	key, err := journey.Unlocked(e, c.ContainerPassphraseFile, "container "+c.Container, func(pass []byte) (*pastelid.PrivateKey, error) {
		key, err := pastelid.LoadPasteldContainer(c.Container, pass)
		return key, journey.KeyAdvice(err)
	})
	if err != nil {
		return err
	}
	return saveKey(e, &c.passphraseFlags, c.File, key)
}

type idRegisterCmd struct {
	apiFlags
	nodeFlags
	passphraseFlags
	remoteFlags
	Key     string `arg:"" name:"key-file" type:"existingfile" help:"Key file of the PastelID."`
	Address string `type:"id" placeholder:"ADDRESS" help:"Address for the registration to name; by default, a new one of the wallet. Required with --remote."`
	NoWait  bool   `help:"Do not wait for a block to include the registration."`
	Yes     bool   `help:"Do not ask for confirmation."`
}

// AfterApply replaces the daemon by the one that --remote names.
func (c *idRegisterCmd) AfterApply() error {
	c.Remote.instead(&c.API)
	return nil
}

// Run registers the PastelID of a key file.
func (c *idRegisterCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Registration{
		Key: journey.KeySource{PassphraseFile: c.PassphraseFile, File: c.Key}, Node: *c.at(), Address: c.Address, NoWait: c.NoWait, Yes: c.Yes,
		Remote: c.Remote.chosen,
	}
	return printPosted(e)(j.Run(ctx, r))
}
