package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// await abandons a read that no one answers.
func TestAwait(t *testing.T) {
	t.Parallel()
	in, out := io.Pipe()
	defer out.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := await(ctx, func() ([]byte, error) { return io.ReadAll(in) }); !errors.Is(err, ErrInterrupted) {
		t.Errorf("got %v", err)
	}
	if text, err := await(context.Background(), func() (string, error) { return "typed", nil }); text != "typed" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

// Without a terminal nothing is asked, and input beyond its bound is refused.
func TestNoTerminal(t *testing.T) {
	t.Parallel()
	x := New(strings.NewReader("y\n"), io.Discard, io.Discard, nil, false)
	var usage UsageError
	if err := x.Confirm(false, "what"); !errors.As(err, &usage) || !strings.Contains(err.Error(), "add --yes") {
		t.Errorf("confirming: %v", err)
	}
	if err := x.Confirm(true, "what"); err != nil {
		t.Errorf("confirmed beforehand: %v", err)
	}
	if _, err := x.Passphrase("", "key", false); !errors.As(err, &usage) {
		t.Errorf("a passphrase: %v", err)
	}
	if _, err := x.Secret("URL: "); err == nil {
		t.Error("a secret was read without a terminal")
	}
	for text, want := range map[string]bool{" 1234 \n": false, "12345678": true, "123456789": false} {
		got, err := New(strings.NewReader(text), nil, nil, nil, false).Input("-", 8)
		if ok := err == nil && len(got) == 8; ok != want || err == nil && string(got) != strings.TrimSpace(text) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
