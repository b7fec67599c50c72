package ticket

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// Launch authorizes a machine to run a pool's Supernode (protocol 7). It travels in the Supernode's announcement, not in a ticket.
type Launch struct {
	Activation pastel.TxID // of the pool's activation ticket
	Key        string      // the machine's public key, compressed, 66 lowercase hex digits
	Time       string      // YYYY-MM-DDTHH:MM:SSZ; the later of two launches counts
	Signature  string      // base64, by the Supernode's PastelID
}

// Statement returns what the Supernode's PastelID signs; net is the network's name.
func (l *Launch) Statement(net string) string {
	return fmt.Sprintf("smartpool/1 launch net=%s activation=%s key=%s time=%s", net, l.Activation, l.Key, l.Time)
}

// extra is a launch's value in an announcement's extra configuration, which may hold other values.
type extra struct {
	Signature string `json:"signature"`
	Time      string `json:"time"`
}

// extraName is the name of that value.
const extraName = "smartpool"

// AddTo returns an announcement's extra configuration (pasteld: extCfg, a JSON object) with the launch added or replaced. An empty
// configuration counts as an empty object. The error says that the configuration is not a JSON object.
func (l *Launch) AddTo(config json.RawMessage) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if len(config) > 0 {
		if err := json.Unmarshal(config, &all); err != nil || all == nil {
			return nil, errors.New("the extra configuration is not a JSON object")
		}
	}
	var err error
	if all[extraName], err = json.Marshal(extra{l.Signature, l.Time}); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// ReadExtra sets time and signature from an announcement's extra configuration. It reports false if that holds no launch.
func (l *Launch) ReadExtra(config []byte) bool {
	var all, own map[string]json.RawMessage
	if json.Unmarshal(config, &all) != nil || json.Unmarshal(all[extraName], &own) != nil || len(own) != 2 {
		return false
	}
	var signature, at *string
	if json.Unmarshal(own["signature"], &signature) != nil || json.Unmarshal(own["time"], &at) != nil || signature == nil || at == nil {
		return false
	}
	l.Signature, l.Time = *signature, *at
	return true
}

// Replaces reports whether this launch of a Supernode replaces the present one: it is later, or the same machine's at the same time.
func (l *Launch) Replaces(present *Launch) bool {
	return l.Time > present.Time || l.Time == present.Time && l.Key == present.Key
}

// The errors of Verify.
var (
	ErrLaunchKey       = errors.New("the machine's key is not a compressed public key in 66 lowercase hex digits")
	ErrLaunchTime      = errors.New("the time is not a UTC time such as 2026-01-31T23:59:59Z")
	ErrLaunchSignature = errors.New("the Supernode's PastelID did not sign this launch")
)

// Verify returns nil if the Supernode's PastelID signed the launch for network net, else ErrLaunchKey, ErrLaunchTime or
// ErrLaunchSignature.
func (l *Launch) Verify(net string, supernode pastelid.PastelID) error {
	if !compressedKey(l.Key) {
		return ErrLaunchKey
	}
	if _, err := ParseTimeStamp(l.Time); err != nil {
		return ErrLaunchTime
	}
	if !signed(supernode, l.Statement, net, l.Signature) {
		return ErrLaunchSignature
	}
	return nil
}

// compressedKey reports whether a text has the form of a compressed public key. It does not check that the point is on the curve:
// nobody holds a private key for one that is not.
func compressedKey(s string) bool {
	if len(s) != 66 || s[0] != '0' || s[1] != '2' && s[1] != '3' {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
