package history

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Lists asks for pages of an account's lists, oldest first. Each returns the cursor of the next page, empty on the last.
type Lists struct {
	Credits  func(wire.Page) ([]wire.Credit, string, error)
	Pledges  func(wire.Page) ([]wire.Pledge, string, error)
	Payments func(wire.Page) ([]wire.Payment, string, error) // that are paid
}

// mostForfeits bounds what Merge keeps in memory: pledges are listed in the order they joined, not the one they ended in.
const mostForfeits = 10_000

// ErrForfeits says that the account has more forfeits than can be put in order on the way.
var ErrForfeits = fmt.Errorf("the account has more than %d forfeits", mostForfeits)

// Merge hands the entries of an account to emit in the order of Sort. It keeps a page of each list, the payments that may still come after others, and
// all forfeits, but no more than 10,000 of them: more are ErrForfeits, before anything is emitted.
func Merge(account string, from Lists, emit func(*Entry) error) error {
	lists := []*list{
		paged(from.Credits, func(l *list, x *wire.Credit) {
			l.add(OfCredit(account, x), true)
			l.known = x.At.Height - 1 // others of its block may follow
		}),
		paged(from.Payments, func(l *list, x *wire.Payment) {
			l.add(OfPayment(account, x))
			l.known = x.Settled.Height // the list is in this order, and a payout is mined later
		}),
		paged(from.Pledges, func(l *list, x *wire.Pledge) {
			l.add(OfPledge(account, x))
			if len(l.held) > mostForfeits {
				l.err = ErrForfeits
			}
		}),
	}
	for {
		next, err := earliest(lists)
		if err != nil || next == nil {
			return err
		}
		for i := range next {
			if err := emit(&next[i]); err != nil {
				return err
			}
		}
	}
}

// earliest takes the entries of the first block that has any from the lists; none if all are at their ends.
func earliest(lists []*list) (next []Entry, err error) {
	h := pastel.Height(-1)
	for _, l := range lists {
		if err := l.fill(func() bool { return len(l.held) > 0 && l.held[0].Height <= l.known }); err != nil {
			return nil, err
		}
		if len(l.held) > 0 && (h < 0 || l.held[0].Height < h) {
			h = l.held[0].Height
		}
	}
	for _, l := range lists {
		if err := l.fill(func() bool { return l.known >= h }); err != nil {
			return nil, err
		}
		next = append(next, l.take(h)...)
	}
	Sort(next)
	return next, nil
}

// list is one of the lists, read page by page.
type list struct {
	read  func() error
	held  []Entry       // in the order of Sort
	known pastel.Height // no further entry is of this block or an earlier one
	ended bool
	err   error
}

// paged returns a list that puts the items of its pages in with add.
func paged[T any](ask func(wire.Page) ([]T, string, error), add func(*list, *T)) *list {
	l := &list{known: -1}
	page := wire.Page{Limit: wire.MaxLimit, Order: wire.Oldest}
	l.read = func() error {
		items, next, err := ask(page)
		if err != nil {
			return err
		}
		for i := range items {
			add(l, &items[i])
		}
		Sort(l.held)
		if next != "" && next == page.Cursor {
			return errors.New("a list repeats itself")
		}
		page.Cursor, l.ended = next, next == ""
		return l.err
	}
	return l
}

func (l *list) add(e Entry, found bool) {
	if found {
		l.held = append(l.held, e)
	}
}

// fill reads pages until there is enough, or no further one.
func (l *list) fill(enough func() bool) error {
	for !l.ended && !enough() {
		if err := l.read(); err != nil {
			return err
		}
	}
	return nil
}

// take removes and returns the entries of a block.
func (l *list) take(h pastel.Height) []Entry {
	n := slices.IndexFunc(l.held, func(e Entry) bool { return e.Height != h })
	if n < 0 {
		n = len(l.held)
	}
	of := l.held[:n]
	l.held = l.held[n:]
	return of
}
