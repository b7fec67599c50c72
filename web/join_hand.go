package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Fields of the forms that hand in what was signed.
const (
	pledgeField       = "pledge_signature"
	addressField      = "address_signature"
	ticketField       = "ticket" // a signed ticket's JSON: a file, or text
	registrationField = "registration_signature"
)

// Bounds of a form: of its body, and of a field other than the ticket, in bytes.
const (
	maxForm  = 512 << 10
	maxField = 2 << 10
)

// hand is what was handed in, and what is to be said about it.
type hand struct {
	PledgeSignature, AddressSignature string // as they were pasted

	Given  []byte // the JSON of the ticket that was handed in whole; nil if none was
	Checks []checked
	Check  *wire.Check // what the next block would make of the ticket; nil if a signature is wrong
	Signed string      // the signed ticket's JSON; empty unless all is well
	Failed string      // why nothing was posted

	RegistrationSignature string
}

// checked is a check, in words.
type checked struct {
	OK           bool
	What, Detail string
}

// sound reports whether no check failed.
func (h *hand) sound() bool {
	for _, c := range h.Checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// Good lists what needs no words.
func (h *hand) Good() string {
	var list []string
	for _, c := range h.Checks {
		if c.OK && c.Detail == "" {
			list = append(list, c.What)
		}
	}
	return strings.Join(list, ", ")
}

// sentence makes an error a sentence.
func sentence(text string) string { return strings.TrimRight(capital(text), ".") + "." }

// capital makes the first letter of a text a capital.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:]
}

// form reads the fields of a form, each once at most, and the ticket of a file.
func form(w http.ResponseWriter, r *http.Request, has query) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm() // first: ParseMultipartForm hides what is wrong with another kind of form
	if err == nil {
		err = r.ParseMultipartForm(maxForm) //nolint:gosec // the body has its bound; the form stays in memory
	}
	if errors.Is(err, http.ErrNotMultipart) {
		err = nil
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &books.BadRequest{Text: "What you sent is larger than 512 KiB, but a ticket has at most 128 KiB. Go back and choose the file with the ticket."}
	case err != nil:
		return nil, &books.BadRequest{Text: "What you sent cannot be read as a form. Go back and send it again."}
	}
	q := url.Values{}
	for name, values := range r.PostForm {
		if _, found := has[name]; !found || len(values) > 1 {
			return nil, &books.BadRequest{Text: fmt.Sprintf("This form has no field %.40q, or has it once only. Go back and send it again.", name)}
		}
		if most := map[bool]int{true: ticket.MaxJSON, false: maxField}[name == ticketField]; len(values[0]) > most {
			return nil, &books.BadRequest{Text: fmt.Sprintf("The field %.40q is longer than %d bytes. Go back, and paste only what belongs there.", name, most)}
		}
		q.Set(name, values[0])
	}
	if r.MultipartForm == nil {
		return q, nil
	}
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // there are none: all of it is in memory
	for name, files := range r.MultipartForm.File {
		if name != ticketField || len(files) > 1 {
			return nil, &books.BadRequest{Text: "This form takes one file, the signed ticket. Go back and send it again."}
		}
		f, err := files[0].Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		if len(text) > 0 {
			q.Set(ticketField, string(text))
		}
	}
	return q, nil
}

// signedTicket reads the ticket of a form: that of a file, or that of the wish with the pasted signatures.
func (s *Site) signedTicket(ctx context.Context, q url.Values) (w wish, h hand, err error) {
	w = wishOf(q)
	h.PledgeSignature, h.AddressSignature = pasted.ID(q.Get(pledgeField)), pasted.ID(q.Get(addressField))
	text := q.Get(ticketField)
	if text == "" {
		h.exchange()
		return w, h, nil
	}
	t, err := ticket.Decode([]byte(strings.TrimSpace(string(pasted.File([]byte(text))))))
	switch {
	case err != nil:
		h.Failed = sentence("the file is no ticket that this page can read: " + err.Error() + "; choose the file that smartpool ticket sign wrote")
		return w, h, nil
	case t.Part == nil:
		h.Failed = "The file has another kind of ticket. This page takes pledges and amendments."
		return w, h, nil
	}
	if h.Given, err = t.Encode(); err != nil {
		return w, h, err
	}
	x := t.Part
	// The file was chosen just now; what stands in the fields may be what was wrong before.
	h.PledgeSignature, h.AddressSignature = cmp.Or(x.PledgeSignature, h.PledgeSignature), cmp.Or(x.AddressSignature, h.AddressSignature)
	h.exchange()
	w = wish{
		Pool: string(x.SmartPoolID), PastelID: x.PastelID, Coins: strconv.FormatInt(x.PledgedCoins, 10), Output: x.TxID + ":" + strconv.FormatInt(x.Vout, 10),
		Reward: x.RewardAddress, Time: x.TimeStamp,
	}
	coin, err := s.cfg.Books.Coin(ctx, w.Output)
	var bad *books.BadRequest
	switch {
	case err == nil:
		w.Address = coin.Address
	case errors.Is(err, books.ErrNotFound) || errors.As(err, &bad):
		h.Failed = "The output that the ticket names is spent, or no output that can back a pledge: choose another one, and sign again."
	default:
		return w, h, err
	}
	return w, h, nil
}

