package poster

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/tally"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// Config holds what a Service works with.
type Config struct {
	Books     *books.Books
	Simulator books.Simulator // says how the next block would treat a ticket
	Postings  *store.Postings
	Wallet    *pasteld.Client // pays, and its node posts
	Stale     func() string   // why the ledger is not at the network's tip; empty if it is
	Operators []string        // PastelIDs of the operators for whose pools it posts; empty for all pools
	Budget    pastel.Amount   // what pledges may cost in any 24 hours
	List      string          // file of PastelIDs that it registers; empty for none
	Now       func() time.Time
	Counts    *Counts
	Log       *slog.Logger
}

// Service posts tickets. It is safe for concurrent use.
type Service struct {
	cfg     Config
	net     pool.Params
	clients *tally.Rate[netip.Addr] // how often an address asks for something to be posted
	list    *listFile               // of cfg.List
	turn    chan struct{}           // holds one element while something is posted: one at a time, so that nothing is checked twice and then paid twice
	met     bool                    // the wallet's node has passed its checks; only with the turn

	mu      sync.Mutex
	posted  []store.Posted       // what the database holds, in order of time
	known   bool                 // posted is right
	unclear map[pastel.TxID]bool // posted, but the node has not said so
}

// New returns a service, which needs Run to send again what did not arrive. It reads what was posted before.
func New(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, net: cfg.Books.Params(), clients: tally.NewRate[netip.Addr](clientEvery, clientBurst, maxClients), list: &listFile{path: cfg.List}, turn: make(chan struct{}, 1), unclear: map[pastel.TxID]bool{}}
	if err := s.load(ctx); err != nil {
		return nil, errors.Unwrap(err)
	}
	return s, nil
}

// window is the time over which budget and rates are counted. The database keeps whole seconds, hence the one more.
const window = 24*time.Hour + time.Second

// since returns the time after which tickets count for budget and rates.
func (s *Service) since() time.Time { return s.cfg.Now().Add(-window) }

// usual is what a ticket's transaction usually costs beside the ticket's fee, or more: one patoshi a byte.
const usual pastel.Amount = 5_000

// Offer says what the service posts.
func (s *Service) Offer() wire.Posting {
	out := wire.Posting{Fee: s.net.ContractFee, Operators: slices.Clone(s.cfg.Operators), Registers: s.cfg.List != ""}
	if out.Operators == nil {
		out.Operators = []string{}
	}
	out.TicketsLeft = int64(s.Left() / (s.net.ContractFee + usual))
	return out
}

// Left returns what the budget has left now, patoshi.
func (s *Service) Left() pastel.Amount {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, after := s.cfg.Budget, s.since()
	for i := range s.posted {
		if x := &s.posted[i]; !x.Registers && x.Time.After(after) {
			left -= x.Cost
		}
	}
	return max(0, left)
}

// take waits for the turn and makes sure that what the database holds is known.
func (s *Service) take(ctx context.Context) (release func(), err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, &Refusal{Kind: Node, Detail: "others post tickets, and the wallet's node is slow: try again in a minute", After: time.Minute, Err: ctx.Err()}
	}
	release = func() { <-s.turn }
	if err := s.load(ctx); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// load reads the posted tickets, unless they are known. Only whoever has the turn may call it.
func (s *Service) load(ctx context.Context) error {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known {
		return nil
	}
	list, err := s.cfg.Postings.List(ctx)
	if err != nil {
		return s.unstored(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posted, s.known = list, true
	for i := range list {
		s.unclear[list[i].TxID] = true
	}
	return nil
}

// unstored says that the database failed. What it holds is read again before it is used.
func (s *Service) unstored(err error) *Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = false
	return silent(err)
}

// silent says that the database does not respond.
func silent(err error) *Refusal {
	return &Refusal{Kind: Database, Detail: "the daemon's database does not respond, so nothing was posted: try again in a minute", After: time.Minute, Err: err}
}

// unsure says that the database failed and may hold a transaction all the same, which is then sent.
func (s *Service) unsure(err error) *Refusal {
	r := s.unstored(err)
	r.Kind = Unclear
	r.Detail = "the daemon's database failed, so it may be posted or not: send the very same again in a minute; nothing is paid twice"
	return r
}

// all returns the posted tickets that a function selects, in order of time.
func (s *Service) all(is func(*store.Posted) bool) (list []store.Posted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.posted {
		if is(&s.posted[i]) {
			list = append(list, s.posted[i])
		}
	}
	return list
}

// arrived notes whether the node has said what became of a transaction.
func (s *Service) arrived(id pastel.TxID, clear bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if clear {
		delete(s.unclear, id)
	} else {
		s.unclear[id] = true
	}
}

// again returns the answer to who posts the same once more.
func again(x *store.Posted) wire.Posted {
	return wire.Posted{TxID: x.TxID.String(), Expires: x.Expires, Again: true}
}

// tip returns the ledger's last block, if it is the network's.
func (s *Service) tip(ctx context.Context) (pastel.Height, error) {
	if why := s.cfg.Stale(); why != "" {
		return 0, &Refusal{Kind: Stale, After: time.Minute,
			Detail: "this daemon does not know the network's last block now (" + why + "), so it posts nothing: try again in some minutes" + otherwise}
	}
	tip, err := s.cfg.Books.Tip(ctx)
	if err != nil {
		return 0, s.unread(err)
	}
	return tip.Height, nil
}

// unread says that the ledger cannot be read.
func (s *Service) unread(err error) error {
	var bad *books.BadRequest
	if errors.As(err, &bad) {
		return &Refusal{Kind: Invalid, Detail: bad.Text, Err: err}
	}
	return silent(err)
}

// refused counts and logs a refusal, and returns it.
func (s *Service) refused(err error, who netip.Addr) error {
	var r *Refusal
	if !errors.As(err, &r) {
		r = &Refusal{Kind: Database, Detail: "the daemon could not answer: try again in a minute", After: time.Minute, Err: err}
	}
	s.cfg.Counts.refused[r.Kind].Add(1)
	switch r.Kind {
	case Wallet, Node, Database, Unclear:
		s.cfg.Log.Warn("a ticket was not posted", "why", r.Detail, "err", r.Err)
	default:
		s.cfg.Log.Debug("a ticket was not posted", "why", r.Detail, "client", who)
	}
	return r
}
