package ticket

import (
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// opening returns the beginning of every statement on a ticket (protocol 2, "Statements"), with the ticket's own version.
func opening(version int64, verb, net string, id PoolID) string {
	return "smartpool/" + strconv.FormatInt(version, 10) + " " + verb + " net=" + net + " pool=" + string(id)
}

// AgreementStatement returns what the operator's PastelID signs for agreement_signature; net is the network's name.
func (x *Init) AgreementStatement(net string) string {
	return opening(x.Version, "operate", net, x.SmartPoolID)
}

// SmartPoolStatement returns what the Supernode's PastelID signs for smart_pool_signature, once the operator has signed.
func (x *Init) SmartPoolStatement(net string) string {
	return opening(x.Version, "init", net, x.SmartPoolID) + " digest=" + x.Ticket().digest(smartPoolSignature)
}

// PledgeStatement returns what both the member's PastelID and the key of the pledged address sign.
func (x *Part) PledgeStatement(net string) string {
	return opening(x.Version, "pledge", net, x.SmartPoolID) + " pastelid=" + x.PastelID +
		" coins=" + strconv.FormatInt(x.PledgedCoins, 10) + " output=" + x.Output() +
		" reward=" + x.RewardAddress + " time=" + x.TimeStamp
}

// OperatorStatement returns what the operator's PastelID signs for operator_signature.
func (x *Activate) OperatorStatement(net string) string {
	return opening(x.Version, "activate", net, x.SmartPoolID) + " digest=" + x.Ticket().digest(operatorSignature)
}

// signed reports whether a base64 signature of a statement is by a PastelID. It makes the statement only if the signature has the
// right form, because an activation's statement has a list to hash.
func signed(id pastelid.PastelID, statement func(net string) string, net, signature string) bool {
	sig, ok := pastelid.DecodeSignature(signature)
	return ok && pastelid.Verify(id, []byte(statement(net)), sig[:])
}

// VerifyAgreement reports whether agreement_signature is the operator's.
func (x *Init) VerifyAgreement(net string, operator pastelid.PastelID) bool {
	return signed(operator, x.AgreementStatement, net, x.AgreementSignature)
}

// VerifySmartPool reports whether smart_pool_signature is the Supernode's.
func (x *Init) VerifySmartPool(net string, supernode pastelid.PastelID) bool {
	return signed(supernode, x.SmartPoolStatement, net, x.SmartPoolSignature)
}

// VerifyOperator reports whether operator_signature is the operator's.
func (x *Activate) VerifyOperator(net string, operator pastelid.PastelID) bool {
	return signed(operator, x.OperatorStatement, net, x.OperatorSignature)
}

// VerifyPledge reports whether pledge_signature is a PastelID's signature of a pledge statement. It does not check the PastelID's
// key: only a registered PastelID can pledge, and registration checked the key.
func (x *Part) VerifyPledge(statement string, member pastelid.PastelID) bool {
	sig, ok := pastelid.DecodeSignature(x.PledgeSignature)
	return ok && pastelid.VerifyKnown(member, []byte(statement), sig[:])
}

// AddressSigner returns the hash of the key that made the address signature of a pledge statement. The signature is good if that is
// the pledged output's hash.
func (x *Part) AddressSigner(statement string) (pastel.KeyHash, error) {
	sig, err := pastel.DecodeMessageSignature(x.AddressSignature)
	if err != nil {
		return pastel.KeyHash{}, err
	}
	return pastel.RecoverMessageKeyHash(sig, []byte(statement))
}
