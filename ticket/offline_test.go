package ticket

import (
	"slices"
	"testing"
)

// faults returns the reasons of the checks that answer wrong.
func faults(checks []Check) (reasons []Reason) {
	for _, c := range checks {
		if c.Answer == AnswerWrong {
			reasons = append(reasons, c.Reason)
		}
	}
	return reasons
}

// TestChecksOfRecordedTickets: no accepted ticket of a recorded chain fails a check, and every ticket that fails one was rejected.
func TestChecksOfRecordedTickets(t *testing.T) {
	net := regtest(t)
	for _, name := range []string{"life", "dense", "odd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := recorded(t, name)
			rejected := map[string]Reason{}
			for _, e := range c.events {
				if e.Type == "ticket.rejected" {
					rejected[e.TxID] = e.Reason
				}
			}
			accepted, faulty := 0, 0
			for _, f := range c.carried(net) {
				if f.Ticket == nil {
					continue
				}
				id := f.tx.ID().String()
				wrong := faults(Checks(f.Ticket, net, regtestLimits))
				switch reason, bad := rejected[id]; {
				case !bad && len(wrong) > 0:
					t.Errorf("%s at %d was accepted, and is found wrong: %v", id, f.height, wrong)
				case !bad:
					accepted++
				case slices.Contains([]Reason{ReasonRequiredTooLow, ReasonFactorOutOfRange, ReasonFeeOutOfRange, ReasonPeriodOutOfRange, ReasonBadID}, reason):
					if faulty++; !slices.Contains(wrong, reason) {
						t.Errorf("%s at %d was rejected as %s, and is found wrong for %v", id, f.height, reason, wrong)
					}
				default: // for what only the chain tells, or something before what else is wrong
				}
			}
			if accepted == 0 {
				t.Errorf("no ticket was accepted (%d faulty)", faulty)
			}
		})
	}
}

// TestChecks has one fault a case.
func TestChecks(t *testing.T) {
	net := regtest(t)
	for name, tt := range map[string]struct {
		spoil func(x *Ticket)
		want  Reason
	}{
		"init: terms":              {func(x *Ticket) { x.Init.RequiredCoins = 1; x.Init.SmartPoolID = x.Init.IDFor("sample-1") }, ReasonRequiredTooLow},
		"init: id":                 {func(x *Ticket) { x.Init.SubscriptionPeriod++ }, ReasonBadID},
		"init: Supernode":          {func(x *Ticket) { x.Init.SupernodePastelID = "jX" }, ReasonBadPastelID},
		"init: fee to the escrow":  {func(x *Ticket) { x.Init.OperatorFeeAddress = EscrowAddress(x.Init.SmartPoolID).Encode(net) }, ReasonBadAddress},
		"init: company":            {func(x *Ticket) { x.Init.Company = "" }, ReasonMalformed},
		"init: signature":          {func(x *Ticket) { x.Init.SmartPoolSignature = "" }, ReasonBadSignature},
		"part: pool":               {func(x *Ticket) { x.Part.SmartPoolID = "atlas" }, ReasonUnknownPool},
		"part: PastelID":           {func(x *Ticket) { x.Part.PastelID = "jX" }, ReasonBadPastelID},
		"part: coins":              {func(x *Ticket) { x.Part.PledgedCoins = 0 }, ReasonPledgeTooSmall},
		"part: output":             {func(x *Ticket) { x.Part.TxID = "00" }, ReasonOutputNotFound},
		"part: reward":             {func(x *Ticket) { x.Part.RewardAddress = "tP" }, ReasonBadAddress},
		"part: time":               {func(x *Ticket) { x.Part.TimeStamp = "today" }, ReasonBadTime},
		"part: address signature":  {func(x *Ticket) { x.Part.AddressSignature = "AA==" }, ReasonBadSignature},
		"activate: pool":           {func(x *Ticket) { x.Activate.SmartPoolID = "" }, ReasonUnknownPool},
		"activate: twice":          {func(x *Ticket) { x.Activate.Participants = append(x.Activate.Participants, x.Activate.Participants[0]) }, ReasonDuplicateParticipant},
		"activate: nobody":         {func(x *Ticket) { x.Activate.Participants[0].Address = "" }, ReasonUnknownParticipant},
		"activate: signature form": {func(x *Ticket) { x.Activate.OperatorSignature = "AA" }, ReasonBadSignature},
	} {
		kinds := map[byte]int{'i': 0, 'p': 1, 'a': 2}
		x := samples(t)[kinds[name[0]]]
		if wrong := faults(Checks(x, net, regtestLimits)); len(wrong) > 0 {
			t.Fatalf("%s: the sample is wrong already: %v", name, wrong)
		}
		if err := CheckUnsigned(x, net, regtestLimits); err != nil {
			t.Fatalf("%s: the sample is wrong already: %v", name, err)
		}
		tt.spoil(x)
		if wrong := faults(Checks(x, net, regtestLimits)); !slices.Contains(wrong, tt.want) {
			t.Errorf("%s: %v, want %s", name, wrong, tt.want)
		}
		if err := CheckUnsigned(x, net, regtestLimits); (err != nil) != (tt.want != ReasonBadSignature) {
			t.Errorf("%s: before signing: %v", name, err)
		}
	}
}
