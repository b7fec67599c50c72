package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// answer is what a check found.
type answer string

const (
	good    answer = "ok"
	wrong   answer = "wrong"
	unknown answer = "needs the chain"
)

// check is one thing that the rules look at in a ticket.
type check struct {
	name   string
	answer answer
	reason ticket.Reason // if wrong
	detail string
}

func verdict(name string, reason ticket.Reason, err error) check {
	if err != nil {
		return check{name, wrong, reason, err.Error()}
	}
	return check{name: name, answer: good}
}

func needsChain(name, detail string) check { return check{name, unknown, "", detail} }

// firstFailure is the error for the first check that is wrong, missing signatures aside.
func firstFailure(checks []check) error {
	for _, c := range checks {
		if c.answer == wrong && c.reason != ticket.ReasonBadSignature {
			if c.detail == ticket.Explain(c.reason) { // once is enough
				return fmt.Errorf("%s: %w", c.name, refuse(c.reason))
			}
			return fmt.Errorf("%s: %s; %w", c.name, c.detail, refuse(c.reason))
		}
	}
	return nil
}

func checkTicket(t *ticket.Ticket, net *pool.Params) []check {
	switch {
	case t.Init != nil:
		return checkInit(t.Init, net)
	case t.Part != nil:
		return checkPart(t.Part, net)
	default:
		return checkActivate(t.Activate, net)
	}
}

func checkInit(x *ticket.Init, net *pool.Params) []check {
	_, reason := x.Terms(net.Limits())
	var terms error
	if reason != "" {
		terms = fmt.Errorf("%s", ticket.Explain(reason))
	}
	supernode, badSupernode := usableID(x.SupernodePastelID)
	operator, badOperator := usableID(x.OperatorPastelID)
	addr, badAddress := pastel.ParseAddress(&net.Network, x.OperatorFeeAddress)
	if badAddress == nil && addr == ticket.EscrowAddress(x.SmartPoolID) {
		badAddress = fmt.Errorf("it is the pool's own escrow")
	}
	var company error
	if !ticket.CompanyOK(x.Company) {
		company = fmt.Errorf("the name has %d bytes, want 1 to 128", len(x.Company))
	}
	return []check{
		verdict("terms and id", reason, terms),
		verdict("supernode_pastel_id", ticket.ReasonBadPastelID, badSupernode),
		verdict("operator pastel_id", ticket.ReasonBadPastelID, badOperator),
		verdict("operator_fee_address", ticket.ReasonBadAddress, badAddress),
		verdict("company", ticket.ReasonMalformed, company),
		signature("agreement_signature", x.AgreementSignature, badOperator == nil && x.VerifyAgreement(net.Name, operator)),
		signature("smart_pool_signature", x.SmartPoolSignature, badSupernode == nil && x.VerifySmartPool(net.Name, supernode)),
		needsChain("PastelIDs", "both must be registered, and the Supernode in no other live pool"),
	}
}

// usableID parses a PastelID that could be registered.
func usableID(s string) (pastelid.PastelID, error) {
	id, err := pastelid.Parse(s)
	if err == nil && !pastelid.ValidKey(id) {
		err = fmt.Errorf("it is well formed, but no Ed448 key: it can never be registered")
	}
	return id, err
}

func signature(name, sig string, ok bool) check {
	switch {
	case sig == "":
		return check{name, wrong, ticket.ReasonBadSignature, "it is missing"}
	case !ok:
		return check{name, wrong, ticket.ReasonBadSignature, "it is not by the key that the ticket names, or over another text"}
	default:
		return check{name: name, answer: good}
	}
}

