package terminal

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
)

// ErrInterrupted says that the person pressed Ctrl-C at a question.
var ErrInterrupted = errors.New("interrupted: nothing was posted or spent")

// Interruptible returns a context that ends on Ctrl-C or SIGTERM.
func Interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
}

// await waits for a read of typed input, or for Ctrl-C. Nothing can cancel a read, so await abandons it, and the command must end.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := read()
		done <- result{v, err}
	}()
	select {
	case x := <-done:
		return x.value, x.err
	case <-ctx.Done():
		var none T
		return none, ErrInterrupted
	}
}

// typed shows a prompt and awaits typed input. Commands that use the network handle Ctrl-C themselves, so each prompt must notice it too.
func typed[T any](t *Terminal, prompt string, read func() (T, error)) (T, error) {
	ctx, stop := Interruptible()
	defer stop()
	_, _ = fmt.Fprint(t.Err, prompt)
	text, err := await(ctx, read)
	if errors.Is(err, ErrInterrupted) {
		_, _ = fmt.Fprintln(t.Err) // end the prompt's line
	}
	return text, err
}