// Lengths of signatures in base64.
const (
	pledgeLength  = 152
	addressLength = 88
)

// exchange puts the signatures where they belong if each stands in the field of the other: their lengths tell.
func (h *hand) exchange() {
	if (len(h.PledgeSignature) == addressLength || h.PledgeSignature == "") && (len(h.AddressSignature) == pledgeLength || h.AddressSignature == "") {
		h.PledgeSignature, h.AddressSignature = h.AddressSignature, h.PledgeSignature
	}
}

// hear reads what was handed in, and checks it.
func (s *Site) hear(w http.ResponseWriter, r *http.Request, has query) (d *joining, q url.Values, status wire.Status, err error) {
	if q, err = form(w, r, has); err != nil {
		status, _ = s.cfg.Status(r) // the page of the error says what it can
		return nil, q, status, err
	}
	what, h, err := s.signedTicket(r.Context(), q)
	if err == nil {
		d, status, err = s.considered(r, what)
	}
	if err != nil {
		return nil, q, status, err
	}
	if d.hand = h; h.Failed == "" {
		if err = s.preflight(r.Context(), d); err == nil && d.Part != nil {
			err = s.verify(r.Context(), d)
		}
	}
	return d, q, status, err
}

// check says whether what was signed would be accepted, and what happens next. Nothing is posted or stored.
func (s *Site) check() http.Handler {
	has := wishes.and(pledgeField, addressField, ticketField)
	return s.posted(func(w http.ResponseWriter, r *http.Request) (*page, wire.Status, error) {
		d, _, status, err := s.hear(w, r, has)
		if err != nil {
			return nil, status, err
		}
		return s.joinPage(d), status, nil
	})
}

// posted serves the answer to a form.
func (s *Site) posted(f func(w http.ResponseWriter, r *http.Request) (*page, wire.Status, error)) http.Handler {
	return s.only(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.render(func(r *http.Request) (*page, wire.Status, error) { return f(w, r) }).ServeHTTP(w, r)
	}))
}

// subjects are the checks of a ticket in words.
var subjects = map[string]string{
	"smart_pool_id": "the pool's id", "pastel_id": "the PastelID", "pledged_coins": "the coins", "txid": "the output", "reward_address": "the reward address",
	"time_stamp": "the time", pledgeField: "the PastelID's signature", addressField: "the address's signature",
}

// verify checks the signatures, and asks the rules if they are good.
func (s *Site) verify(ctx context.Context, d *joining) error {
	net := s.cfg.Books.Params()
	x := *d.Part
	x.PledgeSignature, x.AddressSignature = d.PledgeSignature, d.AddressSignature
	for _, c := range ticket.Checks(x.Ticket(), &net.Network, net.Limits()) {
		switch {
		case c.Name == addressField && c.Answer == ticket.AnswerNeedsChain:
			d.Checks = append(d.Checks, d.signer(&x, &net.Network))
		case c.Answer == ticket.AnswerNeedsChain:
		case c.Answer == ticket.AnswerOK:
			d.Checks = append(d.Checks, checked{OK: true, What: subjects[c.Name]})
		default:
			d.Checks = append(d.Checks, checked{What: capital(subjects[c.Name]), Detail: d.mend(c.Name, c.Detail)})
		}
	}
	if !d.sound() {
		return nil
	}
	text, err := x.Ticket().Encode()
	if err != nil {
		return err
	}
	c, err := s.cfg.Books.CheckTicket(ctx, text, s.cfg.Simulator)
	if err != nil {
		return err
	}
	d.Checks = append(d.Checks, checked{c.Accepted, "The next block", sentence(c.Text)})
	if d.Check = &c; c.Accepted {
		d.Signed = string(text)
	}
	return nil
}

