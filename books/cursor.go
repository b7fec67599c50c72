package books

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"

	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// defaultLimit is the number of rows on a page unless the query sets a limit.
const defaultLimit = 50

// key is the type of one part of a list's key.
type key int

const (
	keyHeight key = iota
	keyInteger
	keyText
)

// maxCursor bounds a cursor, in bytes: a pool id and a few numbers.
const maxCursor = 200

var errCursor = badRequest("cursor: it does not belong to this list: use next of the previous answer, or leave it out to start over")

// page translates a query's page. Its cursor holds the key of the row after which the list continues; an empty cursor starts the list.
func page(x wire.Page, keys ...key) (store.Page, error) {
	limit := x.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	if limit < 1 || limit > wire.MaxLimit {
		return store.Page{}, badRequest("limit: %d is out of range; use 1 to %d", limit, wire.MaxLimit)
	}
	p := store.Page{Limit: limit, Desc: x.Order == wire.Newest}
	if x.Cursor == "" {
		return p, nil
	}
	if len(x.Cursor) > maxCursor {
		return p, errCursor
	}
	text, err := base64.RawURLEncoding.DecodeString(x.Cursor)
	if err != nil {
		return p, errCursor
	}
	var parts []any
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) != len(keys) {
		return p, errCursor
	}
	for i, k := range keys {
		switch v := parts[i].(type) {
		case float64:
			if k == keyText || v != math.Trunc(v) || v < 0 || v > 1<<53 || k == keyHeight && v > math.MaxInt32 {
				return p, errCursor
			}
			p.After = append(p.After, int64(v))
		case string:
			if k != keyText || !printableASCII(v) { // PostgreSQL rejects NUL
				return p, errCursor
			}
			p.After = append(p.After, v)
		default:
			return p, errCursor
		}
	}
	return p, nil
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// cursor returns the cursor after a full page. A page that is not full is the last and has none.
func cursor[T any](rows []T, p store.Page, key func(*T) []any) string {
	if len(rows) < p.Limit {
		return ""
	}
	text, err := json.Marshal(key(&rows[len(rows)-1]))
	if err != nil {
		panic(err) // keys are integers and strings
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// listing is what the pages of one list differ in.
type listing[Row, Out any] struct {
	keys []key                                             // types of the parts of a row's key
	key  func(*Row) []any                                  // of a row
	read func(v *view, p store.Page) ([]Row, error)        // a page of rows
	wire func(v *view, rows []Row) (list []Out, err error) // their wire form
}

// answer reads a page of the list that q asks for. next is the cursor of the following page, empty on the last.
func (l listing[Row, Out]) answer(ctx context.Context, b *Books, q wire.Page) (list []Out, tip wire.Tip, next string, err error) {
	p, err := page(q, l.keys...)
	if err != nil {
		return nil, tip, "", err
	}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		rows, err := l.read(v, p)
		if err != nil {
			return err
		}
		next = cursor(rows, p, l.key)
		list, err = l.wire(v, rows)
		return err
	})
	return list, tip, next, err
}
