package ticket

// Reason says why a ticket is rejected (protocol 6). Its values are shown to people and programs and never change.
type Reason string

// The reasons, in the order the protocol first names them.
const (
	ReasonMalformed              Reason = "malformed"
	ReasonBadVersion             Reason = "bad_version"
	ReasonRequiredTooLow         Reason = "required_too_low"
	ReasonFactorOutOfRange       Reason = "factor_out_of_range"
	ReasonRequiredTooHigh        Reason = "required_too_high"
	ReasonFeeOutOfRange          Reason = "fee_out_of_range"
	ReasonPeriodOutOfRange       Reason = "period_out_of_range"
	ReasonBadID                  Reason = "bad_id"
	ReasonDuplicatePool          Reason = "duplicate_pool"
	ReasonBadPastelID            Reason = "bad_pastelid"
	ReasonBadAddress             Reason = "bad_address"
	ReasonSupernodeInUse         Reason = "supernode_in_use"
	ReasonPastelIDNotRegistered  Reason = "pastelid_not_registered"
	ReasonBadSignature           Reason = "bad_signature"
	ReasonUnknownPool            Reason = "unknown_pool"
	ReasonNotSubscribing         Reason = "not_subscribing"
	ReasonPoolFull               Reason = "pool_full"
	ReasonPledgeTooSmall         Reason = "pledge_too_small"
	ReasonOutputNotFound         Reason = "output_not_found"
	ReasonOutputIsCollateral     Reason = "output_is_collateral"
	ReasonOutputImmature         Reason = "output_immature"
	ReasonOutputTooSmall         Reason = "output_too_small"
	ReasonBadTime                Reason = "bad_time"
	ReasonReputationTooLow       Reason = "reputation_too_low"
	ReasonReplayed               Reason = "replayed"
	ReasonActivationTooLate      Reason = "activation_too_late"
	ReasonDuplicateParticipant   Reason = "duplicate_participant"
	ReasonUnknownParticipant     Reason = "unknown_participant"
	ReasonInsufficientCollateral Reason = "insufficient_collateral"
)

// explanations has every reason once, in order, with what it means and what to do.
var explanations = []struct {
	reason Reason
	text   string
}{
	{ReasonMalformed, "the ticket's JSON is not of the exact form the protocol wants; build it again with this program"},
	{ReasonBadVersion, "the ticket's version is not 1; build it with a program of this protocol version"},
	{ReasonRequiredTooLow, "required_coins is less than a Supernode's collateral; raise it to at least that"},
	{ReasonFactorOutOfRange, "the overcollateralization factor is not 1.0 to 3.0 with at most 4 decimals; choose another"},
	{ReasonRequiredTooHigh, "required coins times factor is more than the money supply; lower one of them"},
	{ReasonFeeOutOfRange, "the operator's fee is not 3 to 15 % with at most 2 decimals; choose another"},
	{ReasonPeriodOutOfRange, "the subscription period is too short or too long for this network; choose another"},
	{ReasonBadID, "the pool id is not the hash of the ticket's terms; build the ticket again after any change"},
	{ReasonDuplicatePool, "a pool with exactly these terms exists; change the label or a term"},
	{ReasonBadPastelID, "a PastelID is mistyped; copy it again"},
	{ReasonBadAddress, "an address is mistyped, of another network, or an escrow address; use an ordinary address of a wallet"},
	{ReasonSupernodeInUse, "another pool that is still alive uses this Supernode's PastelID; use a Supernode of its own"},
	{ReasonPastelIDNotRegistered, "a PastelID is not registered on the chain; register it and wait for the block"},
	{ReasonBadSignature, "a signature is not by the right key over exactly this statement; sign the statement again"},
	{ReasonUnknownPool, "no such pool was opened on this chain; check the pool id"},
	{ReasonNotSubscribing, "the pool does not take this ticket now; see its status and window"},
	{ReasonPoolFull, "the pool has as many pledges as it can; choose another pool"},
	{ReasonPledgeTooSmall, "the pledge is below what the pool takes now; pledge more"},
	{ReasonOutputNotFound, "the output is spent, unconfirmed, not P2PKH or worth less than the least pledge; choose another"},
	{ReasonOutputIsCollateral, "the output is worth exactly a Supernode's collateral and backs one by itself; split it first"},
	{ReasonOutputImmature, "the output has too few confirmations; wait for more blocks"},
	{ReasonOutputTooSmall, "the address's pledged outputs are worth less than all its pledges together; pledge less or another output"},
	{ReasonBadTime, "the time stamp is not within 24 hours before and 2 hours after the block's time; sign again now"},
	{ReasonReputationTooLow, "the PastelID left pools too recently, its reputation is below 50; wait until it has recovered"},
	{ReasonReplayed, "this very pledge was accepted before; sign a new one with a new time stamp"},
	{ReasonActivationTooLate, "the time to activate the pool is over; open a new pool"},
	{ReasonDuplicateParticipant, "the activation names a participant twice; list each once"},
	{ReasonUnknownParticipant, "the activation names someone who never pledged to this pool; take them off the list"},
	{ReasonInsufficientCollateral, "the listed pledges that are still there are less than the target; wait for more pledges"},
}

// Reasons returns every reason once, in the order the protocol first names them.
func Reasons() []Reason {
	list := make([]Reason, len(explanations))
	for i, e := range explanations {
		list[i] = e.reason
	}
	return list
}

// Explain says in plain words what a reason means and what to do about it; empty if there is no such reason.
func Explain(r Reason) string {
	for _, e := range explanations {
		if e.reason == r {
			return e.text
		}
	}
	return ""
}

// Rejection is a ticket that is not well formed, with what exactly is wrong.
type Rejection struct {
	Reason Reason
	Detail string
}

func (r *Rejection) Error() string { return string(r.Reason) + ": " + r.Detail }
