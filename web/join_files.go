package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	// QR codes without dependencies of its own; others have none of their own either, but were last released in 2018 and 2020.
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/ticket"
)

// file serves something made of the unsigned ticket of a wish: as a file, unless it has no name.
func (s *Site) file(kind, ending string, content func(d *joining) ([]byte, error)) http.Handler {
	return s.only(wishes, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, _, err := s.considered(r, wishOf(r.URL.Query()))
		if err == nil && d.Part == nil {
			err = &books.BadRequest{Text: "There is nothing to sign under this address: go back to the page on which you chose the output."}
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		body, err := content(d)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		name := ""
		if ending != "" {
			name = "pledge-" + d.Label() + ending
		}
		deliver(w, kind, name, body)
	}))
}

// deliver sends what was made: as a file, unless it has no name.
func deliver(w http.ResponseWriter, kind, name string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	if name != "" {
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"`, name))
	}
	w.Write(body) //nolint:errcheck // the client is gone
}

// statementFile is the line to sign.
func statementFile(d *joining) ([]byte, error) {
	return []byte(d.Statement + "\n"), nil
}

// ticketFile is the unsigned ticket.
func ticketFile(d *joining) ([]byte, error) {
	text, err := d.Part.Ticket().Encode()
	return append(text, '\n'), err
}

// signedFile hands a signed ticket back as a file. It comes in a form, not in the page's address: whoever reads that in a log could post the ticket.
func (s *Site) signedFile() http.Handler {
	return s.only(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := form(w, r, query{ticketField: nil})
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		name, text, err := pledgeFile(q.Get(ticketField))
		if err != nil {
			s.refuse(w, r, &books.BadRequest{Text: "This is no pledge. Go back, and check the signatures again."})
			return
		}
		deliver(w, "application/json", name, text)
	}))
}

// pledgeFile returns the name and the content of a pledge's file.
func pledgeFile(text string) (name string, content []byte, err error) {
	t, err := ticket.Decode([]byte(text))
	if err != nil {
		return "", nil, err
	}
	if t.Part == nil {
		return "", nil, errors.New("another kind of ticket")
	}
	label, err := ticket.ParsePoolID(string(t.Part.SmartPoolID))
	if err != nil {
		return "", nil, err
	}
	content, err = t.Encode()
	return "pledge-" + label + ".json", append(content, '\n'), err
}

// qrCode is the line to sign as a picture.
func qrCode(d *joining) ([]byte, error) {
	code, err := qr.Encode(d.Statement, qr.L, qr.Unicode)
	if err != nil {
		return nil, err
	}
	return drawn(code), nil
}

// quiet is the width of the margin that readers need, in modules.
const quiet = 4

// drawn draws a code: a rectangle for each run of dark modules in a row.
func drawn(code barcode.Barcode) []byte {
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	all := size + 2*quiet
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<rect width="%d" height="%d" fill="#fff"/><path d="%s"/></svg>`, all, all, all, all, path.String())
}
