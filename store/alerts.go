package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Alerts is the part of a ledger's database that the ledger knows nothing of: who is told of what, and what waits to be told. It
// has connections of its own beside the writer's. It is used by the process that holds the writer's lock; one that lost it with
// its connection to PostgreSQL may not know yet, so that for a while there may be two. It is safe for concurrent use.
type Alerts struct {
	reader Reader // gives its snapshots the network
	begin  string
	turn   sync.Mutex // one transaction at a time: they are short, and need not find out from the database that they collide
}

// Transactions that see one state and write. SQLite's lock is taken at once: one that begins as a read may not become a write.
const (
	beginSQLite         = "BEGIN IMMEDIATE"
	beginPostgresAlerts = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ"
)

// OpenAlerts opens a database that Open has made or upgraded.
func OpenAlerts(ctx context.Context, database string, net pool.Params) (*Alerts, error) {
	a := &Alerts{reader: Reader{net: net}, begin: beginSQLite}
	if IsPostgres(database) {
		cfg, err := pgx.ParseConfig(database)
		if err != nil {
			return nil, errPostgresURL
		}
		a.reader.pool, a.reader.engine, a.begin = stdlib.OpenDB(*cfg), postgresReads, beginPostgresAlerts
		a.reader.place = postgresPlace(cfg)
	} else {
		path, err := filepath.Abs(database)
		if err != nil {
			return nil, fmt.Errorf("path of the database: %w", err)
		}
		if a.reader.pool, err = sql.Open("sqlite", sqliteURL(path, "synchronous(FULL)", "cache_size(-4096)")); err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		a.reader.engine, a.reader.place = sqliteReads, sqlitePlace(path)
	}
	const connections = 4
	a.reader.pool.SetMaxOpenConns(connections)
	if err := a.reader.View(ctx, func(s *Snapshot) error { return s.checkVersion() }); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// Close closes the connections.
func (a *Alerts) Close() error { return a.reader.Close() }

// View lets f read, as Reader.View does, alerts included. Nothing can be written.
func (a *Alerts) View(ctx context.Context, f func(*AlertTx) error) error {
	return a.reader.View(ctx, func(s *Snapshot) error { return f(&AlertTx{s, db.New(s.conn)}) })
}

// Do runs f in one transaction, which is stored whole if f returns no error, and else not at all. f must be quick and touch nothing
// but the database: while it runs the ledger may have to wait.
func (a *Alerts) Do(ctx context.Context, f func(*AlertTx) error) (err error) {
	a.turn.Lock()
	defer a.turn.Unlock()
	conn, err := a.reader.pool.Conn(ctx)
	if err != nil {
		return a.reader.place.explain(ctx, err)
	}
	defer conn.Close() // gives it back
	if _, err := conn.ExecContext(ctx, a.begin); err != nil {
		return a.reader.place.explain(ctx, err)
	}
	if err = f(&AlertTx{&Snapshot{ctx, conn, &a.reader}, db.New(conn)}); err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// What fails is the connection, and the transaction ends with it.
		conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // see above
	}
	return a.reader.place.explain(ctx, err)
}

// AlertTx is a transaction on alerts. It reads the ledger as of one block, too.
type AlertTx struct {
	*Snapshot
	q *db.Queries
}

// Subscription says who is told of what.
type Subscription struct {
	ID       string
	Created  time.Time
	Since    pastel.Height // only what happens above is told
	URL      string        // a secret
	Secret   string        // signs a webhook's messages; empty for others
	Pool     ticket.PoolID // at most one of the three is set; none means every pool
	PastelID string
	Operator string // PastelID
	Kinds    []string
	Cushion  int64 // per cent
	Overdue  int64 // blocks
}

// AddSubscription adds one.
func (x *AlertTx) AddSubscription(s *Subscription) error {
	return x.q.InsertSubscription(x.ctx, db.InsertSubscriptionParams{
		ID: s.ID, Created: s.Created.Unix(), Since: int64(s.Since), ToUrl: s.URL, Secret: s.Secret, Pool: text(string(s.Pool)),
		Pastelid: text(s.PastelID), Operator: text(s.Operator), Kinds: strings.Join(s.Kinds, " "), Cushion: s.Cushion, Overdue: s.Overdue,
	})
}

// Subscriptions lists all of them, the oldest first.
func (x *AlertTx) Subscriptions() ([]Subscription, error) {
	rows, err := x.q.ListSubscriptions(x.ctx)
	list := make([]Subscription, len(rows))
	for i, r := range rows {
		list[i] = Subscription{
			ID: r.ID, Created: time.Unix(r.Created, 0).UTC(), Since: pastel.Height(r.Since), URL: r.ToUrl, Secret: r.Secret,
			Pool: ticket.PoolID(r.Pool.String), PastelID: r.Pastelid.String, Operator: r.Operator.String, Kinds: strings.Fields(r.Kinds),
			Cushion: r.Cushion, Overdue: r.Overdue,
		}
	}
	return list, err
}

