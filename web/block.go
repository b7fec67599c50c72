package web

import (
	"net/http"
	"strconv"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// block shows a block's ledger digest, whether it is another daemon's, and what the block did to pools.
func (s *Site) block(r *http.Request) (*page, error) {
	h, err := strconv.ParseInt(r.PathValue("height"), 10, 32)
	if err != nil || h < 0 {
		return nil, &books.BadRequest{Text: "A block's page has its height in the address, such as /blocks/1000."}
	}
	var d struct {
		wire.Block
		Other  string // digest of another daemon; empty if none is given
		Events []wire.Event
		More   bool // the block has more events than the page
	}
	if d.Block, err = s.cfg.Books.Block(r.Context(), pastel.Height(h)); err != nil {
		return nil, err
	}
	if d.Other = pasted.Hex(r.URL.Query().Get("digest")); d.Other != "" && len(d.Other) != len(d.Digest) {
		return nil, &books.BadRequest{Text: "A ledger digest has 64 hex digits: copy all of it."}
	}
	var next string
	d.Events, _, next, err = s.cfg.Books.Events(r.Context(), wire.EventQuery{From: h, To: h, Page: wire.Page{Limit: listing}})
	d.More = next != ""
	return ok("block.html", "Block "+pastel.Thousands(h), "", d), err
}
