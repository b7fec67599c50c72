package store

import (
	"database/sql"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Now means the tip, as a height in a filter.
const Now pastel.Height = -1

// Block is a block of the ledger.
type Block struct {
	Height pastel.Height
	Hash   pastel.BlockHash
	Time   int64 // seconds since 1970
	Digest pool.Digest
}

func scanBlock(rows *sql.Rows) (b Block, err error) {
	var hash, digest []byte
	if err = rows.Scan(&b.Height, &hash, &b.Time, &digest); err != nil {
		return b, err
	}
	if b.Hash, err = hash32[pastel.BlockHash](hash); err != nil {
		return b, err
	}
	b.Digest, err = hash32[pool.Digest](digest)
	return b, err
}

const selectBlocks = "SELECT height, hash, time, digest FROM blocks"

// Tip returns the last block; chain.ErrNotFound if there is none.
func (s *Snapshot) Tip() (Block, error) {
	list, err := s.Blocks(Page{Limit: 1, Desc: true})
	if err == nil && len(list) == 0 {
		err = notFound("a block")
	}
	if err != nil {
		return Block{}, err
	}
	return list[0], nil
}

// Block returns the block at a height; chain.ErrNotFound if there is none.
func (s *Snapshot) Block(h pastel.Height) (Block, error) {
	q := selecting(selectBlocks)
	q.and("height = ?", int64(h))
	list, err := all(s, q, scanBlock)
	if err == nil && len(list) == 0 {
		err = notFound("block %d", h)
	}
	if err != nil {
		return Block{}, err
	}
	return list[0], nil
}

// Blocks returns blocks; the page's key is the height.
func (s *Snapshot) Blocks(p Page) ([]Block, error) {
	q := selecting(selectBlocks)
	q.page(p, "height")
	return all(s, q, scanBlock)
}
