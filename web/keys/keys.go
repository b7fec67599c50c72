// Package keys is what the dashboard's program for PastelID keys does in a browser: it makes and opens key files and signs with them.
// web/keys/program gives it to JavaScript. It signs statements that it can explain, and no other text.
package keys

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// LeastPassphrase is the length of a new passphrase, in bytes, as the command line has it.
const LeastPassphrase = 8

// A Refusal says in a sentence or two, for people, why something was not done and what to do.
type Refusal struct{ Text string }

func (r *Refusal) Error() string { return r.Text }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// Box holds one open key at most. It is not safe for concurrent use.
type Box struct{ key *pastelid.PrivateKey }

// Make makes a PastelID, opens its key and returns both the PastelID and the content of its key file.
func (b *Box) Make(passphrase []byte) (id string, file []byte, err error) {
	if len(passphrase) < LeastPassphrase {
		return "", nil, refuse("The passphrase is shorter than %d characters. Choose a longer one.", LeastPassphrase)
	}
	key, err := pastelid.Generate()
	if err != nil {
		return "", nil, err
	}
	if file, err = pastelid.SealKeyFile(key, passphrase); err != nil {
		return "", nil, err
	}
	b.key = key
	return key.ID().String(), file, nil
}

// Open opens the key of a key file's content, in place of any other, and returns its PastelID.
func (b *Box) Open(file, passphrase []byte) (id string, err error) {
	key, err := pastelid.OpenKeyFile(file, passphrase)
	switch {
	case errors.Is(err, pastelid.ErrEmptyPassphrase):
		return "", refuse("Type the passphrase of the key file.")
	case errors.Is(err, pastelid.ErrPassphrase):
		return "", refuse("This passphrase does not open the key file. Type it again, or choose another file.")
	case err != nil:
		return "", refuse("This is not a PastelID's key file, or it is damaged. Choose a file that this page or “smartpool id new” made.")
	}
	b.key = key
	return key.ID().String(), nil
}

// Sign returns the open key's signature of a text that Read explains and that names its PastelID, in base64.
func (b *Box) Sign(text string) (signature string, err error) {
	s, err := Read(text)
	switch {
	case err != nil:
		return "", err
	case b.key == nil:
		return "", refuse("No key is open. Open the key file of %s first.", pastel.Short(s.PastelID))
	case b.key.ID().String() != s.PastelID:
		return "", refuse("The open key is that of PastelID %s, but the text names %s. Open that one's key file.",
			pastel.Short(b.key.ID().String()), pastel.Short(s.PastelID))
	}
	return b.key.SignBase64([]byte(text)), nil
}

// Statement is what a text that can be signed says.
type Statement struct {
	PastelID string
	Facts    []Fact // in the order of reading
	Made     int64  // the time that it names, in seconds since 1970
	Pledge   bool   // or a registration; a pledge's statement holds for a day
}

// Fact is one thing that a statement says.
type Fact struct{ Name, Value string }

// Read explains a pledge statement, or the text of a registration. It refuses every other text.
func Read(text string) (*Statement, error) {
	x, net, err := ticket.ReadPledge(text)
	if err == nil {
		return &Statement{PastelID: x.PastelID, Made: seconds(x.TimeStamp), Pledge: true, Facts: []Fact{
			{"Pool", string(x.SmartPoolID)},
			{"Network", net.Name},
			{"PastelID", x.PastelID},
			{"Coins pledged", strconv.FormatInt(x.PledgedCoins, 10) + " PSL"},
			{"Output that holds them", x.TxID + ":" + strconv.FormatInt(x.Vout, 10)},
			{"Rewards go to", x.RewardAddress},
		}}, nil
	}
	r, nets, other := ticket.ReadRegistration(text)
	if other != nil {
		return nil, refuse("This text is neither a pledge statement nor a registration, so this program does not sign it: %v.", err)
	}
	return &Statement{PastelID: r.PastelID, Made: r.Timestamp, Facts: []Fact{
		{"PastelID to register", r.PastelID},
		{"Address", r.Address},
		{"Network", networks(nets)},
	}}, nil
}

// seconds returns a time stamp that ReadPledge has read.
func seconds(timeStamp string) int64 {
	unix, err := ticket.ParseTimeStamp(timeStamp)
	if err != nil {
		return 0
	}
	return unix
}

func networks(nets []string) string {
	text := nets[0]
	for _, n := range nets[1:] {
		text += " or " + n
	}
	return text
}