func checkPart(x *ticket.Part, net *pool.Params) []check {
	_, badPool := ticket.ParsePoolID(string(x.SmartPoolID))
	member, badMember := usableID(x.PastelID)
	_, badTxID := pastel.ParseTxID(x.TxID)
	addr, badAddress := pastel.ParseAddress(&net.Network, x.RewardAddress)
	if badAddress == nil && addr == ticket.EscrowAddress(x.SmartPoolID) {
		badAddress = fmt.Errorf("it is the pool's own escrow")
	}
	_, badTime := ticket.ParseTimeStamp(x.TimeStamp)
	var small error
	if least := int64(net.MinPledge / pastel.PSL); x.PledgedCoins < least {
		small = fmt.Errorf("%d PSL are less than the least pledge, %d PSL", x.PledgedCoins, least)
	}
	statement := x.PledgeStatement(net.Name)
	address := signature("address_signature", x.AddressSignature, true)
	if x.AddressSignature != "" {
		if signer, err := x.AddressSigner(statement); err != nil {
			address = signature("address_signature", x.AddressSignature, false)
		} else {
			by := pastel.Address{Kind: pastel.AddressP2PKH, Hash: signer}.Encode(&net.Network)
			address = needsChain("address_signature", "made by "+by+", which must own the output")
		}
	}
	return []check{
		verdict("smart_pool_id", ticket.ReasonUnknownPool, badPool),
		verdict("pastel_id", ticket.ReasonBadPastelID, badMember),
		verdict("pledged_coins", ticket.ReasonPledgeTooSmall, small),
		verdict("txid", ticket.ReasonOutputNotFound, badTxID),
		verdict("reward_address", ticket.ReasonBadAddress, badAddress),
		verdict("time_stamp", ticket.ReasonBadTime, badTime),
		signature("pledge_signature", x.PledgeSignature,
			badMember == nil && pastelid.VerifyBase64(member, []byte(statement), x.PledgeSignature)),
		address,
		needsChain("pool", "it must take pledges of this size"),
		needsChain("output", "it must be unspent, mature and worth the pledge"),
		needsChain("PastelID", "it must be registered, with a reputation of at least 50"),
	}
}

func checkActivate(x *ticket.Activate, net *pool.Params) []check {
	_, badPool := ticket.ParsePoolID(string(x.SmartPoolID))
	var twice, bad error
	seen := map[ticket.Participant]bool{}
	for _, p := range x.Participants {
		if seen[p] {
			twice = fmt.Errorf("%s is listed twice", short(p.PastelID))
		}
		seen[p] = true
		if _, err := pastelid.Parse(p.PastelID); err != nil {
			bad = err
		}
		if _, err := pastel.ParseAddress(&net.Network, p.Address); err != nil {
			bad = err
		}
	}
	sig := needsChain("operator_signature", "it must be by the operator that the init ticket names")
	if _, ok := pastelid.DecodeSignature(x.OperatorSignature); !ok {
		sig = signature("operator_signature", x.OperatorSignature, false)
	}
	return []check{
		verdict("smart_pool_id", ticket.ReasonUnknownPool, badPool),
		verdict("participants are distinct", ticket.ReasonDuplicateParticipant, twice),
		verdict("participants are well formed", ticket.ReasonUnknownParticipant, bad),
		sig,
		needsChain("pool", "it must be subscribing, and its listed pledges reach the target"),
	}
}

type ticketVerifyCmd struct {
	networkFlags
	File string `arg:"" name:"file-or-hex" help:"Ticket's JSON or a raw transaction in hex: file, hex, or - for standard input."`
}

// Run prints every check and fails if one is wrong.
func (c *ticketVerifyCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	var kind string
	var checks []check
	l, err := e.load(c.File, &net.Network)
	var rejected *ticket.Rejection
	switch {
	case errors.As(err, &rejected):
		checks = []check{{"form", wrong, rejected.Reason, rejected.Detail}}
	case err != nil:
		return err
	default:
		kind = l.ticket.Kind.String()
		checks = append([]check{verdict("form", "", nil)}, checkTicket(l.ticket, &net)...)
	}
	if e.json {
		err = printChecksJSON(e.out, kind, checks)
	} else {
		err = printChecks(e.out, kind, checks)
	}
	if err != nil {
		return err
	}
	for _, ch := range checks {
		if ch.answer == wrong {
			return refuse(ch.reason)
		}
	}
	return nil
}

func printChecks(w io.Writer, kind string, checks []check) error {
	table := newTable([]any{kind, "", ""})
	for _, c := range checks {
		table.AppendRow([]any{c.name, c.answer, c.detail})
	}
	_, err := fmt.Fprintln(w, table.Render())
	return err
}

func printChecksJSON(w io.Writer, kind string, checks []check) error {
	type item struct {
		Check  string        `json:"check"`
		Answer answer        `json:"answer"`
		Reason ticket.Reason `json:"reason,omitempty"`
		Detail string        `json:"detail,omitempty"`
	}
	var list []item
	for _, c := range checks {
		list = append(list, item{c.name, c.answer, c.reason, c.detail})
	}
	return printJSON(w, map[string]any{"type": kind, "checks": list})
}
