package journey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// posts returns what the daemon offers to post for members of an operator's pools, or an error that says where else to go.
func (r *Daemon) posts(operator string) (*wire.Posting, error) {
	o := r.State.Posting
	const elsewhere = "ask another daemon with --api, or write the ticket with --cold FILE and post it with a wallet"
	switch {
	case o == nil:
		return nil, fmt.Errorf("the daemon at %s posts no tickets; %s", r.URL, elsewhere)
	case len(o.Operators) > 0 && !slices.Contains(o.Operators, operator):
		return nil, fmt.Errorf("the daemon at %s posts no tickets of this operator's pools; ask the operator for the address of theirs, %s", r.URL, elsewhere)
	case o.TicketsLeft <= 0:
		return nil, fmt.Errorf("the daemon at %s has spent what it pays for tickets in a day; try again tomorrow, %s", r.URL, elsewhere)
	}
	return o, nil
}

// posting says who pays for a ticket that the daemon posts, what the daemon learns, and what is only its word.
func (r *Daemon) posting(o *wire.Posting, address string) string {
	return fmt.Sprintf("Posting   the daemon at %s posts the ticket and pays for it, %s PSL; you pay nothing\n"+
		"          It learns that this address and this PastelID are yours, as everybody does once a block holds the ticket, and where you connect from\n"+
		"          Only the daemon says what address %s holds: compare the output with your wallet. If it is not yours or is too\n"+
		"          small, the ticket is rejected. The daemon can move no coins, and change nothing of what you sign\n", r.URL, o.Fee, address)
}

// byDaemon returns the flags with which a command posts a ticket through this daemon.
func (r *Daemon) byDaemon() string { return " --remote --api " + terminal.Argument(r.URL) }

// signedLine shows the line that is all that the PastelID and the address sign.
func signedLine(statement string) string {
	return fmt.Sprintf("\nThe PastelID and the address both sign this line, and nothing else:\n  %s\n", statement)
}

// elsewhere opens a PastelID without a node: that of the key file, or one whose signature is made somewhere else and pasted.
func (k *KeySource) elsewhere(ctx context.Context, p Person, id string) (*Identity, error) {
	if k.File != "" {
		return k.Identity(ctx, p, nil, id) // a key file needs no wallet
	}
	id, err := given(p, id, "Your PastelID", "--key (or --pastelid)")
	if err != nil {
		return nil, err
	}
	who, err := pastelid.Parse(id)
	if err != nil {
		return nil, terminal.Usagef("--pastelid: %w", err)
	}
	return &Identity{id, func(_ context.Context, statement string) (string, error) {
		p.Warn("Sign the line with PastelID %s, where its key is, such as with\n  smartpool id sign KEYFILE --message %s", pastel.Short(id), terminal.Argument(statement))
		return pastedSignature(p, base64Size(pastelid.SignatureSize), func(sig string) error {
			if !pastelid.VerifyBase64(who, []byte(statement), sig) {
				return fmt.Errorf("this is not the signature of PastelID %s of exactly this line; copy the whole line and the whole signature", pastel.Short(id))
			}
			return nil
		})
	}}, nil
}

// given returns what the person gave with a flag or, if there is a terminal, gives now.
func given(p Person, value, what, flag string) (string, error) {
	if value == "" && p.Interactive() {
		answer, err := p.Ask(what, "")
		if err != nil {
			return "", err
		}
		value = pasted.ID(answer)
	}
	if value == "" {
		return "", terminal.Usagef("--remote needs %s", flag)
	}
	return value, nil
}

// signByAddress has the person sign the statement with the address that holds the output, in any wallet, and checks the signature.
func (r *Daemon) signByAddress(x *ticket.Part, statement, address string) error {
	r.Person.Warn("Sign the line with %s, in the wallet that holds it (signmessage), such as with\n  pastel-cli signmessage %s %s", address, terminal.Argument(address), terminal.Argument(statement))
	sig, err := pastedSignature(r.Person, base64Size(pastel.MessageSignatureSize), func(sig string) error {
		with := *x
		with.AddressSignature = sig
		hash, err := with.AddressSigner(statement)
		if err != nil {
			return err
		}
		if by := (pastel.Address{Kind: pastel.AddressP2PKH, Hash: hash}).Encode(&r.Net); by != address {
			return fmt.Errorf("this is not the signature of address %s of exactly this line; choose that address in the wallet, and copy the whole line, without anything around it", address)
		}
		return nil
	})
	x.AddressSignature = sig
	return err
}

// base64Size returns how many characters so many bytes have in base64.
func base64Size(bytes int) int { return (bytes + 2) / 3 * 4 }

// pastedSignature asks for a signature of so many characters, terminal.Tries times in all. What is pasted may be broken into lines.
func pastedSignature(p Person, size int, check func(sig string) error) (string, error) {
	const most = 8 // lines
	for try := 1; ; try++ {
		sig := ""
		for line := 0; line < most && len(sig) < size; line++ {
			more, err := p.Ask(map[bool]string{true: "Paste the signature", false: "The rest of it (Enter if that was all)"}[line == 0], "")
			switch {
			case errors.Is(err, terminal.ErrInterrupted):
				return "", err
			case err != nil:
				return "", fmt.Errorf("%w. Without somebody to paste signatures, write the ticket with --cold FILE, sign it, and post it with --ticket FILE --remote", err)
			case more == "":
				line = most
			}
			sig = pasted.ID(sig + more)
		}
		wrong := check(sig)
		if wrong == nil {
			return sig, nil
		}
		if try == terminal.Tries {
			return "", fmt.Errorf("%w. Nothing was posted", wrong)
		}
		p.Warn("No: %v. Try again.", wrong)
	}
}

