package ticket

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// Answer is the result of a check without the chain.
type Answer string

// The answers of a check.
const (
	AnswerOK         Answer = "ok"
	AnswerWrong      Answer = "wrong"
	AnswerNeedsChain Answer = "needs the chain" // only the chain can tell
)

// Check is one of the rules' checks of a ticket.
type Check struct {
	Name   string `json:"check"` // a field of the ticket, or the subject of the check
	Answer Answer `json:"answer"`
	Reason Reason `json:"reason,omitempty"` // why the rules would reject the ticket; empty unless the answer is wrong
	Detail string `json:"detail,omitempty"` // for people; may quote the ticket
}

// Checks checks everything in a ticket that can be checked without the chain, in a fixed order. A wallet calls it before it signs or
// posts a ticket; an explorer shows the result. It also names what only the chain can tell.
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

// CheckUnsigned returns the first thing wrong with a ticket other than missing or bad signatures, or nil. Call it before a ticket is
// signed.
func CheckUnsigned(t *Ticket, net *pastel.Network, l Limits) error {
	for _, c := range Checks(t, net, l) {
		switch {
		case c.Answer != AnswerWrong || c.Reason == ReasonBadSignature:
		case c.Detail == Explain(c.Reason): // do not say it twice
			return fmt.Errorf("%s: %w", c.Name, Refusal(c.Reason))
		default:
			return fmt.Errorf("%s: %s; %w", c.Name, c.Detail, Refusal(c.Reason))
		}
	}
	return nil
}

// Refusal returns the error of a ticket that the rules would reject for r.
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
	badAddress := payable(net, x.OperatorFeeAddress, x.SmartPoolID)
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
		needsChain("PastelIDs", "both must be registered, and no other live pool may use the Supernode"),
	}
}

// payable refuses what is no address that a pool can pay.
func payable(net *pastel.Network, address string, pool PoolID) error {
	a, err := pastel.ParseAddress(net, address)
	if err == nil && a == EscrowAddress(pool) {
		err = errors.New("it is the pool's own escrow")
	}
	return err
}

// usableID parses a PastelID that could be registered.
func usableID(s string) (pastelid.PastelID, error) {
	id, err := pastelid.Parse(s)
	if err == nil && !pastelid.ValidKey(id) {
		err = errors.New("it is well formed but not an Ed448 key, so nobody can register it")
	}
	return id, err
}

func signature(name, sig string, ok bool) Check {
	switch {
	case sig == "":
		return Check{name, AnswerWrong, ReasonBadSignature, "it is missing"}
	case !ok:
		return Check{name, AnswerWrong, ReasonBadSignature, "it is by another key than the ticket names or over another text"}
	default:
		return Check{Name: name, Answer: AnswerOK}
	}
}

func partChecks(x *Part, net *pastel.Network, l Limits) []Check {
	_, badPool := ParsePoolID(string(x.SmartPoolID))
	member, badMember := usableID(x.PastelID)
	_, badTxID := pastel.ParseTxID(x.TxID)
	badAddress := payable(net, x.RewardAddress, x.SmartPoolID)
	_, badTime := ParseTimeStamp(x.TimeStamp)
	var small error
	if x.PledgedCoins < l.MinPledge {
		small = fmt.Errorf("%d PSL is below the minimum pledge of %d PSL", x.PledgedCoins, l.MinPledge)
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
		needsChain("pool", "it must accept pledges of this size"),
		needsChain("output", "it must be unspent, mature and worth the pledge"),
		needsChain("PastelID", "it must be registered, with a reputation of at least 50"),
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
		needsChain("pool", "it must be subscribing, and the listed pledges must reach the target"),
	}
}
