package ticket

// Reason says why the rules reject a ticket (protocol 6). People and programs see its values, which never change.
type Reason string

// The reasons, in the order in which the protocol first names them.
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

// explanations lists every reason once, in order, with what it means and what to do.
var explanations = []struct {
	reason Reason
	text   string
}{
	{ReasonMalformed, "the ticket's JSON does not have the exact form that the protocol requires; build it again with this program"},
	{ReasonBadVersion, "the rules do not know the ticket's version; build it again with this program"},
	{ReasonRequiredTooLow, "required_coins is less than a Supernode's collateral; raise it to the collateral or more"},
	{ReasonFactorOutOfRange, "the overcollateralization factor is not between 1.0 and 3.0 with at most 4 decimals; choose another factor"},
	{ReasonRequiredTooHigh, "required_coins times the factor exceeds the money supply; lower one of them"},
	{ReasonFeeOutOfRange, "the operator's fee is not between 3 and 15 % with at most 2 decimals; choose another fee"},
	{ReasonPeriodOutOfRange, "the subscription period is too short or too long for this network; choose another period"},
	{ReasonBadID, "the pool id is not the hash of the ticket's terms; build the ticket again after any change"},
	{ReasonDuplicatePool, "a pool with exactly these terms already exists; change the label or a term"},
	{ReasonBadPastelID, "a PastelID is mistyped; copy it again"},
	{ReasonBadAddress, "an address is mistyped, belongs to another network or is a pool's escrow; use an address of a wallet"},
	{ReasonSupernodeInUse, "another live pool uses this Supernode's PastelID; use another Supernode"},
	{ReasonPastelIDNotRegistered, "a PastelID is not registered on the chain; register it and wait for a block to include the registration"},
	{ReasonBadSignature, "a signature is by the wrong key or not over exactly this statement; sign the statement again"},
	{ReasonUnknownPool, "no pool on this chain has this id; check the pool id"},
	{ReasonNotSubscribing, "the pool does not accept this ticket now; check its status and deadlines"},
	{ReasonPoolFull, "the pool has the maximum number of pledges; choose another pool"},
	{ReasonPledgeTooSmall, "the pledge is smaller than the pool accepts now; pledge more"},
	{ReasonOutputNotFound, "the output is spent, unconfirmed, not P2PKH or worth less than the minimum pledge; choose another output"},
	{ReasonOutputIsCollateral, "the output is worth exactly a Supernode's collateral, so it can back one by itself; split it first"},
	{ReasonOutputImmature, "the output has too few confirmations; wait for more blocks"},
	{ReasonOutputTooSmall, "the pledged outputs of this address are worth less than all its pledges together; pledge less or another output"},
	{ReasonBadTime, "the time stamp is more than 24 hours before or 2 hours after the block's time, or not after that of the pledge it amends; sign again now"},
	{ReasonReputationTooLow, "the PastelID's reputation is below 50 because it left pools recently; wait until it recovers"},
	{ReasonReplayed, "the chain has already accepted this pledge; sign a new one with a new time stamp"},
	{ReasonActivationTooLate, "the pool's activation deadline has passed; open a new pool"},
	{ReasonDuplicateParticipant, "the activation lists a participant twice; list each one once"},
	{ReasonUnknownParticipant, "the activation lists someone who never pledged to this pool; take them off the list"},
	{ReasonInsufficientCollateral, "the listed pledges that are still live offer less than the target; wait for more pledges"},
}

// Reasons returns every reason once, in the order in which the protocol first names them.
func Reasons() []Reason {
	list := make([]Reason, len(explanations))
	for i, e := range explanations {
		list[i] = e.reason
	}
	return list
}

// Explain says in plain words what a reason means and what to do about it. It returns "" for an unknown reason.
func Explain(r Reason) string {
	for _, e := range explanations {
		if e.reason == r {
			return e.text
		}
	}
	return ""
}

// Rejection is the error of a ticket that is not well formed. Detail says, for people, what exactly is wrong; it may quote the ticket.
type Rejection struct {
	Reason Reason
	Detail string
}

func (r *Rejection) Error() string { return string(r.Reason) + ": " + r.Detail }
