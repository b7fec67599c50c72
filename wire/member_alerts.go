package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// MemberAlerts is what a daemon offers to members: subscriptions that a PastelID's signature makes, without the daemon's token.
type MemberAlerts struct {
	URL  string `json:"url" doc:"The daemon's URL as members sign it."`
	Each int    `json:"each" doc:"Most subscriptions of a PastelID."`
}

// Proof is what each request of a member is signed with.
type Proof struct {
	Time      int64  `json:"time" minimum:"1" maximum:"9007199254740991" doc:"When it was signed, milliseconds since 1970: at most 10 minutes from the daemon's clock, and later than the PastelID's request before."`
	Signature string `json:"signature" minLength:"1" maxLength:"200" doc:"The PastelID's signature of the request's statement, base64."`
}

// At returns the time of the proof.
func (p *Proof) At() time.Time { return time.UnixMilli(p.Time).UTC() }

// MemberSubscribe asks for a subscription to a PastelID's pledges and pools, in place of one to the same receiver.
type MemberSubscribe struct {
	URL     string   `json:"url" maxLength:"512" doc:"An https:// webhook on the public internet, or the shoutrrr URL of discord, pushover, slack or telegram."`
	Kinds   []string `json:"kinds,omitempty" maxItems:"20" doc:"Kinds of alerts, as POST /alerts takes them; none means all."`
	Cushion int64    `json:"cushion,omitempty" minimum:"0" maximum:"100" doc:"As in POST /alerts."`
	Overdue int64    `json:"overdue,omitempty" minimum:"0" maximum:"5760" doc:"As in POST /alerts."`
	Proof
}

// MemberList asks for the subscriptions that a PastelID signed for.
type MemberList struct{ Proof }

// MemberUnsubscribe ends a subscription that a PastelID signed for.
type MemberUnsubscribe struct {
	ID string `json:"id" maxLength:"64" pattern:"^[0-9A-Za-z]+$" doc:"Of the subscription."`
	Proof
}

// StopAlerts ends a subscription for whoever gets its messages.
type StopAlerts struct {
	Stop string `json:"stop" minLength:"1" maxLength:"100" pattern:"^[0-9A-Z]+$" doc:"What follows /stop/ in the address that each message has."`
}

// Statement returns the line that the PastelID signs. It names the receiver by its URL's SHA-256, so that whoever sees the text learns no
// secret of it, and every other field, the network and the daemon: no other request and no other daemon can use the signature.
func (x *MemberSubscribe) Statement(network, daemon, pastelID string) string {
	receiver := sha256.Sum256([]byte(x.URL))
	kinds := "all"
	if len(x.Kinds) > 0 {
		kinds = strings.Join(x.Kinds, ",")
	}
	return x.statement("add", network, daemon, pastelID,
		fmt.Sprintf(" receiver %s kinds %s cushion %d overdue %d", hex.EncodeToString(receiver[:]), kinds, x.Cushion, x.Overdue))
}

// Statement returns the text that the PastelID signs.
func (x *MemberList) Statement(network, daemon, pastelID string) string {
	return x.statement("list", network, daemon, pastelID, "")
}

// Statement returns the text that the PastelID signs.
func (x *MemberUnsubscribe) Statement(network, daemon, pastelID string) string {
	return x.statement("remove", network, daemon, pastelID, " subscription "+x.ID)
}

// statement is no ticket's statement: these begin otherwise, and a signature of one is none of the other.
func (p *Proof) statement(what, network, daemon, pastelID, fields string) string {
	return fmt.Sprintf("smartpool alerts %s network %s daemon %s pastelid %s%s time %d", what, network, daemon, pastelID, fields, p.Time)
}
