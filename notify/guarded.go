package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/store"
)

// crash is a panic, a bug of ours or of a library, made an error: it ends what crashed and nothing else.
type crash struct {
	what  any
	stack []byte
}

func (c *crash) Error() string { return fmt.Sprintf("a bug: %v", c.what) }

// LogValue gives the log the stack, too.
func (c *crash) LogValue() slog.Value { return slog.StringValue(c.Error() + "\n" + string(c.stack)) }

// guarded runs f and returns a panic of it as an error.
func guarded(f func() error) (err error) {
	defer func() {
		if what := recover(); what != nil {
			err = &crash{what, debug.Stack()}
		}
	}()
	return f()
}

// stepOver runs f, which judges one item of many. If the item itself is the trouble, because it cannot be read or its judge crashed, it is
// logged, counted and left out, and the others go on. Any other error, such as a database that is away, is returned: it may pass.
func (s *Service) stepOver(item string, f func() error) error {
	err := guarded(f)
	var broken *crash
	if err == nil || !errors.As(err, &broken) && !errors.Is(err, store.ErrUnreadable) && !errors.Is(err, chain.ErrNotFound) {
		return err
	}
	s.cfg.Counts.Skipped.Add(1)
	if s.skipped.first(item) {
		s.cfg.Log.Error("alerts leave out what they cannot judge; the others go on", "item", item, "err", err)
	}
	return nil
}

// once knows which items were seen. It forgets them when there are very many.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first reports whether an item is seen for the first time.
func (o *once) first(item string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	const most = 10_000
	if o.seen == nil || len(o.seen) >= most {
		o.seen = map[string]bool{}
	}
	if o.seen[item] {
		return false
	}
	o.seen[item] = true
	return true
}
