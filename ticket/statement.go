package ticket

import (
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// opening is what every statement on a ticket begins with (protocol 2, "Statements"): its version is the ticket's own.
func opening(version int64, verb, net string, id PoolID) string {
	return "smartpool/" + strconv.FormatInt(version, 10) + " " + verb + " net=" + net + " pool=" + string(id)
}

// AgreementStatement is what the operator's PastelID signs for agreement_signature. net is the network's name.
func (x *Init) AgreementStatement(net string) string {
	return opening(x.Version, "operate", net, x.SmartPoolID)
}

// SmartPoolStatement is what the Supernode's PastelID signs for smart_pool_signature, after the operator signed.
func (x *Init) SmartPoolStatement(net string) string {
	return opening(x.Version, "init", net, x.SmartPoolID) + " digest=" + x.Ticket().digest(smartPoolSignature)
}

// PledgeStatement is what both the member's PastelID and the key of the pledged address sign.
func (x *Part) PledgeStatement(net string) string {
	return opening(x.Version, "pledge", net, x.SmartPoolID) + " pastelid=" + x.PastelID +
		" coins=" + strconv.FormatInt(x.PledgedCoins, 10) + " output=" + x.TxID + ":" + strconv.FormatInt(x.Vout, 10) +
		" reward=" + x.RewardAddress + " time=" + x.TimeStamp
}

// OperatorStatement is what the operator's PastelID signs for operator_signature.
func (x *Activate) OperatorStatement(net string) string {
	return opening(x.Version, "activate", net, x.SmartPoolID) + " digest=" + x.Ticket().digest(operatorSignature)
}

// signed tells whether a base64 signature of a statement is by a PastelID. The statement is made only for a signature of the
// right form: that of an activation has a list to hash.
func signed(id pastelid.PastelID, statement func(net string) string, net, signature string) bool {
	sig, ok := pastelid.DecodeSignature(signature)
	return ok && pastelid.Verify(id, []byte(statement(net)), sig[:])
}

// VerifyAgreement tells whether the operator signed.
func (x *Init) VerifyAgreement(net string, operator pastelid.PastelID) bool {
	return signed(operator, x.AgreementStatement, net, x.AgreementSignature)
}

// VerifySmartPool tells whether the Supernode signed.
func (x *Init) VerifySmartPool(net string, supernode pastelid.PastelID) bool {
	return signed(supernode, x.SmartPoolStatement, net, x.SmartPoolSignature)
}

// VerifyOperator tells whether the operator signed.
func (x *Activate) VerifyOperator(net string, operator pastelid.PastelID) bool {
	return signed(operator, x.OperatorStatement, net, x.OperatorSignature)
}

// VerifyPledge tells whether a PastelID signed a pledge statement. The PastelID's key itself is not looked at: only
// registered ones can pledge, and registration checked it.
func (x *Part) VerifyPledge(statement string, member pastelid.PastelID) bool {
	sig, ok := pastelid.DecodeSignature(x.PledgeSignature)
	return ok && pastelid.VerifyKnown(member, []byte(statement), sig[:])
}

// AddressSigner returns the key hash whose key made the address signature of a pledge statement; the pledge is good if it
// is the pledged output's.
func (x *Part) AddressSigner(statement string) (pastel.KeyHash, error) {
	sig, err := pastel.DecodeMessageSignature(x.AddressSignature)
	if err != nil {
		return pastel.KeyHash{}, err
	}
	return pastel.RecoverMessageKeyHash(sig, []byte(statement))
}
