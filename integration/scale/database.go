package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// database is a kept database, open for writing, and the blocks to send to it.
type database struct {
	url    string // as --database of the daemon takes it
	facts  facts
	store  *store.Store
	ledger *chain.Ledger
	blocks []*pool.Prepared // above facts.Tip
	loaded time.Duration    // that opening took; 0 if it was made just now
	server *pgtest.Server   // nil if it is not ours
	sizes  *sql.DB          // to ask for the size; nil before
}

// facts are kept beside a database. It is complete when they are.
type facts struct {
	Tip    pool.Tip
	Pools  []*largepool.Grown
	Growth []sample
	Made   time.Duration // that making it took
}

// sample is how large a database was in the course of its making.
type sample struct {
	Height      pastel.Height
	Bytes       int64
	Settlements int // so far
}

// The files in a database's folder.
const (
	aboutFile  = "about.json"
	blocksFile = "blocks"
	sqliteFile = "main.db"
	cluster    = "postgres"
)

// open opens a kept database, or makes it.
func open(ctx context.Context, p *place, s size, progress io.Writer) (*database, error) {
	base, err := p.folder()
	if err != nil {
		return nil, err
	}
	engine := p.Database
	if store.IsPostgres(engine) {
		engine = "url"
	}
	folder := filepath.Join(base, s.name+"-"+engine)
	text, err := os.ReadFile(filepath.Join(folder, aboutFile))
	complete := err == nil
	switch {
	case errors.Is(err, fs.ErrNotExist): // also if making it was interrupted
		err = os.RemoveAll(folder)
	case err == nil:
		fmt.Fprintf(progress, "using the database in %s\n", folder)
	}
	if err != nil {
		return nil, err
	}
	// The user postgres must be able to pass.
	if err := os.MkdirAll(folder, 0o711); err != nil {
		return nil, err
	}
	db := &database{}
	if err := db.connect(ctx, p.Database, folder); err != nil {
		db.close()
		return nil, err
	}
	switch sqlite := filepath.Join(base, s.name+"-sqlite"); {
	case complete:
		err = db.reopen(ctx, text, folder)
	case engine != "sqlite" && isComplete(sqlite):
		err = db.copy(ctx, sqlite, folder, progress)
	default:
		err = db.fill(ctx, s, folder, progress)
	}
	if err != nil {
		db.close()
		ours := engine != "url"
		if !complete || ours && errors.Is(err, errForeign) {
			err = errors.Join(err, os.RemoveAll(folder))
		}
		if complete && ours && errors.Is(err, errForeign) {
			return open(ctx, p, s, progress) // a new schema empties the tables
		}
		return nil, err
	}
	return db, nil
}

// errForeign says that a database does not hold the chain that its folder tells of.
var errForeign = errors.New("the database does not hold the chain of its folder")

// connect opens the store and the ledger.
func (db *database) connect(ctx context.Context, where, folder string) (err error) {
	switch where {
	case "sqlite":
		db.url = filepath.Join(folder, sqliteFile)
	case "postgres":
		if db.server, err = pgtest.Kept(filepath.Join(folder, cluster)); err != nil {
			return err
		}
		if db.url, err = db.server.Named("ledger"); err != nil {
			return err
		}
	default:
		if !store.IsPostgres(where) {
			return fmt.Errorf("--database: %q is neither sqlite, postgres nor a URL of PostgreSQL", where)
		}
		db.url = where
	}
	return db.load(ctx)
}

// load opens the store and reads the state.
func (db *database) load(ctx context.Context) error {
	p, err := params()
	if err != nil {
		return err
	}
	began := time.Now()
	if db.store, err = store.Open(ctx, db.url, p); err != nil {
		return err
	}
	db.ledger, err = chain.OpenLedger(ctx, p, true, db.store)
	db.loaded = time.Since(began)
	return err
}