// signer checks who made the address's signature.
func (d *joining) signer(x *ticket.Part, net *pastel.Network) checked {
	by, err := x.AddressSigner(d.Statement)
	made := pastel.Address{Kind: pastel.AddressP2PKH, Hash: by}.Encode(net)
	if err == nil && made == d.Address {
		return checked{OK: true, What: subjects[addressField]}
	}
	return checked{What: capital(subjects[addressField]), Detail: fmt.Sprintf(
		"It is by another address, %s, or of another line. Sign the line below once more, exactly as it is, with %s, and paste that signature.", made, d.Address)}
}

// mend says what to do about a failed check.
func (d *joining) mend(name, detail string) string {
	detail = sentence(detail)
	switch name {
	case pledgeField:
		return detail + " Sign the line below once more, exactly as it is, with PastelID " + d.PastelID + ", and paste that signature."
	case addressField:
		return detail + " Sign the line below once more, exactly as it is, with address " + d.Address + " in its wallet, and paste that signature."
	}
	return detail
}

// crossSite reports whether a page of another host or port sent the form, as far as the browser says: what it posts costs money.
func crossSite(r *http.Request) bool {
	from := r.Header.Get("Sec-Fetch-Site")
	return from == "cross-site" || from == "same-site"
}

var errCrossSite = &books.BadRequest{Text: "Another site sent this form. Open this site yourself, and hand in the ticket here."}

// post posts what was checked.
func (s *Site) post() http.Handler {
	return s.posted(func(w http.ResponseWriter, r *http.Request) (*page, wire.Status, error) {
		if crossSite(r) {
			status, err := s.cfg.Status(r)
			return nil, status, errors.Join(err, errCrossSite)
		}
		d, _, status, err := s.hear(w, r, query{ticketField: nil})
		if err != nil {
			return nil, status, err
		}
		switch {
		case d.Given == nil:
		case s.cfg.Poster == nil || d.Posting == nil:
			d.Failed = "This daemon posts no tickets of this pool."
		default: // also what the next block would reject: it may be in a block because it was posted, and the answer got lost
			x, err := s.cfg.Poster.PostTicket(r.Context(), d.Given)
			if err == nil {
				return &page{to: d.followed(x)}, status, nil
			}
			d.Failed = sentence(err.Error())
		}
		return s.joinPage(d), status, nil
	})
}

// register posts the registration of a PastelID.
func (s *Site) register() http.Handler {
	has := wishes.and(byRegister, registrationField)
	return s.posted(func(w http.ResponseWriter, r *http.Request) (*page, wire.Status, error) {
		q, err := form(w, r, has)
		if err == nil && crossSite(r) {
			err = errCrossSite
		}
		if err != nil {
			status, _ := s.cfg.Status(r)
			return nil, status, err
		}
		d, status, err := s.considered(r, wishOf(q))
		if err != nil {
			return nil, status, err
		}
		d.registration(q.Get(byRegister))
		d.RegistrationSignature = pasted.ID(q.Get(registrationField))
		switch {
		case d.Registered():
			return &page{to: d.At("/join")}, status, nil
		case d.Register == nil || s.cfg.Poster == nil:
			d.Failed = "This daemon registers no PastelIDs."
		case d.Register.Link != "":
			d.Failed = "The text to sign was made too long ago: sign the new one."
		default:
			d.Register.Signature = d.RegistrationSignature
			x, err := s.cfg.Poster.PostRegistration(r.Context(), d.Register.Registration)
			if err == nil {
				return &page{to: d.followed(x) + "&" + byRegister + "=1"}, status, nil
			}
			d.Failed = sentence(err.Error())
		}
		return s.joinPage(d), status, nil
	})
}

// followed returns the page that says what becomes of something posted.
func (d *joining) followed(x wire.Posted) string {
	q := d.fields()
	q.Set("txid", x.TxID)
	q.Set("expires", strconv.FormatInt(int64(x.Expires), 10))
	return "/join/posted?" + q.Encode()
}
