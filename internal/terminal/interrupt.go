package terminal

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
)

// ErrInterrupted says that a person pressed Ctrl-C where they were asked something.
var ErrInterrupted = errors.New("interrupted: nothing was posted or spent")

// Interruptible returns a context that ends with Ctrl-C, or when the process is told to end.
func Interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
}

// await waits for what a person types, or for Ctrl-C. A read cannot be broken off: it is left behind, and the command has to end.
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

// typed shows a prompt and awaits what a person types. Commands that talk to others have taken Ctrl-C over, so each prompt looks for it itself.
func typed[T any](t *Terminal, prompt string, read func() (T, error)) (T, error) {
	ctx, stop := Interruptible()
	defer stop()
	_, _ = fmt.Fprint(t.Err, prompt)
	text, err := await(ctx, read)
	if errors.Is(err, ErrInterrupted) {
		_, _ = fmt.Fprintln(t.Err) // the prompt's line ends
	}
	return text, err
}
