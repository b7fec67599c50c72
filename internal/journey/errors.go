package journey

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// RejectedError says that a block holds the ticket but the rules rejected it.
type RejectedError struct {
	TxID   string
	Height pastel.Height
	Reason ticket.Reason
}

// Error gives the reason.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("ticket %s was rejected in block %d: %s: %s", e.TxID, e.Height, e.Reason, ticket.Explain(e.Reason))
}

// WaitingError says that a transaction is posted and its outcome still unknown.
type WaitingError struct {
	TxID string
	Err  error // why the journey stopped waiting
}

// Error warns against posting it again.
func (e *WaitingError) Error() string {
	return fmt.Sprintf("ticket %s is posted; do not post it again: %v", e.TxID, e.Err)
}

// Unwrap returns why the journey stopped waiting.
func (e *WaitingError) Unwrap() error { return e.Err }

// ExpiredError says that no block can hold a posted transaction any longer.
type ExpiredError struct {
	TxID   string
	Until  pastel.Height // the last block that could have
	Remote bool          // by the word of the daemon that posted it
}

// Error says what to do next.
func (e *ExpiredError) Error() string {
	if e.Remote {
		return fmt.Sprintf("ticket %s expired, says the daemon that posted it: no block up to %d holds it, and no later one can. It had no effect and cost you nothing. Ask another "+
			"daemon (smartpool my --api URL) whether that is true, then run the command again", e.TxID, e.Until)
	}
	return fmt.Sprintf("ticket %s expired: no block up to %d holds it, and no later one can. It had no effect and cost nothing. Check that the node is "+
		"connected and on the network's chain (smartpool rpc getpeerinfo, getblockchaininfo), then run the command again", e.TxID, e.Until)
}

// UnknownError says that there is no answer. It never means yes.
type UnknownError struct{ Err error }

// Error says what is unknown.
func (e *UnknownError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnknownError) Unwrap() error { return e.Err }
