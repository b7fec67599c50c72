package poster

import (
	"context"
	"errors"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// retryAfter is how long Run waits for a block before it tries again what failed.
const retryAfter = 5 * time.Second

// Run sends again, at once and after each block, what no block may hold yet, and forgets what counts no more, until the context ends. moved
// returns the channel that closes with the ledger's next step.
func (s *Service) Run(ctx context.Context, moved func() <-chan struct{}) {
	said := ""
	for ctx.Err() == nil {
		next := moved()
		err := s.keepUp(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			s.cfg.Log.Warn("posted tickets could not be sent again; retrying", "err", errors.Join(err, errors.Unwrap(err)))
		}
		retry := make(<-chan time.Time)
		if err != nil {
			retry = time.After(retryAfter)
		} else {
			said = ""
		}
		select {
		case <-next:
		case <-retry:
		case <-ctx.Done():
		}
	}
}

// keepUp sends again what the next block can hold, and forgets what neither counts for budget and rates nor can return in a reorganization.
func (s *Service) keepUp(ctx context.Context) error {
	release, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	if len(s.all(func(*store.Posted) bool { return true })) == 0 {
		return nil
	}
	tip, err := s.tip(ctx)
	if err != nil {
		return err
	}
	if err := s.forget(ctx, tip); err != nil {
		return err
	}
	for _, x := range s.all(func(y *store.Posted) bool { return y.Expires > tip }) {
		if err := s.meet(ctx); err != nil {
			return err
		}
		err := funding.Send(ctx, s.cfg.Wallet, &funding.Signed{Raw: x.Raw, TxID: x.TxID})
		var refused *pasteld.RPCError
		switch {
		case err == nil:
		case errors.As(err, &refused) && !pasteld.Temporary(err): // a block holds it, or its coins are gone: it then stays until it expires
			s.cfg.Log.Debug("a posted ticket was not sent again", "txid", x.TxID, "err", err)
		default:
			return s.away(err)
		}
		s.arrived(x.TxID, true)
	}
	return nil
}

// forget deletes tickets that count no more.
func (s *Service) forget(ctx context.Context, tip pastel.Height) error {
	after, gone := s.since(), tip-s.net.MaxReorg
	over := func(x *store.Posted) bool { return !x.Time.After(after) && x.Expires < gone }
	if len(s.all(over)) == 0 {
		return nil
	}
	if err := s.cfg.Postings.Forget(ctx, after, gone); err != nil {
		return s.unstored(err)
	}
	left := s.all(func(x *store.Posted) bool { return !over(x) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.posted {
		if x := &s.posted[i]; over(x) {
			delete(s.unclear, x.TxID)
		}
	}
	s.posted = left
	return nil
}
