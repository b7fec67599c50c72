package ticket

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// Answer is what a check without the chain finds.
type Answer string

// The answers of a check.
const (
	AnswerOK         Answer = "ok"
	AnswerWrong      Answer = "wrong"
	AnswerNeedsChain Answer = "needs the chain" // only a node's next block can tell
)

// Check is one thing that the rules look at in a ticket.
type Check struct {
	Name   string `json:"check"` // a field of the ticket, or what the check is about
	Answer Answer `json:"answer"`
	Reason Reason `json:"reason,omitempty"` // why the rules would reject the ticket; empty unless the answer is wrong
	Detail string `json:"detail,omitempty"` // for people, and may quote the ticket
}

// Checks checks everything in a ticket that needs no chain, in a fixed order, and names what only the chain can tell. A wallet asks before it signs or
// posts a ticket; an explorer shows the answers.
func Checks(t *Ticket, net *pastel.Network, l Limits) []Check {
	switch {
	case t.Init != nil:
		return initChecks(t.Init, net, l)
	case t.Part != nil:
		return partChecks(t.Part, net, l)
	default:
		return activateChecks(t.Activate, net)
	}
}

// CheckUnsigned returns the first thing wrong with a ticket other than its signatures, nil if nothing is: call it before a ticket is signed.
func CheckUnsigned(t *Ticket, net *pastel.Network, l Limits) error {
	for _, c := range Checks(t, net, l) {
		switch {
		case c.Answer != AnswerWrong || c.Reason == ReasonBadSignature:
		case c.Detail == Explain(c.Reason): // once is enough
			return fmt.Errorf("%s: %w", c.Name, Refusal(c.Reason))
		default:
			return fmt.Errorf("%s: %s; %w", c.Name, c.Detail, Refusal(c.Reason))
		}
	}
	return nil
}

// Refusal is the error of a ticket that the rules would reject.
func Refusal(r Reason) error {
	return fmt.Errorf("the ticket would be rejected as %s: %s", r, Explain(r))
}

func verdict(name string, reason Reason, err error) Check {
	if err != nil {
		return Check{name, AnswerWrong, reason, err.Error()}
	}
	return Check{Name: name, Answer: AnswerOK}
}

func needsChain(name, detail string) Check { return Check{name, AnswerNeedsChain, "", detail} }

func initChecks(x *Init, net *pastel.Network, l Limits) []Check {
	_, reason := x.Terms(l)
	var terms error
	if reason != "" {
		terms = errors.New(Explain(reason))
	}
	supernode, badSupernode := usableID(x.SupernodePastelID)
	operator, badOperator := usableID(x.OperatorPastelID)
	addr, badAddress := pastel.ParseAddress(net, x.OperatorFeeAddress)
	if badAddress == nil && addr == EscrowAddress(x.SmartPoolID) {
		badAddress = errors.New("it is the pool's own escrow")
	}
	var company error
	if !CompanyOK(x.Company) {
		company = fmt.Errorf("the name has %d bytes, want 1 to 128", len(x.Company))
	}
	return []Check{
		verdict("terms and id", reason, terms),
		verdict("supernode_pastel_id", ReasonBadPastelID, badSupernode),
		verdict("operator pastel_id", ReasonBadPastelID, badOperator),
		verdict("operator_fee_address", ReasonBadAddress, badAddress),
		verdict("company", ReasonMalformed, company),
		signature("agreement_signature", x.AgreementSignature, badOperator == nil && x.VerifyAgreement(net.Name, operator)),
		signature("smart_pool_signature", x.SmartPoolSignature, badSupernode == nil && x.VerifySmartPool(net.Name, supernode)),
		needsChain("PastelIDs", "both must be registered, and the Supernode in no other live pool"),
	}
}

// usableID parses a PastelID that could be registered.
func usableID(s string) (pastelid.PastelID, error) {
	id, err := pastelid.Parse(s)
	if err == nil && !pastelid.ValidKey(id) {
		err = errors.New("it is well formed, but no Ed448 key: it can never be registered")
	}
	return id, err
}

func signature(name, sig string, ok bool) Check {
	switch {
	case sig == "":
		return Check{name, AnswerWrong, ReasonBadSignature, "it is missing"}
	case !ok:
		return Check{name, AnswerWrong, ReasonBadSignature, "it is not by the key that the ticket names, or over another text"}
	default:
		return Check{Name: name, Answer: AnswerOK}
	}
}

func partChecks(x *Part, net *pastel.Network, l Limits) []Check {
	_, badPool := ParsePoolID(string(x.SmartPoolID))
	member, badMember := usableID(x.PastelID)
	_, badTxID := pastel.ParseTxID(x.TxID)
	addr, badAddress := pastel.ParseAddress(net, x.RewardAddress)
	if badAddress == nil && addr == EscrowAddress(x.SmartPoolID) {
		badAddress = errors.New("it is the pool's own escrow")
	}
	_, badTime := ParseTimeStamp(x.TimeStamp)
	var small error
	if x.PledgedCoins < l.MinPledge {
		small = fmt.Errorf("%d PSL are less than the least pledge, %d PSL", x.PledgedCoins, l.MinPledge)
	}
	statement := x.PledgeStatement(net.Name)
	address := signature(addressSignature, x.AddressSignature, true)
	if x.AddressSignature != "" {
		if signer, err := x.AddressSigner(statement); err != nil {
			address = signature(addressSignature, x.AddressSignature, false)
		} else {
			by := pastel.Address{Kind: pastel.AddressP2PKH, Hash: signer}.Encode(net)
			address = needsChain(addressSignature, "made by "+by+", which must own the output")
		}
	}
	return []Check{
		verdict("smart_pool_id", ReasonUnknownPool, badPool),
		verdict("pastel_id", ReasonBadPastelID, badMember),
		verdict("pledged_coins", ReasonPledgeTooSmall, small),
		verdict("txid", ReasonOutputNotFound, badTxID),
		verdict("reward_address", ReasonBadAddress, badAddress),
		verdict("time_stamp", ReasonBadTime, badTime),
		signature(pledgeSignature, x.PledgeSignature,
			badMember == nil && pastelid.VerifyBase64(member, []byte(statement), x.PledgeSignature)),
		address,
		needsChain("pool", "it must take pledges of this size"),
		needsChain("output", "it must be unspent, mature and worth the pledge"),
		needsChain("PastelID", "it must be registered, with enough reputation"),
	}
}

func activateChecks(x *Activate, net *pastel.Network) []Check {
	_, badPool := ParsePoolID(string(x.SmartPoolID))
	var twice, bad error
	seen := map[Participant]bool{}
	for _, p := range x.Participants {
		if seen[p] {
			twice = fmt.Errorf("participant %.20q is listed twice", p.PastelID)
		}
		seen[p] = true
		if _, err := pastelid.Parse(p.PastelID); err != nil {
			bad = err
		}
		if _, err := pastel.ParseAddress(net, p.Address); err != nil {
			bad = err
		}
	}
	sig := needsChain("operator_signature", "it must be by the operator that the init ticket names")
	if _, ok := pastelid.DecodeSignature(x.OperatorSignature); !ok {
		sig = signature("operator_signature", x.OperatorSignature, false)
	}
	return []Check{
		verdict("smart_pool_id", ReasonUnknownPool, badPool),
		verdict("participants are distinct", ReasonDuplicateParticipant, twice),
		verdict("participants are well formed", ReasonUnknownParticipant, bad),
		sig,
		needsChain("pool", "it must be subscribing, and its listed pledges reach the target"),
	}
}
