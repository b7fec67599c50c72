package books_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// coins returns an address's outputs as a ticket of a PastelID in a pool finds them, in pages of two.
func (x *library) coins(t *testing.T, address string, q wire.CoinQuery) []wire.Coin {
	t.Helper()
	q.Limit = 2
	return gathered(t, func(cursor string) ([]wire.Coin, wire.Tip, string, error) {
		q.Cursor = cursor
		return x.Coins(t.Context(), address, q)
	})
}

// What is said of an output is what the rules decide about tickets that name it: those of the recorded chain, tried before each of its blocks.
func TestCoinsForetellTheRules(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := openOn(t, "dense", 100, db)
			net := x.Params().Network
			var parts []attempt
			for h := range x.blocks {
				for i := range x.blocks[h].Txs {
					tx := &x.blocks[h].Txs[i]
					carried := ticket.FromTx(tx, &net, pastel.Height(h), ticket.AnyVersion)
					if carried.Ticket != nil && carried.Ticket.Kind == ticket.KindPart {
						parts = append(parts, attempt{pastel.Height(h), tx, carried.Ticket.Part})
					}
				}
			}
			seen := map[string]int{}
			for h := pastel.Height(101); h < pastel.Height(len(x.blocks)); h++ {
				for i := range parts {
					if ahead := parts[i].at - h; ahead >= 0 && ahead < 5 {
						x.foretell(t, h, &parts[i], seen)
					}
				}
				x.move(t, h-1, h)
				if h%40 == 0 { // a reorganization to the same blocks
					x.move(t, h-30, h-10)
					x.move(t, h-12, h)
				}
			}
			for _, want := range []string{"accepted", "spare", string(ticket.ReasonOutputIsCollateral), string(ticket.ReasonOutputImmature), string(ticket.ReasonOutputTooSmall), string(ticket.ReasonOutputNotFound)} {
				if seen[want] == 0 {
					t.Errorf("no ticket was %s; seen %v", want, seen)
				}
			}
		})
	}
}

// attempt is a part ticket of a recorded block.
type attempt struct {
	at pastel.Height
	tx *pastel.Tx
	*ticket.Part
}

// foretell compares what is said of a ticket's output with what the rules decide in block h.
func (x *library) foretell(t *testing.T, h pastel.Height, part *attempt, seen map[string]int) {
	t.Helper()
	events, _, err := x.ledger.Simulate(part.tx, x.blocks[h].Time)
	if err != nil || len(events) == 0 {
		t.Fatalf("block %d: %d events, %v", h, len(events), err)
	}
	outcome := string(events[0].Reason)
	if events[0].Type != pool.TicketRejected {
		outcome = "accepted"
	}
	seen[outcome]++
	before := []ticket.Reason{ticket.ReasonMalformed, ticket.ReasonBadVersion, ticket.ReasonUnknownPool, ticket.ReasonNotSubscribing, ticket.ReasonBadPastelID}
	if slices.Contains(before, events[0].Reason) && outcome != "accepted" {
		return // the rules did not look at the output
	}
	coin, err := x.Coin(t.Context(), fmt.Sprintf("%s:%d", part.TxID, part.Vout))
	if outcome == string(ticket.ReasonOutputNotFound) {
		var bad *books.BadRequest
		if !errors.Is(err, books.ErrNotFound) && !errors.As(err, &bad) {
			t.Errorf("block %d: %s is not found, but %+v, %v", h, part.TxID, coin, err)
		}
		return
	}
	if err != nil {
		t.Errorf("block %d: %v", h, err)
		return
	}
	list := x.coins(t, coin.Address, wire.CoinQuery{OfPool: ofPool(string(part.SmartPoolID)), OfID: ofID(part.PastelID)})
	i := slices.IndexFunc(list, func(c wire.Coin) bool { return c.Output == coin.Output })
	if i < 0 {
		t.Errorf("block %d: the outputs of %s lack %s", h, coin.Address, coin.Output)
		return
	}
	coin = list[i]
	want := ""
	switch outcome {
	case string(ticket.ReasonOutputIsCollateral):
		want = "exactly a Supernode's collateral"
	case string(ticket.ReasonOutputImmature):
		want = "too young: wait for "
	case string(ticket.ReasonOutputTooSmall):
		if coin.Spare >= part.PledgedCoins {
			t.Errorf("block %d: %d PSL are too many, but %d are said to be spare", h, part.PledgedCoins, coin.Spare)
		}
		if coin.Unfit != "" {
			want = "already offer all"
		}
	case string(ticket.ReasonPoolFull), string(ticket.ReasonPledgeTooSmall): // which the rules find before they ask what the output is worth
		if coin.Unfit != "" {
			want = "already offer all"
		}
	default:
		seen["spare"]++
		if coin.Spare < part.PledgedCoins {
			t.Errorf("block %d: %s gets over %d PSL, but %d are said to be spare", h, outcome, part.PledgedCoins, coin.Spare)
		}
	}
	if want == "" != (coin.Unfit == "") || !strings.Contains(coin.Unfit, want) {
		t.Errorf("block %d: %s, but the output is said to be unfit as %q", h, outcome, coin.Unfit)
	}
}

