package daemon_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pool"
)

// audience is a subscription and who hears of it.
type audience struct {
	*hook
	id   string
	rows []alertRow // every message that a rest found in the database, which forgets old ones
}

// alertRow is a message in a daemon's database.
type alertRow struct {
	id, kind, state string
	cause           string // also of the message that ends or withdraws another
	follows         bool   // it ends or withdraws another
	stands          bool
}

// alertRows returns the messages to a subscription.
func alertRows(db *sql.DB, subscription string) (list []alertRow, err error) {
	rows, err := db.Query("SELECT id, kind, state, thread, cause, standing FROM alerts WHERE subscription = $1 ORDER BY seq", subscription)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r alertRow
		var standing int
		var own string
		if err := rows.Scan(&r.id, &r.kind, &r.state, &r.cause, &own, &standing); err != nil {
			return nil, err
		}
		r.follows, r.stands = strings.HasPrefix(own, "about "), standing != 0
		list = append(list, r)
	}
	return list, rows.Err()
}

// remember adds what a rest finds in the database.
func (to *audience) remember(db *sql.DB) error {
	now, err := alertRows(db, to.id)
	if err != nil {
		return err
	}
	for _, r := range now {
		if i := slices.IndexFunc(to.rows, func(known alertRow) bool { return known.id == r.id }); i >= 0 {
			to.rows[i] = r
		} else {
			to.rows = append(to.rows, r)
		}
	}
	return nil
}

// heard is what a receiver was told about a message.
type heard struct {
	message notify.Message
	after   *notify.Message // how it ended; nil if that was not told
}

// heard returns what arrived, by the message's id, and what arrived with different words under one id.
func (h *hook) heard() (told map[string]*heard, wrong []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	told = map[string]*heard{}
	for _, m := range h.got {
		switch before := told[m.ID]; {
		case before == nil:
			told[m.ID] = &heard{message: m}
		case before.message.Text != m.Text:
			wrong = append(wrong, fmt.Sprintf("%s came as %q, and then as %q", m.ID, before.message.Text, m.Text))
		}
	}
	for _, one := range told {
		if of := told[one.message.About]; of != nil {
			of.after = &one.message
		}
	}
	return told, wrong
}

func isEvent(kind string) bool {
	return slices.Contains(pool.EventTypesWhere(func(row pool.EventRow) bool { return row.Alerted }), pool.EventType(kind))
}

// toldWrong says what is wrong with what an audience was told, given the messages to an undisturbed daemon's.
func toldWrong(to *audience, calm []alertRow) (wrong []string) {
	told, wrong := to.heard()
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	rows := map[string][]*alertRow{} // by cause
	known := map[string]bool{}
	stands := map[string]bool{}
	for i := range to.rows {
		r := &to.rows[i]
		known[r.id] = true
		if r.follows {
			continue
		}
		rows[r.cause] = append(rows[r.cause], r)
		if r.stands {
			stands[r.cause] = true
			if told[r.id] == nil {
				say("%s stands and was not told", r.cause)
			}
		}
	}
	happened := map[string]bool{}
	for _, r := range calm {
		switch {
		case r.follows:
		case r.stands:
			if !stands[r.cause] {
				say("%s stands and is not known", r.cause)
			}
			delete(stands, r.cause)
		case isEvent(r.kind):
			happened[r.cause] = true
			list := rows[r.cause]
			if len(list) == 0 {
				say("%s is not known", r.cause)
				continue
			}
			if list[0].id != r.id {
				say("%s has the id %s, but of an undisturbed daemon %s", r.cause, list[0].id, r.id)
			}
			switch last := told[list[len(list)-1].id]; {
			case last == nil:
				say("%s was not told", r.cause)
			case last.after != nil:
				say("%s was withdrawn although it happened: %s", r.cause, last.after.Text)
			}
		}
	}
	for cause := range stands {
		say("%s is said to stand and does not", cause)
	}
	for cause, list := range rows {
		var ids []*heard
		for _, r := range list {
			if one := told[r.id]; one != nil {
				ids = append(ids, one)
			}
		}
		for i, one := range ids {
			undone := isEvent(list[0].kind) && !happened[cause]
			switch {
			case undone && (one.after == nil || !one.after.Withdrawn):
				say("%s was undone and not withdrawn: %s", cause, one.message.Text)
			case i < len(ids)-1 && one.after == nil:
				say("%s was told under %d ids, of which %s did not end", cause, len(ids), one.message.ID)
			}
		}
	}
	for id, one := range told {
		if !known[id] {
			say("%s is in no database: %s", id, one.message.Text)
		}
	}
	slices.Sort(wrong)
	return wrong
}
