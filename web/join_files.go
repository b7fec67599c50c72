package web

import (
	"fmt"
	"net/http"
	"strings"

	// QR codes without dependencies of its own; others have none of their own either, but were last released in 2018 and 2020.
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pasted"
)

// file serves something made of the unsigned ticket of a wish: as a file, unless it has no name.
func (s *Site) file(has query, kind, ending string, content func(d *joining, r *http.Request) ([]byte, error)) http.Handler {
	return s.only(has, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail := func(err error) {
			s.serve(func(*http.Request) (*page, error) { return nil, err }).ServeHTTP(w, r)
		}
		d, _, err := s.considered(r, wishOf(r.URL.Query()))
		if err == nil && d.Part == nil {
			err = &books.BadRequest{Text: "There is nothing to sign under this address: go back to the page on which you chose the output."}
		}
		if err != nil {
			fail(err)
			return
		}
		body, err := content(d, r)
		if err != nil {
			fail(err)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-store")
		if ending != "" {
			w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="pledge-%s%s"`, d.Label(), ending))
		}
		w.Write(body) //nolint:errcheck // the client is gone
	}))
}

// statementFile is the line to sign.
func statementFile(d *joining, _ *http.Request) ([]byte, error) {
	return []byte(d.Statement + "\n"), nil
}

// ticketFile is the ticket, with the signatures that are given.
func ticketFile(d *joining, r *http.Request) ([]byte, error) {
	q := r.URL.Query()
	d.Part.PledgeSignature, d.Part.AddressSignature = pasted.ID(q.Get(pledgeField)), pasted.ID(q.Get(addressField))
	text, err := d.Part.Ticket().Encode()
	return append(text, '\n'), err
}

// qrCode is the line to sign as a picture.
func qrCode(d *joining, _ *http.Request) ([]byte, error) {
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
