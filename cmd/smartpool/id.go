package main

import (
	"fmt"
	"os"

	"github.com/pastelnetwork/smartpool/pastelid"
)

type idCmd struct {
	New    idNewCmd    `cmd:"" help:"Make a PastelID and keep its key in an encrypted file."`
	Show   idShowCmd   `cmd:"" help:"Print the PastelID of a key file, or check one for mistyping."`
	Sign   idSignCmd   `cmd:"" help:"Sign a text with a key file."`
	Verify idVerifyCmd `cmd:"" help:"Check a signature."`
	Import idImportCmd `cmd:"" help:"Turn a key container of pasteld into a key file."`
}

type idNewCmd struct {
	passphraseFlags
	File string `arg:"" help:"Key file to write; it must not exist."`
}

// Run makes a key.
func (c *idNewCmd) Run(e *env) error {
	key, err := pastelid.Generate()
	if err != nil {
		return err
	}
	return saveKey(e, &c.passphraseFlags, c.File, key)
}

func saveKey(e *env, f *passphraseFlags, file string, key *pastelid.PrivateKey) error {
	pass, err := f.passphrase(e, true)
	if err != nil {
		return err
	}
	if err := pastelid.SaveKeyFile(file, key, pass); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(e.err, "Wrote %s. Without the file and its passphrase the PastelID is lost: keep a copy of both.\n", file)
	return printID(e, key.ID())
}

func printID(e *env, id pastelid.PastelID) error {
	if e.json {
		return printJSON(e.out, map[string]string{"pastelid": id.String()})
	}
	_, err := fmt.Fprintln(e.out, id)
	return err
}

type idShowCmd struct {
	passphraseFlags
	What string `arg:"" name:"file-or-id" help:"Key file, or a PastelID."`
}

// Run prints the id.
func (c *idShowCmd) Run(e *env) error {
	if _, err := os.Stat(c.What); err != nil {
		id, err := pastelid.Parse(c.What)
		if err != nil {
			return fmt.Errorf("there is no file %s, and as a PastelID: %w", c.What, err)
		}
		if !pastelid.ValidKey(id) {
			return fmt.Errorf("%s is well formed, but no Ed448 key: nothing can be signed with it", id)
		}
		return printID(e, id)
	}
	key, err := loadKey(e, &c.passphraseFlags, c.What)
	if err != nil {
		return err
	}
	return printID(e, key.ID())
}

func loadKey(e *env, f *passphraseFlags, file string) (*pastelid.PrivateKey, error) {
	pass, err := f.passphrase(e, false)
	if err != nil {
		return nil, err
	}
	return pastelid.LoadKeyFile(file, pass)
}

type idSignCmd struct {
	passphraseFlags
	Yes     bool   `help:"Do not ask."`
	Message string `required:"" help:"Text to sign."`
	File    string `arg:"" type:"existingfile" help:"Key file."`
}

// Run prints the signature in base64.
func (c *idSignCmd) Run(e *env) error {
	key, err := loadKey(e, &c.passphraseFlags, c.File)
	if err != nil {
		return err
	}
	if err := e.confirm(c.Yes, fmt.Sprintf("%s signs:\n  %s", key.ID(), printable(c.Message))); err != nil {
		return err
	}
	sig := key.SignBase64([]byte(c.Message))
	if e.json {
		return printJSON(e.out, map[string]string{"pastelid": key.ID().String(), "signature": sig})
	}
	_, err = fmt.Fprintln(e.out, sig)
	return err
}

type idVerifyCmd struct {
	Message   string `required:"" help:"Text that was signed."`
	PastelID  string `arg:"" name:"pastelid" help:"Whose signature it should be."`
	Signature string `arg:"" help:"Signature in base64."`
}

// Run says ok, or fails.
func (c *idVerifyCmd) Run(e *env) error {
	id, err := pastelid.Parse(c.PastelID)
	if err != nil {
		return err
	}
	ok := pastelid.VerifyBase64(id, []byte(c.Message), c.Signature)
	switch {
	case e.json:
		err = printJSON(e.out, map[string]bool{"ok": ok})
	case ok:
		_, err = fmt.Fprintln(e.out, "ok")
	}
	if err == nil && !ok {
		err = fmt.Errorf("wrong: this is not %s's signature of exactly this text", short(c.PastelID))
	}
	return err
}

type idImportCmd struct {
	passphraseFlags
	ContainerPassphraseFile string `type:"existingfile" help:"File with the container's passphrase; else it is asked for."`
	Container               string `arg:"" type:"existingfile" help:"File from pasteld's folder pastelkeys."`
	File                    string `arg:"" help:"Key file to write; it must not exist."`
}

// Run reads the container and writes the key file.
func (c *idImportCmd) Run(e *env) error {
	_, _ = fmt.Fprintln(e.err, "First the passphrase of pasteld's container, then one for the new key file.")
	pass, err := (&passphraseFlags{c.ContainerPassphraseFile}).passphrase(e, false)
	if err != nil {
		return err
	}
	key, err := pastelid.LoadPasteldContainer(c.Container, pass)
	if err != nil {
		return err
	}
	return saveKey(e, &c.passphraseFlags, c.File, key)
}
