package pasteld

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/pastelnetwork/smartpool/chain"
)

// pasteld's error codes that are looked at (rpc/protocol.h).
const (
	codeNotFound  = -5
	codeParameter = -8
	codeLocked    = -13
	codeConflict  = -25
	codeWarmUp    = -28
	codeNoMethod  = -32601
)

// advice by code, where the node's message does not say what to do.
var advice = map[int]string{
	codeLocked:   "unlock its wallet with walletpassphrase",
	codeConflict: "an input is missing or another transaction spends it",
	codeWarmUp:   "wait until it has started",
	codeNoMethod: "it must be pasteld " + versionText(minVersion) + " or newer, with its wallet",
}

// RPCError is a node's refusal of a call.
type RPCError struct {
	Code    int    // pasteld's rpc/protocol.h
	Message string // in one line, without secrets that were sent; may be empty
}

func (e *RPCError) Error() string {
	text := fmt.Sprintf("the node refuses with code %d", e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if what := advice[e.Code]; what != "" {
		text += "; " + what
	}
	return text
}

// callError is a call that failed.
type callError struct {
	method, node string
	err          error // what is wrong and what to do
	temporary    bool
}

func (e *callError) Error() string { return e.method + " at " + e.node + ": " + e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// Is has errors.Is find chain.ErrAway.
func (e *callError) Is(target error) bool { return target == chain.ErrAway && e.temporary }

// Is has errors.Is find chain.ErrAway in the refusal of a node that is starting.
func (e *RPCError) Is(target error) bool { return target == chain.ErrAway && e.Code == codeWarmUp }

// Temporary reports whether a call that failed so may work later as it is (chain.ErrAway). The node may nevertheless have done what it was
// asked, so a payment is not to be repeated before looking.
func Temporary(err error) bool { return errors.Is(err, chain.ErrAway) }

// lookup turns a node's refusal to find a block or transaction into chain.ErrNotFound.
func lookup(err error) error {
	var rpc *RPCError
	if errors.As(err, &rpc) && (rpc.Code == codeNotFound || rpc.Code == codeParameter) {
		return fmt.Errorf("%w: %w", chain.ErrNotFound, err)
	}
	return err
}

const maxMessage = 400 // characters of a node's message that are kept

// oneLine makes a node's text fit to be shown: printable, on one line, short, and without secrets.
func oneLine(s string, secrets []string) string {
	s = redact(s, secrets)
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxMessage {
		s = string(r[:maxMessage]) + "..."
	}
	return s
}