// RemoveSubscription removes one with its alerts; false if there is none.
func (x *AlertTx) RemoveSubscription(id string) (bool, error) {
	if err := x.q.DeleteAlertsOf(x.ctx, id); err != nil {
		return false, err
	}
	n, err := x.q.DeleteSubscription(x.ctx, id)
	return n > 0, err
}

// AlertCursor is how far events became alerts.
type AlertCursor struct {
	Height   pastel.Height // -1 before the first block
	Position int64         // of the last event in the block; EndOfBlock if all of it is read
	Hash     pastel.BlockHash
}

// EndOfBlock is a position behind every event of a block.
const EndOfBlock = 1 << 62

// Cursor returns how far events became alerts.
func (x *AlertTx) Cursor() (AlertCursor, error) {
	r, err := x.q.AlertCursor(x.ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return AlertCursor{Height: -1, Position: EndOfBlock}, nil
	}
	if err != nil {
		return AlertCursor{}, err
	}
	hash, err := hash32[pastel.BlockHash](r.Hash)
	return AlertCursor{pastel.Height(r.Height), r.Position, hash}, err
}

// SetCursor moves the cursor. With it go the hashes of the blocks that it passed last, for Fork.
func (x *AlertTx) SetCursor(c AlertCursor) error {
	rows, err := x.hashesDown(c.Height)
	if err != nil {
		return err
	}
	var trail []byte
	for _, r := range rows {
		trail = append(trail, r.Hash...)
	}
	return x.q.PutAlertCursor(x.ctx, db.PutAlertCursorParams{Height: int64(c.Height), Position: c.Position, Hash: c.Hash[:], Trail: trail})
}

// Fork returns the height of the last block of those that a cursor passed which is in the ledger still. It is not known, false, of a
// cursor that an older release set: then it is where the deepest reorganization would have forked off.
func (x *AlertTx) Fork(c AlertCursor) (pastel.Height, bool, error) {
	trail, err := x.q.AlertTrail(x.ctx)
	if err != nil {
		return 0, false, err
	}
	rows, err := x.hashesDown(c.Height)
	if err != nil {
		return 0, false, err
	}
	for _, r := range rows {
		at := (int64(c.Height) - r.Height) * int64(len(c.Hash))
		if at+int64(len(r.Hash)) <= int64(len(trail)) && bytes.Equal(r.Hash, trail[at:at+int64(len(r.Hash))]) {
			return pastel.Height(r.Height), true, nil
		}
	}
	return max(-1, c.Height-x.r.net.MaxReorg), false, nil
}

// hashesDown lists the blocks from a height down, as many as a reorganization may concern and the one before.
func (x *AlertTx) hashesDown(h pastel.Height) ([]db.HashesDownFromRow, error) {
	return x.q.HashesDownFrom(x.ctx, db.HashesDownFromParams{Height: int64(h), Limit: int32(x.r.net.MaxReorg) + 1})
}

// GoBack says that the ledger forked off after a block, which events are read from again up to a height. A subscription that was
// made in between is told what happens on the other branch, and what stood there is as if it had begun at the fork.
func (x *AlertTx) GoBack(fork, from pastel.Height) error {
	if err := x.q.LowerSince(x.ctx, db.LowerSinceParams{Since: int64(fork), Since_2: int64(from)}); err != nil {
		return err
	}
	return x.q.LowerStanding(x.ctx, int64(fork))
}

// AlertState is what became of a message.
type AlertState string

// The states of a message.
const (
	AlertPending   AlertState = "pending"   // it waits to be sent
	AlertSending   AlertState = "sending"   // it was sent, without an answer yet: it may have arrived
	AlertSent      AlertState = "sent"      // it arrived
	AlertWithdrawn AlertState = "withdrawn" // its cause is gone; if it may have arrived, another message says so
	AlertFailed    AlertState = "failed"    // it could not be delivered for days
)

// Alert is a message to a subscription.
type Alert struct {
	ID           string
	Subscription string
	Cause        string // what it tells of, the same on every branch of the chain
	Kind         string
	Pool         ticket.PoolID
	PastelID     string
	Height       pastel.Height     // of the cause, or the tip when it began
	Block        *pastel.BlockHash // of the cause; nil for what is no event
	Lost         bool              // its block is gone, and the branch instead is not read to its end
	Standing     bool              // tells of what is no event and has not ended
	Text         string
	JSON         string
	State        AlertState
	Created      time.Time
	Attempts     int64
}

