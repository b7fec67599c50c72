package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// database is a kept database, open for writing, and the blocks to send to it.
type database struct {
	place  string // as --database takes it
	facts  facts
	store  *store.Store
	ledger *chain.Ledger
	blocks []*pool.Prepared // above facts.Tip
	loaded time.Duration    // that opening took
}

// facts are kept beside a database, once it is complete.
type facts struct {
	Tip    pastel.Height
	Pools  []*largepool.Grown
	Growth map[string]int64 // bytes of the file at some heights
}

// open opens a kept database, or makes it.
func open(ctx context.Context, o *options, s size) (*database, error) {
	folder := filepath.Join(o.Folder, s.name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	db := &database{place: filepath.Join(folder, "main.db")}
	if o.Postgres != "" {
		db.place = o.Postgres
	}
	about, rest := filepath.Join(folder, "about.json"), filepath.Join(folder, "blocks")
	if o.Postgres != "" {
		about += ".postgres"
	}
	text, err := os.ReadFile(about)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return db, db.make(ctx, s, about, rest)
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &db.facts); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := db.connect(ctx); err != nil {
		return nil, err
	}
	db.loaded = time.Since(began)
	p := db.ledger.Params()
	if db.blocks, err = readBlocks(rest, &p, db.facts.Tip+1); err != nil {
		return nil, err
	}
	if tip := db.ledger.Last().Height; tip > db.facts.Tip { // of an earlier run
		if _, err := db.ledger.Step(ctx, db.facts.Tip, nil); err != nil {
			return nil, err
		}
	}
	return db, nil
}

func (db *database) connect(ctx context.Context) error {
	p, err := params()
	if err != nil {
		return err
	}
	if db.store, err = store.Open(ctx, db.place, p); err != nil {
		return err
	}
	db.ledger, err = chain.OpenLedger(ctx, p, true, db.store)
	return err
}

func (db *database) make(ctx context.Context, s size, about, rest string) error {
	if err := db.connect(ctx); err != nil {
		return err
	}
	file, err := os.Create(rest)
	if err != nil {
		return err
	}
	defer file.Close()
	began := time.Now()
	pools, err := grow(ctx, s, db.ledger, file, func(h, of pastel.Height) {
		fmt.Fprintf(os.Stderr, "block %d of %d, %s\n", h, of, time.Since(began).Round(time.Second))
	})
	if err != nil {
		return err
	}
	db.facts = facts{Tip: db.ledger.Last().Height, Pools: pools}
	text, err := json.Marshal(&db.facts)
	if err == nil {
		err = os.WriteFile(about, text, 0o600)
	}
	if err != nil {
		return err
	}
	p := db.ledger.Params()
	db.blocks, err = readBlocks(rest, &p, db.facts.Tip+1)
	return err
}

func (db *database) close() { db.ledger.Close(); db.store.Close() }

// next sends the next block, and returns its height.
func (db *database) next(ctx context.Context) (pastel.Height, error) {
	h := db.ledger.Last().Height
	i := int(h - db.facts.Tip)
	if i >= len(db.blocks) { // start again
		if _, err := db.ledger.Step(ctx, db.facts.Tip, db.blocks[:1]); err != nil {
			return 0, err
		}
		return db.facts.Tip + 1, nil
	}
	_, err := db.ledger.Step(ctx, h, db.blocks[i:i+1])
	return h + 1, err
}
