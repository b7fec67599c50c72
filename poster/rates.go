package poster

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/store"
)

// Rates. A client's are about work; the others keep one member from using up the budget.
const (
	perAddress  = 3                // tickets about the coins of one address a day
	perPastelID = 6                // tickets of one PastelID a day
	clientEvery = 30 * time.Second // between requests of a client, in the long run
	clientBurst = 10               // requests of a client at once
	maxClients  = 10_000           // clients remembered; further ones share one limit
)

// client refuses a client that asks too often.
func (s *Service) client(who netip.Addr) error {
	if wait := s.clients.Wait(who, s.cfg.Now()); wait > 0 {
		return &Refusal{Kind: TooOften, Detail: "too many tickets from your address: wait a minute", After: wait}
	}
	return nil
}

// often refuses what was posted often enough in the last day, by what the tickets that count have in common.
func (s *Service) often(most int, of string, is func(*store.Posted) bool) error {
	after := s.since()
	list := s.all(func(x *store.Posted) bool { return x.Time.After(after) && is(x) })
	if len(list) < most {
		return nil
	}
	first := slices.MinFunc(list, func(a, b store.Posted) int { return a.Time.Compare(b.Time) })
	return &Refusal{Kind: TooOften, After: first.Time.Sub(after),
		Detail: fmt.Sprintf("this daemon posts at most %d tickets a day about one %s: try again tomorrow%s", most, of, otherwise)}
}