func alertOf(r db.Alert) (Alert, error) {
	a := Alert{
		ID: r.ID, Subscription: r.Subscription, Cause: r.Cause, Kind: r.Kind, Pool: ticket.PoolID(r.Pool.String), PastelID: r.Pastelid.String,
		Height: pastel.Height(r.Height), Lost: r.Lost != 0, Standing: r.Standing != 0, Text: r.Text, JSON: r.Json, State: AlertState(r.State),
		Created: time.Unix(r.Created, 0).UTC(), Attempts: r.Attempts,
	}
	if r.Block == nil {
		return a, nil
	}
	hash, err := hash32[pastel.BlockHash](r.Block)
	a.Block = &hash
	return a, err
}

func alertsOf(rows []db.Alert, err error) ([]Alert, error) {
	if err != nil {
		return nil, err
	}
	list := make([]Alert, len(rows))
	for i, r := range rows {
		if list[i], err = alertOf(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// AddAlert puts a message into the outbox, to be sent after those that are there. A subscription has one of a cause.
func (x *AlertTx) AddAlert(a *Alert) error {
	p := db.InsertAlertParams{
		ID: a.ID, Subscription: a.Subscription, Cause: a.Cause, Kind: a.Kind, Pool: text(string(a.Pool)), Pastelid: text(a.PastelID),
		Height: int64(a.Height), Text: a.Text, Json: a.JSON, Created: a.Created.Unix(),
	}
	if a.Block != nil {
		p.Block = a.Block[:]
	}
	if a.Standing {
		p.Standing = 1
	}
	return x.q.InsertAlert(x.ctx, p)
}

// AlertOf finds a subscription's message about a cause; false if there is none.
func (x *AlertTx) AlertOf(subscription, cause string) (Alert, bool, error) {
	r, err := x.q.AlertOfCause(x.ctx, db.AlertOfCauseParams{Subscription: subscription, Cause: cause})
	if errors.Is(err, sql.ErrNoRows) {
		return Alert{}, false, nil
	}
	if err != nil {
		return Alert{}, false, err
	}
	a, err := alertOf(r)
	return a, true, err
}

// LoseAlerts marks those above a height whose block is not in the ledger any more: they are not sent until they are bound again.
func (x *AlertTx) LoseAlerts(above pastel.Height) error { return x.q.LoseAlerts(x.ctx, int64(above)) }

// LostAlerts lists those that are lost, up to a height.
func (x *AlertTx) LostAlerts(upTo pastel.Height) ([]Alert, error) {
	return alertsOf(x.q.LostAlerts(x.ctx, int64(upTo)))
}

// BindAlert stores the height, block, text and JSON of an alert whose cause is in another block now.
func (x *AlertTx) BindAlert(a *Alert) error {
	return x.q.BindAlert(x.ctx, db.BindAlertParams{ID: a.ID, Height: int64(a.Height), Block: a.Block[:], Text: a.Text, Json: a.JSON})
}

// StandingAlerts lists the alerts of a kind that tell of what has not ended.
func (x *AlertTx) StandingAlerts(kind string) ([]Alert, error) {
	return alertsOf(x.q.StandingAlerts(x.ctx, kind))
}

// CloseAlert says that an alert's cause is over or gone, so that the same cause is another one if it comes again.
func (x *AlertTx) CloseAlert(id string, state AlertState) error {
	return x.q.CloseAlert(x.ctx, db.CloseAlertParams{ID: id, State: string(state)})
}

// DueAlerts lists, for each subscription, the first message that is to be sent, if its time has come.
func (x *AlertTx) DueAlerts(now time.Time, limit int32) ([]Alert, error) {
	return alertsOf(x.q.DueAlerts(x.ctx, db.DueAlertsParams{NextTry: now.Unix(), Limit: limit}))
}

// ClaimAlert marks a message as being sent once more than so many attempts, and when it is sent again should there be no answer;
// false if it is withdrawn, or somebody else claimed it.
func (x *AlertTx) ClaimAlert(id string, attempts int64, next time.Time) (bool, error) {
	n, err := x.q.ClaimAlert(x.ctx, db.ClaimAlertParams{ID: id, Attempts: attempts, NextTry: next.Unix()})
	return n > 0, err
}

// AnswerAlert says what became of the attempt that a message was claimed for, its attempts counting that one, unless it was withdrawn
// or claimed again meanwhile.
func (x *AlertTx) AnswerAlert(id string, attempts int64, state AlertState, now, next time.Time) error {
	p := db.AnswerAlertParams{ID: id, Attempts: attempts, State: string(state), NextTry: next.Unix()}
	if state == AlertSent {
		p.SentAt = integer(now.Unix())
	}
	return x.q.AnswerAlert(x.ctx, p)
}

// RetryUnanswered makes messages due whose answer never came: the process ended meanwhile.
func (x *AlertTx) RetryUnanswered(now time.Time) error { return x.q.RetryUnanswered(x.ctx, now.Unix()) }

// ForgetAlerts deletes messages that are done with, of blocks below a height and older than a time.
func (x *AlertTx) ForgetAlerts(below pastel.Height, before time.Time) error {
	return x.q.ForgetAlerts(x.ctx, db.ForgetAlertsParams{Height: int64(below), Created: before.Unix()})
}

// Ordinal counts a pool's events of a type up to one of them: which one it is does not depend on the block it is in.
func (x *AlertTx) Ordinal(e *Event) (int64, error) {
	return x.q.CountEventsUpTo(x.ctx, db.CountEventsUpToParams{
		Pool: text(string(e.Pool)), Type: string(e.Type), Height: int64(e.Height), Height_2: e.Position,
	})
}

// OrdinalOfPledge counts a pledge's events of a type up to one of them.
func (s *Snapshot) OrdinalOfPledge(e *Event) (int64, error) {
	return db.New(s.conn).CountPledgeEventsUpTo(s.ctx, db.CountPledgeEventsUpToParams{
		Pastelid: text(e.PastelID), Pledge: integer(e.Pledge), Type: string(e.Type), Height: int64(e.Height), Height_2: e.Position,
	})
}

// Terms are what a ticket of a pledge says. What the pledge offers, its events tell.
type Terms struct {
	Ticket pastel.TxID
	Reward string // address
}

// Amendment returns a pledge's terms before and after one of its pledge.amended.
func (s *Snapshot) Amendment(e *Event) (before, after Terms, err error) {
	n, err := s.OrdinalOfPledge(e)
	if err != nil {
		return before, after, err
	}
	// The first ticket made the pledge: amendment n goes from ticket n to the next.
	rows, err := db.New(s.conn).TicketsOfPledge(s.ctx, db.TicketsOfPledgeParams{Pledge: e.Pledge, Limit: 2, Offset: int32(n - 1)})
	if err != nil {
		return before, after, err
	}
	if len(rows) != 2 {
		return before, after, fmt.Errorf("amendment %d of pledge %d has no ticket: the database is damaged, start with an empty one", n, e.Pledge)
	}
	for i, terms := range []*Terms{&before, &after} {
		*terms = Terms{Reward: rows[i].Reward}
		if terms.Ticket, err = hash32[pastel.TxID](rows[i].Ticket); err != nil {
			return before, after, err
		}
	}
	return before, after, nil
}

// HadPledge reports whether a PastelID had a pledge in a pool in or after a block.
func (x *AlertTx) HadPledge(id ticket.PoolID, pastelID string, h pastel.Height) (bool, error) {
	n, err := x.q.CountPledgesAt(x.ctx, db.CountPledgesAtParams{Pool: string(id), Pastelid: pastelID, Joined: int64(h)})
	return n > 0, err
}

// PledgedIn lists the pools that a PastelID has live pledges in.
func (x *AlertTx) PledgedIn(pastelID string) ([]ticket.PoolID, error) {
	rows, err := x.q.PoolsOfPledger(x.ctx, pastelID)
	list := make([]ticket.PoolID, len(rows))
	for i, id := range rows {
		list[i] = ticket.PoolID(id)
	}
	return list, err
}

// PaysTo sums what a payout pays to the reward addresses of a PastelID.
func (x *AlertTx) PaysTo(id ticket.PoolID, settled pastel.Height, pastelID string) (pastel.Amount, error) {
	sum, err := x.q.PaidByPayout(x.ctx, db.PaidByPayoutParams{Pool: string(id), Settled: int64(settled), Pastelid: pastelID})
	return pastel.Amount(sum), err
}

// Supernode is a Supernode that a pool backs.
type Supernode struct {
	Pool       ticket.PoolID
	Activation pastel.TxID
	Escrow     string // where it is to be paid
}

// Supernodes lists the Supernodes of active pools.
func (x *AlertTx) Supernodes() ([]Supernode, error) {
	rows, err := x.q.ActiveSupernodes(x.ctx)
	list := make([]Supernode, len(rows))
	for i, r := range rows {
		list[i] = Supernode{Pool: ticket.PoolID(r.ID), Escrow: r.Escrow}
		if list[i].Activation, err = hash32[pastel.TxID](r.ActivationTx); err != nil {
			return nil, err
		}
	}
	return list, err
}

// Spend is what a transaction that waits to be mined would do to a pledge.
type Spend struct {
	TxID      pastel.TxID
	Pool      ticket.PoolID
	PastelID  string
	Pledge    int64          // join order over all pools
	Outcome   pool.EventType // pledge.left; pledge.reduced: it offers no more than counts; or pledge.moved: what is left backs all of it
	Forfeited pastel.Amount  // if the next block held it
	Seen      int64          // seconds since 1970
}

// spendOutcomes names in the table what a spend does to a pledge.
var spendOutcomes = map[pool.EventType]string{pool.PledgeLeft: "left", pool.PledgeReduced: "reduced", pool.PledgeMoved: "moved"}

func spendOutcome(text string) (pool.EventType, error) {
	for outcome, name := range spendOutcomes {
		if name == text {
			return outcome, nil
		}
	}
	return "", fmt.Errorf("%q is no outcome of a spend", text)
}

// Spends lists what transactions that wait to be mined would do to pledges, the first seen first; zero arguments do not filter.
// MempoolLooked says as of when.
func (s *Snapshot) Spends(poolID ticket.PoolID, pastelID string) ([]Spend, error) {
	q := selecting("SELECT txid, pledge, pool, pastelid, outcome, forfeited, seen FROM mempool_spends")
	equal(q, "pool", string(poolID))
	equal(q, "pastelid", pastelID)
	q.text.WriteString(" ORDER BY seen, txid, pledge")
	return all(s, q, func(rows *sql.Rows) (x Spend, err error) {
		var txid []byte
		var outcome string
		if err = rows.Scan(&txid, &x.Pledge, &x.Pool, &x.PastelID, &outcome, &x.Forfeited, &x.Seen); err != nil {
			return x, err
		}
		var errs [2]error
		x.TxID, errs[0] = hash32[pastel.TxID](txid)
		x.Outcome, errs[1] = spendOutcome(outcome)
		return x, errors.Join(errs[:]...)
	})
}

// PutSpend adds a spend, or changes what it would do; when it was first seen stays.
func (x *AlertTx) PutSpend(s *Spend) error {
	p := db.PutSpendParams{
		Txid: s.TxID[:], Pledge: s.Pledge, Pool: string(s.Pool), Pastelid: s.PastelID, Outcome: spendOutcomes[s.Outcome],
		Forfeited: int64(s.Forfeited), Seen: s.Seen,
	}
	return x.q.PutSpend(x.ctx, p)
}

// DeleteSpend removes a spend.
func (x *AlertTx) DeleteSpend(s *Spend) error {
	return x.q.DeleteSpend(x.ctx, db.DeleteSpendParams{Txid: s.TxID[:], Pledge: s.Pledge})
}

// LastMove returns the last block above a height that did to a pledge what an event says; -1 if there is none.
func (x *AlertTx) LastMove(id ticket.PoolID, pledge int64, what pool.EventType, above pastel.Height) (pastel.Height, error) {
	h, err := x.q.LastMove(x.ctx, db.LastMoveParams{Pool: text(string(id)), Pledge: integer(pledge), Type: string(what), Height: int64(above)})
	return pastel.Height(h), err
}

// MempoolLook is when all that waits to be mined was looked at, by the daemon that writes the database.
type MempoolLook struct {
	Height pastel.Height // of the block that the next one was asked for
	At     int64         // seconds since 1970
}

// MempoolLooked returns when the mempool was last looked at; false if no node is there to look at.
func (s *Snapshot) MempoolLooked() (MempoolLook, bool, error) {
	list, err := all(s, selecting("SELECT height, at FROM mempool_looked"), func(rows *sql.Rows) (x MempoolLook, err error) {
		err = rows.Scan(&x.Height, &x.At)
		return x, err
	})
	if err != nil || len(list) == 0 {
		return MempoolLook{}, false, err
	}
	return list[0], true, nil
}

// SetMempoolLooked says when all of the mempool was looked at.
func (x *AlertTx) SetMempoolLooked(l MempoolLook) error {
	return x.q.PutMempoolLooked(x.ctx, db.PutMempoolLookedParams{Height: int64(l.Height), At: l.At})
}

// ForgetMempool deletes what is known of a mempool that nobody looks at any more.
func (x *AlertTx) ForgetMempool() error {
	return errors.Join(x.q.DeleteSpends(x.ctx), x.q.DeleteMempoolLooked(x.ctx))
}
