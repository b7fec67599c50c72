package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// passphraseFlags say where a key file's passphrase comes from: never from the command line, which other users can see.
type passphraseFlags struct {
	PassphraseFile string `type:"existingfile" placeholder:"FILE" help:"File with the passphrase on its first line; otherwise you are asked for it."`
}

// passphrase reads a passphrase or asks for it, twice for a fresh one.
func (f *passphraseFlags) passphrase(e *terminal.Terminal, of string, fresh bool) ([]byte, error) {
	return e.Passphrase(f.PassphraseFile, of, fresh)
}

// secretLine reads a secret from a private file or, if its name is -, asks for it; without a terminal, it then reads standard input.
func secretLine(e *terminal.Terminal, file, prompt string) (string, error) {
	const most = 4 << 10 // bytes, more than any has
	var text []byte
	var err error
	switch {
	case file != "-":
		text, err = secretfile.ReadOrReceive(file, most)
		if err != nil {
			err = terminal.UsageError{Err: err}
		}
	case e.Interactive():
		text, err = e.Secret(prompt)
	default:
		text, err = io.ReadAll(io.LimitReader(e.In, most))
	}
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(pasted.File(text)))
	if secret == "" && file == "-" {
		return "", terminal.Usagef("there is nothing on standard input")
	}
	if secret == "" {
		return "", terminal.Usagef("%s is empty", file)
	}
	return secret, nil
}

// identityFlags say how a PastelID signs: with a key file, or on the node that holds its key.
type identityFlags struct {
	PassphraseFile string `type:"existingfile" placeholder:"FILE" help:"File with the passphrase on its first line; otherwise you are asked for it."`
	File           string `name:"key" type:"existingfile" placeholder:"FILE" help:"Key file of the PastelID; without it, the node signs and must hold the key."`
}

// source returns where the key is.
func (f *identityFlags) source() *journey.KeySource { return (*journey.KeySource)(f) }

// apiFlags say which daemon to ask.
type apiFlags struct {
	API string `type:"text" name:"api" env:"SMARTPOOL_API" default:"http://127.0.0.1:9734" placeholder:"URL" help:"Address of the daemon's API (smartpoold --api)."`
}

// nodeFlags say which node's wallet to use.
type nodeFlags struct {
	URL      string `type:"text" name:"node" env:"SMARTPOOL_NODE" default:"http://127.0.0.1:9932" placeholder:"URL" help:"RPC address of the node with the wallet."`
	User     string `name:"node-user" env:"SMARTPOOL_NODE_USER" placeholder:"NAME" help:"The node's RPC user (rpcuser); or use --node-cookie."`
	Password string `name:"node-password" env:"SMARTPOOL_NODE_PASSWORD" placeholder:"SECRET" help:"The node's RPC password. Prefer the environment variable."`
	Cookie   string `name:"node-cookie" env:"SMARTPOOL_NODE_COOKIE" placeholder:"FILE" help:"The node's .cookie file."`
}

// at returns where the node is.
func (f *nodeFlags) at() *journey.Node { return (*journey.Node)(f) }

// ProvideDaemon connects to a command's daemon before the command runs.
func (f *apiFlags) ProvideDaemon(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, error) {
	return f.dial(ctx, e)
}

func (f *apiFlags) dial(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, error) {
	return journey.Dial(ctx, f.API, e)
}

// answers returns where this machine remembers what a person answers; nil if the answer is for a program.
func answers(e *terminal.Terminal, r *journey.Daemon) *journey.Answers {
	if e.JSON {
		return nil
	}
	return journey.AnswersOf(r.Net.Name)
}

// coldFlags serve keys on a machine that is never online: the ticket goes there as a file, and comes back signed.
type coldFlags struct {
	Draft            string `name:"cold" placeholder:"FILE" help:"Sign nothing; write the ticket to this file and print what the cold machine must sign."`
	Ticket           string `placeholder:"FILE" help:"Post a ticket written by --cold and signed since."`
	PledgeSignature  string `type:"id" placeholder:"BASE64" help:"With --ticket: the PastelID's signature, unless the file has it."`
	AddressSignature string `type:"id" placeholder:"BASE64" help:"With --ticket: the address's signature (signmessage), unless the file has it."`
}

// remoteFlags serve people without a node.
type remoteFlags struct {
	Remote remoteDaemon `help:"Without a node: the daemon lists coins, and posts the signed ticket and pays for it, if it offers to. May be followed by its URL, in place of --api."`
}

// remoteDaemon says whether a daemon stands in for a node, and which one if not that of --api.
type remoteDaemon struct {
	chosen bool
	url    string
}

// IsBool makes the value optional.
func (f *remoteDaemon) IsBool() bool { return true }

// Decode takes a URL that follows the flag.
func (f *remoteDaemon) Decode(ctx *kong.DecodeContext) error {
	f.chosen = true
	next := ctx.Scan.Peek()
	text, _ := next.Value.(string)
	text = pasted.Text(text)
	if scheme, _, found := strings.Cut(strings.ToLower(text), "://"); next.Type == kong.FlagValueToken || found && (scheme == "http" || scheme == "https") {
		ctx.Scan.Pop()
		f.url = text
	}
	return nil
}

// instead replaces the address of the daemon's API.
func (f *remoteDaemon) instead(api *string) { *api = cmp.Or(f.url, *api) }

// printPosted prints a transaction's outcome: to a person once a block holds it, to a program in any case.
func printPosted(e *terminal.Terminal) func(journey.Posted, error) error {
	return func(p journey.Posted, err error) error {
		switch {
		case e.JSON && p.Outcome != "":
			if bad := terminal.PrintJSON(e.Out, map[string]string{"txid": p.TxID.String(), "outcome": p.Outcome}); bad != nil {
				return bad
			}
		case err == nil && p.Mined:
			_, err = fmt.Fprintln(e.Out, p.Outcome)
		}
		return err
	}
}

// printDraft prints what to sign elsewhere.
func printDraft(e *terminal.Terminal) func(*journey.Draft, error) error {
	return func(d *journey.Draft, err error) error {
		switch {
		case err != nil:
			return err
		case e.JSON:
			return terminal.PrintJSON(e.Out, d)
		}
		_, err = fmt.Fprint(e.Out, d)
		return err
	}
}

// printPreflighted prints the result of a dry run.
func printPreflighted(e *terminal.Terminal) func(*journey.Preflighted, error) error {
	return func(x *journey.Preflighted, err error) error {
		switch {
		case err != nil:
			return err
		case e.JSON:
			return terminal.PrintJSON(e.Out, map[string]any{"accepted": true, "ticket": x.Ticket})
		}
		_, err = fmt.Fprintf(e.Out, "%s\nThe next block would accept this. Nothing was signed or posted.\n", x.Terms)
		return err
	}
}

// networkFlags choose the network of a ticket.
type networkFlags struct {
	Network string `type:"text" default:"regtest" env:"SMARTPOOL_NETWORK" help:"Network: main, testnet, devnet or regtest, so far the only one that enforces the rules."`
}