// reopen continues with a database that is complete, at its tip.
func (db *database) reopen(ctx context.Context, about []byte, folder string) error {
	if err := json.Unmarshal(about, &db.facts); err != nil {
		return fmt.Errorf("%s: %w; remove the folder", folder, err)
	}
	hash, err := db.ledger.HashAt(ctx, db.facts.Tip.Height)
	if err != nil || hash != db.facts.Tip.Hash {
		return fmt.Errorf("%w: empty the database, and remove %s", errors.Join(errForeign, err), folder)
	}
	p := db.ledger.Params()
	if db.blocks, err = readBlocks(filepath.Join(folder, blocksFile), &p, db.facts.Tip.Height+1); err != nil {
		return err
	}
	return db.rewind(ctx)
}

// rewind takes back what was sent.
func (db *database) rewind(ctx context.Context) error {
	if db.ledger.Last().Height == db.facts.Tip.Height {
		return nil
	}
	_, err := db.ledger.Step(ctx, db.facts.Tip.Height, nil)
	return err
}

// fill makes the database.
func (db *database) fill(ctx context.Context, s size, folder string, progress io.Writer) (err error) {
	if err := db.mustBeEmpty(); err != nil {
		return err
	}
	fmt.Fprintf(progress, "making a database of %d pools of %d pledges and %d blocks with income in %s\n", s.pools, s.pledges, s.earning, folder)
	db.loaded = 0
	file, err := os.Create(filepath.Join(folder, blocksFile))
	if err != nil {
		return err
	}
	defer file.Close()
	making := newProgress(progress)
	settlements := 0
	pools, err := mine(ctx, s, db.ledger, file, func(c *chain.Change, of pastel.Height) error {
		for _, u := range c.Blocks {
			settlements += len(u.Settled)
		}
		making.show(c.Tip.Height+1, of)
		n, err := db.size(ctx)
		db.facts.Growth = append(db.facts.Growth, sample{c.Tip.Height, n, settlements})
		return err
	})
	making.end()
	if err != nil {
		return err
	}
	db.facts.Tip, db.facts.Pools, db.facts.Made = db.ledger.Last(), pools, time.Since(making.began)
	if err := file.Sync(); err != nil {
		return err
	}
	p := db.ledger.Params()
	if db.blocks, err = readBlocks(file.Name(), &p, db.facts.Tip.Height+1); err != nil {
		return err
	}
	return db.facts.write(folder)
}

// mustBeEmpty refuses a database with blocks.
func (db *database) mustBeEmpty() error {
	if tip := db.ledger.Last().Height; tip >= 0 {
		return fmt.Errorf("the database has %d blocks of another run: empty it first", tip+1)
	}
	return nil
}

// write makes the database in a folder complete.
func (f *facts) write(folder string) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	about := filepath.Join(folder, aboutFile)
	if err := os.WriteFile(about+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(about+".new", about)
}

// isComplete reports whether the database in a folder is.
func isComplete(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, aboutFile))
	return err == nil
}

// disconnect closes the ledger and the store.
func (db *database) disconnect() {
	if db.ledger != nil {
		db.ledger.Close()
	}
	if db.store != nil {
		db.store.Close()
	}
	db.ledger, db.store = nil, nil
}

func (db *database) close() {
	db.disconnect()
	if db.sizes != nil {
		db.sizes.Close()
	}
	if db.server != nil {
		db.server.Close()
	}
}

// sent is a block that the ledger has stored.
type sent struct {
	change *chain.Change
	took   time.Duration // to apply and store it
}

// next sends the next block.
func (db *database) next(ctx context.Context) (sent, error) {
	if err := db.rewindAtEnd(ctx); err != nil {
		return sent{}, err
	}
	h := db.ledger.Last().Height
	i := int(h - db.facts.Tip.Height)
	began := time.Now()
	c, err := db.ledger.Step(ctx, h, db.blocks[i:i+1])
	return sent{c, time.Since(began)}, err
}

// rewindAtEnd makes the blocks start over when all were sent: a reorganization, which counts for no block.
func (db *database) rewindAtEnd(ctx context.Context) error {
	if int(db.ledger.Last().Height-db.facts.Tip.Height) < len(db.blocks) {
		return nil
	}
	return db.rewind(ctx)
}
