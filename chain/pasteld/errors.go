package pasteld

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

// Error codes of pasteld that the client distinguishes (rpc/protocol.h).
const (
	codeNotFound  = -5
	codeParameter = -8
	codeNoKeys    = -12
	codeLocked    = -13
	codeConflict  = -25
	codeWarmUp    = -28
	codeNoMethod  = -32601
)

// advice says what to do, for codes where the node's message does not.
var advice = map[int]string{
	codeNoKeys:   "unlock its wallet with walletpassphrase, and fill it with keypoolrefill",
	codeLocked:   "unlock its wallet with walletpassphrase",
	codeConflict: "an input is missing, or another transaction spends it",
	codeWarmUp:   "wait until it has started",
	codeNoMethod: "use pasteld " + versionText(minVersion) + " or newer, with its wallet enabled",
}

// RPCError says that a node refused a call.
type RPCError struct {
	Code    int    // pasteld's rpc/protocol.h
	Message string // one line, without secrets that were sent; may be empty
}

func (e *RPCError) Error() string {
	text := fmt.Sprintf("the node refused with code %d", e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if what := advice[e.Code]; what != "" {
		text += "; " + what
	}
	return text
}

// callError is a failed call.
type callError struct {
	method, node string
	err          error // what is wrong and what to do
	temporary    bool
	busy         bool   // the node answered that it cannot answer now
	away         string // in which way the node is away (chain.Away); may be empty
}

func (e *callError) Error() string { return e.method + " at " + e.node + ": " + e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// Is makes errors.Is match chain.ErrAway for temporary errors.
func (e *callError) Is(target error) bool { return target == chain.ErrAway && e.temporary }

// Away says in which way the node is away, for chain.Away.
func (e *callError) Away() string {
	if e.away != "" {
		return e.away
	}
	return chain.Away(e.err)
}

// Away says that the node is starting, for chain.Away.
func (e *RPCError) Away() string {
	if e.Code == codeWarmUp {
		return "the node is starting"
	}
	return ""
}

// Is makes errors.Is match chain.ErrAway for the refusal of a node that is starting.
func (e *RPCError) Is(target error) bool { return target == chain.ErrAway && e.Code == codeWarmUp }

// Temporary reports whether the same call may succeed later (chain.ErrAway). The node may have executed the call nevertheless: before
// repeating a payment, check whether it was made.
func Temporary(err error) bool { return errors.Is(err, chain.ErrAway) }

// Busy reports whether a node is there but cannot answer yet: it is starting, overloaded, or about to write another cookie. It made no call.
func Busy(err error) bool {
	var call *callError
	var rpc *RPCError
	return errors.As(err, &rpc) && rpc.Code == codeWarmUp || errors.As(err, &call) && call.busy
}

// lookup turns the node's «not found» for a block or transaction into chain.ErrNotFound.
func lookup(err error) error {
	var rpc *RPCError
	if errors.As(err, &rpc) && (rpc.Code == codeNotFound || rpc.Code == codeParameter) {
		return fmt.Errorf("%w: %w", chain.ErrNotFound, err)
	}
	return err
}

const maxMessage = 400 // columns kept of a node's message

// oneLine makes a node's text fit to show: printable, on one line, short, and without secrets.
func oneLine(s string, secrets []string) string {
	return visible.Short(strings.Join(strings.Fields(redact(s, secrets)), " "), maxMessage)
}