// The words about an output that is too young name the number of blocks after which it is fit.
func TestYoungCoinsSayWhen(t *testing.T) {
	t.Parallel()
	x := open(t, 120, "")
	output := ""
	for h := 120; output == "" && h > 60; h-- {
		coinbase := &x.blocks[h].Txs[0]
		for i := range coinbase.Outputs {
			named := pastel.OutPoint{TxID: coinbase.ID(), Vout: uint32(i)}.String()
			if c, err := x.Coin(t.Context(), named); err == nil && c.Coinbase {
				output = named
			}
		}
	}
	young := 0
	for h := pastel.Height(121); h < pastel.Height(len(x.blocks)); h++ {
		c, err := x.Coin(t.Context(), output)
		if errors.Is(err, books.ErrNotFound) && young > 0 {
			break // spent: it was fit
		}
		if err != nil {
			t.Fatal(err)
		}
		left := int(x.Params().CoinbaseMaturity) - int(c.Confirmations) - 1
		switch {
		case left > 1 && !strings.Contains(c.Unfit, fmt.Sprintf("wait for %d more blocks, until about 20", left)),
			left == 1 && !strings.Contains(c.Unfit, "wait for 1 more block, until about 20"), left <= 0 && c.Unfit != "":
			t.Fatalf("with %d confirmations: %q", c.Confirmations, c.Unfit)
		case left > 0:
			young++
		}
		x.move(t, h-1, h)
	}
	if young < 3 {
		t.Errorf("the output was too young in %d blocks", young)
	}
}

// Cursors and addresses that are none are refused, and whoever has no outputs has an empty list.
func TestCoinsRefuse(t *testing.T) {
	t.Parallel()
	x := open(t, 300, "")
	mine := x.pledges(t, wire.PledgeQuery{})[0].Address
	escrow := x.first(t).Escrow
	for name, ask := range map[string]struct {
		address string
		q       wire.CoinQuery
		words   string
	}{
		"no address":        {"jXnonsense", wire.CoinQuery{}, "copy all of a transparent address of network regtest"},
		"of another list":   {mine, wire.CoinQuery{Cursor: "WzFd"}, "cursor"},
		"no output in it":   {mine, wire.CoinQuery{Cursor: "WzEsIngiXQ"}, "cursor"},
		"negative":          {mine, wire.CoinQuery{Cursor: "Wy0xLCJ4Il0"}, "cursor"},
		"too long a page":   {mine, wire.CoinQuery{Limit: 1001}, "limit"},
		"a negative number": {mine, wire.CoinQuery{Limit: -1}, "limit"},
	} {
		_, _, _, err := x.Coins(t.Context(), ask.address, ask.q)
		var bad *books.BadRequest
		if !errors.As(err, &bad) || !strings.Contains(bad.Text, ask.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, _, next, err := x.Coins(t.Context(), escrow, wire.CoinQuery{}); len(list) != 0 || next != "" || err != nil {
		t.Errorf("escrow has outputs %v, %q, %v", list, next, err)
	}
}
