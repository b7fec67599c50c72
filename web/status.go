package web

import (
	"errors"
	"net/http"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// mostNeedy is how many pools of a kind the status page names.
const mostNeedy = 10

// wellbeing is the data of the page that says whether all is well.
type wellbeing struct {
	State   wire.Status
	Empty   bool // the ledger has no block
	Needs   books.Attention
	Begins  *wire.Moment // when the rules begin to apply; nil if they do
	Refused bool         // alerts do not reach everybody
}

// Well reports whether nobody has to do anything.
func (w *wellbeing) Well() bool {
	return !w.Empty && w.State.Ready && !w.Late() && w.Needs.Count() == 0 && !w.Refused
}

// Late reports whether this daemon has yet to show blocks that another one has announced.
func (w *wellbeing) Late() bool { return w.State.Behind != nil && w.State.Behind.Blocks > 0 }

// status says whether all is well: with this site, with its node, with alerts and with the network. It can be read while there is no block.
func (s *Site) status(r *http.Request) (*page, wire.Status, error) {
	p, status, err := s.atOneBlock(func(r *http.Request) (*page, error) {
		var d wellbeing
		var err error
		if d.Needs, err = s.cfg.Books.Attention(r.Context(), mostNeedy); err != nil {
			return nil, err
		}
		tip, err := s.cfg.Books.Tip(r.Context())
		if err != nil {
			return nil, err
		}
		net := s.cfg.Books.Params()
		if start := net.Forks.Pools.Height(); start > tip.Height {
			m, err := s.cfg.Books.Moment(r.Context(), start)
			if err != nil {
				return nil, err
			}
			d.Begins = &m
		}
		return ok("status.html", "Status", "/status", &d), nil
	})(r)
	if errors.Is(err, books.ErrEmpty) && status.Network != "" {
		p, err = ok("status.html", "Status", "/status", &wellbeing{Empty: true}), nil
		p.Unsettled = true
		status.Tip = wire.Tip{Height: pastel.Height(-1)}
	}
	if err != nil {
		return nil, status, err
	}
	d := p.Data.(*wellbeing)
	d.State = status
	d.Refused = status.Alerts != nil && refused(status.Alerts)
	return p, status, nil
}
