package ticket

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReasons retypes protocol 6: the values are an interface.
func TestReasons(t *testing.T) {
	want := strings.Fields(`malformed bad_version
		required_too_low factor_out_of_range required_too_high fee_out_of_range period_out_of_range bad_id duplicate_pool
		bad_pastelid bad_address supernode_in_use pastelid_not_registered bad_signature
		unknown_pool not_subscribing pool_full pledge_too_small output_not_found output_is_collateral output_immature
		output_too_small bad_time reputation_too_low replayed
		activation_too_late duplicate_participant unknown_participant insufficient_collateral`)
	var got []string
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	for _, r := range Reasons() {
		got = append(got, string(r))
		if !form.MatchString(string(r)) {
			t.Errorf("%q is not snake case", r)
		}
		what, todo, both := strings.Cut(Explain(r), "; ")
		if !both || len(what) < 10 || len(todo) < 10 {
			t.Errorf("%s: %q does not say what it means and what to do", r, Explain(r))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("reasons are\n%v, want\n%v", got, want)
	}
	if Explain("no_such_reason") != "" {
		t.Error("an unknown reason is explained")
	}
}

func TestRejectionError(t *testing.T) {
	err := &Rejection{ReasonBadVersion, "version is 2"}
	if err.Error() != "bad_version: version is 2" {
		t.Error(err)
	}
}
