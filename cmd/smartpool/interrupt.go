package main

import (
	"context"
	"errors"
	"fmt"
)

var errInterrupted = errors.New("interrupted: nothing was posted or spent")

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
		return none, errInterrupted
	}
}

// typed shows a prompt and awaits what a person types. Commands that talk to others have taken Ctrl-C over, so each prompt looks for it itself.
func typed[T any](e *env, prompt string, read func() (T, error)) (T, error) {
	ctx, stop := interruptible()
	defer stop()
	_, _ = fmt.Fprint(e.err, prompt)
	text, err := await(ctx, read)
	if errors.Is(err, errInterrupted) {
		_, _ = fmt.Fprintln(e.err) // the prompt's line ends
	}
	return text, err
}
