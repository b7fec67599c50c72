package ticket

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// Launch lets a machine run a pool's Supernode (protocol 7). It travels in the Supernode's announcement, not in a ticket.
type Launch struct {
	Activation pastel.TxID // the activation ticket of the pool
	Key        string      // the machine's public key, compressed, 66 lowercase hex digits
	Time       string      // YYYY-MM-DDTHH:MM:SSZ; the later of two launches counts
	Signature  string      // base64, by the Supernode's PastelID
}

// Statement is what the Supernode's PastelID signs. net is the network's name.
func (l *Launch) Statement(net string) string {
	return fmt.Sprintf("smartpool/1 launch net=%s activation=%s key=%s time=%s", net, l.Activation, l.Key, l.Time)
}

// extra is how a launch travels in an announcement's extra configuration, beside what else is there.
type extra struct {
	Signature string `json:"signature"`
	Time      string `json:"time"`
}

// extraName is its name there.
const extraName = "smartpool"

// AddTo returns an announcement's extra configuration (pasteld: extCfg, a JSON object) with the launch in it, in place of an earlier one. An
// empty configuration has nothing else. The error says that the configuration is no JSON object.
func (l *Launch) AddTo(config json.RawMessage) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if len(config) > 0 {
		if err := json.Unmarshal(config, &all); err != nil || all == nil {
			return nil, errors.New("the extra configuration is no JSON object")
		}
	}
	var err error
	if all[extraName], err = json.Marshal(extra{l.Signature, l.Time}); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// ReadExtra takes time and signature from an announcement's extra configuration; false if it holds no launch.
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

// Replaces reports whether of two launches of a Supernode this one counts: the later, or the same machine's again.
func (l *Launch) Replaces(present *Launch) bool {
	return l.Time > present.Time || l.Time == present.Time && l.Key == present.Key
}

// What is wrong with a launch.
var (
	ErrLaunchKey       = errors.New("the machine's key is not 66 lowercase hex digits of a compressed public key")
	ErrLaunchTime      = errors.New("the time is not a UTC time such as 2026-01-31T23:59:59Z")
	ErrLaunchSignature = errors.New("the Supernode's PastelID did not sign this launch")
)

// Verify returns nil if the Supernode's PastelID signed the launch, else one of the errors above.
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

// compressedKey tells whether a text has the form of a compressed public key; whether its point is on the curve is the affair of who
// holds the private key.
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
