package poster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// sendFor is how long storing and sending may take once the wallet has signed, whether or not the client still waits.
const sendFor = time.Minute

// send pays for outputs, stores the transaction, and sends it. It adds what x lacks, and counts what it posts.
func (s *Service) send(
	ctx context.Context, x *store.Posted, fee pastel.Amount, size int, outs []pastel.TxOut, count *atomic.Int64,
) (out wire.Posted, err error) {
	if err := s.meet(ctx); err != nil {
		return out, err
	}
	pays, err := funding.Choose(ctx, s.cfg.Wallet, &s.net, fee, size, func(ctx context.Context, all []pasteld.Unspent) (map[pastel.OutPoint]bool, error) {
		return s.kept(ctx, all, x)
	})
	if err != nil {
		return out, s.away(err)
	}
	signed, err := pays.Sign(ctx, s.cfg.Wallet, outs)
	if err != nil {
		return out, s.away(err)
	}
	if signed.Expires < x.Height+funding.Expiry/2 {
		return out, s.away(fmt.Errorf("its last block is far behind block %d: its transaction could be mined up to block %d only", x.Height, signed.Expires))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendFor)
	defer cancel()
	x.TxID, x.Raw, x.Cost, x.Expires, x.Time = signed.TxID, signed.Raw, signed.Cost, signed.Expires, s.cfg.Now().UTC().Truncate(time.Second)
	err = s.cfg.Postings.Add(ctx, x, s.cfg.Budget, s.since())
	switch {
	case errors.Is(err, store.ErrBudget):
		return out, s.spent()
	case errors.Is(err, store.ErrOvertaken):
		return out, s.unstored(err)
	case err != nil:
		return out, s.unsure(err)
	}
	s.mu.Lock()
	s.posted = append(s.posted, *x)
	s.mu.Unlock()
	err = funding.Send(ctx, s.cfg.Wallet, &signed)
	var unclear funding.UnclearError
	switch {
	case errors.As(err, &unclear): // it is sent again until it is clear
		s.arrived(x.TxID, false)
		s.cfg.Log.Warn("the node did not say whether it posted a ticket; it is sent again", "txid", x.TxID, "err", err)
	case err != nil:
		return out, s.undo(ctx, x, err)
	}
	count.Add(1)
	s.cfg.Log.Info("posted a ticket", "txid", x.TxID, "pool", string(x.Pool), "pastelid", x.PastelID, "cost", x.Cost.String())
	return wire.Posted{TxID: x.TxID.String(), Expires: x.Expires}, nil
}

// undo forgets a transaction that the node refused.
func (s *Service) undo(ctx context.Context, x *store.Posted, refusal error) error {
	if err := s.cfg.Postings.Remove(ctx, x.TxID); err != nil {
		return s.unsure(errors.Join(refusal, err)) // it is sent again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.posted {
		if s.posted[i].TxID == x.TxID {
			s.posted = append(s.posted[:i:i], s.posted[i+1:]...)
			break
		}
	}
	return &Refusal{Kind: Node, After: time.Minute, Err: refusal,
		Detail: "the wallet's node refused the transaction, so nothing was posted: try again in a minute; if it is refused again, tell the daemon's operator"}
}

// kept returns those of the wallet's outputs that must not pay for a ticket: those that back pledges, that a posted ticket or this one
// pledges, or that pay for one which a block may still hold. The wallet does not know of the latter until its node has the transaction.
func (s *Service) kept(ctx context.Context, all []pasteld.Unspent, x *store.Posted) (map[pastel.OutPoint]bool, error) {
	kept := map[pastel.OutPoint]bool{}
	for _, y := range append(s.all(func(*store.Posted) bool { return true }), *x) {
		if out, err := pastel.ParseOutPoint(y.Output); err == nil {
			kept[out] = true
		}
		if y.Expires <= x.Height {
			continue
		}
		tx, err := pastel.ParseTx(y.Raw)
		if err != nil {
			return nil, fmt.Errorf("stored transaction %s: %w", y.TxID, err)
		}
		for i := range tx.Inputs {
			kept[tx.Inputs[i].PrevOut] = true
		}
	}
	err := s.cfg.Books.AtOneBlock(ctx, func(ctx context.Context) error {
		for i := range all {
			if !pool.CanBack(all[i].Value, &s.net) {
				continue
			}
			c, err := s.cfg.Books.Coin(ctx, all[i].OutPoint.String())
			if err != nil && !errors.Is(err, books.ErrNotFound) { // no block holds it yet
				return err
			}
			if c.Backs {
				kept[all[i].OutPoint] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, s.unread(err)
	}
	return kept, nil
}

// meet checks the wallet's node before it is first used. Only whoever has the turn may call it.
func (s *Service) meet(ctx context.Context) error {
	if s.met {
		return nil
	}
	if err := s.cfg.Wallet.Check(ctx); err != nil {
		return s.away(err)
	}
	s.met = true
	return nil
}

// Codes of pasteld's wallet (rpc/protocol.h).
const (
	noKeys = -12 // its pool of keys ran out, and it is locked
	locked = -13
)

// away says in words for strangers why the wallet did not pay. The cause is for the operator: it names hosts and amounts.
func (s *Service) away(err error) error {
	var known *Refusal
	var poor *funding.PoorError
	var rpc *pasteld.RPCError
	const elsewhere = ": tell its operator" + otherwise
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &poor):
		return &Refusal{Kind: Wallet, Detail: "the wallet that pays for tickets has too few coins" + elsewhere, After: time.Hour, Err: err}
	case errors.Is(err, funding.ErrUnsigned), errors.As(err, &rpc) && (rpc.Code == noKeys || rpc.Code == locked):
		return &Refusal{Kind: Wallet, Detail: "the wallet that pays for tickets is locked" + elsewhere, After: time.Hour, Err: err}
	}
	return &Refusal{Kind: Node, After: time.Minute, Err: err,
		Detail: "the node of the wallet that pays for tickets does not answer as it should, so nothing was posted: try again in a minute"}
}