// onlyOnce refuses a pledge that this machine made before, though the daemon does not name it: the ticket would amend that pledge. No node says
// whether its output is spent.
func (r *Daemon) onlyOnce(x *ticket.Part, address string, yes bool) error {
	for out, was := range r.remembered() {
		if !was.makes(x, address) {
			continue
		}
		said := fmt.Sprintf("this machine remembers this pledge of address %s, with output %s, of %s UTC, though the daemon does not name it",
			address, out, terminal.Date(was.Pledged))
		if yes || !r.Person.Interactive() {
			return fmt.Errorf("%s. Ask another daemon; if the pledge has ended, or its ticket expired, remove it from %s. Nothing was signed", said, r.memory.path)
		}
		r.Person.Warn("Caution: %s. If it is live, the ticket amends it: it then offers %d PSL in total, with rewards to %s.", said, x.PledgedCoins, x.RewardAddress)
		return r.Person.Agree("Has that pledge ended, or its ticket expired?")
	}
	return nil
}

// remembers reports whether this machine pledged the output before, other than with a ticket that was refused.
func (r *Daemon) remembers(x *ticket.Part) bool {
	out, err := pastel.ParseOutPoint(x.Output())
	was, found := r.remembered()[out]
	return err == nil && found && !was.Refused
}

// postRemotely has the daemon post a signed ticket, if the next block would accept it and it causes the event that the person confirmed. The
// daemon gets the signatures only now.
func (r *Daemon) postRemotely(ctx context.Context, t *ticket.Ticket, causes pool.EventType) (remotePosting, error) {
	signer, err := r.signer(t)
	owner := signer.Encode(&r.Net)
	if err == nil {
		err = r.stillDoes(ctx, t, owner, causes)
	}
	if err != nil {
		return remotePosting{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	text, err := encoded(t)
	if err != nil {
		return remotePosting{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	before := r.remembers(t.Part)
	r.recall(ctx, t, owner)
	got, err := r.PostTicket(ctx, text)
	if x, ok := pledgeIn(t, owner); ok && client.Refuses(err) && !before {
		x.Refused = true
		r.keep(context.WithoutCancel(ctx), x)
	}
	return r.posted(got, err)
}

// remotePosting is a transaction that a daemon says it posted.
type remotePosting struct {
	txid  pastel.TxID
	until lastBlock
}

// posted reads the daemon's answer to a posting. An error that is no refusal leaves it unclear whether anything was posted.
func (r *Daemon) posted(got wire.Posted, err error) (x remotePosting, _ error) {
	switch {
	case client.Refuses(err):
		return x, r.refusal(err)
	case err != nil:
		return x, &UnknownError{Err: fmt.Errorf("it may have been posted all the same (%w); before you try again, wait for a block, and see whether smartpool my shows it", WithAdvice(err))}
	}
	if x.txid, err = pastel.ParseTxID(got.TxID); err != nil {
		return x, &UnknownError{Err: fmt.Errorf("the daemon says that it posted it, but in which transaction cannot be read (%w); see whether smartpool my shows it after a block", err)}
	}
	again := ""
	if got.Again {
		again = " This very one was posted before; it is paid for once."
	}
	r.Person.Note("Posted: transaction %s, by the daemon at %s.%s", x.txid, r.URL, again)
	now := r.State.Tip.Height
	x.until = lastBlock{height: got.Expires, now: now, expires: true, remote: true}
	if got.Expires <= now || got.Expires > now+longestExpiry {
		x.until.height, x.until.expires = now+longestExpiry, false
	}
	return x, nil
}

// longestExpiry is how many blocks a command waits, at most, for what a daemon posted: twice as many as a transaction of pasteld's wallet has.
const longestExpiry = 2 * funding.Expiry

// finish ends a journey whose ticket the daemon posted, as Finish does.
func (p *remotePosting) finish(ctx context.Context, r *Daemon, wait bool, done func(txid string) (string, error)) (Posted, error) {
	if !wait {
		return Posted{TxID: p.txid, Outcome: outcomePosted}, nil
	}
	alone := func(context.Context, pastel.Height) bool { return true } // no node of one's own
	out, err := r.follow(ctx, alone, p.txid, p.until, func() (string, error) { return done(p.txid.String()) })
	if err == nil {
		r.Person.Note("This is the word of the daemon at %s: smartpool digest compares it with another one.", r.URL)
	}
	return out, err
}

// refusal says in this program's words why the daemon posted nothing, and what to do.
func (r *Daemon) refusal(err error) error {
	var problem *client.ProblemError
	errors.As(err, &problem)
	why := "it does not take it as it is"
	switch problem.Status {
	case http.StatusForbidden:
		why = "it posts nothing of this kind for you; ask the pool's operator, or post it with a wallet"
	case http.StatusConflict:
		why = "one like it waits for a block already; wait for its block (smartpool my shows what became of it)"
	case http.StatusUnprocessableEntity:
		why = "the next block would reject it, or the daemon cannot read it"
	case http.StatusTooManyRequests:
		why = "it has posted many lately; try again " + after(problem.RetryAfter)
	case http.StatusServiceUnavailable:
		why = "it cannot pay or post just now; try again " + after(problem.RetryAfter) + ", or ask another daemon with --api"
	}
	return fmt.Errorf("the daemon at %s did not post it: %s. In its words: «%w». Nothing was posted", r.URL, why, err)
}

// after says when to ask again, as far as it is known.
func after(wait time.Duration) string {
	switch {
	case wait <= 0:
		return "later"
	case wait < 2*time.Hour:
		return fmt.Sprintf("in about %s", terminal.Counted(int((wait+time.Minute-1)/time.Minute), "minute"))
	}
	return fmt.Sprintf("in about %s", terminal.Counted(int((wait+time.Hour-1)/time.Hour), "hour"))
}
