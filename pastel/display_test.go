package pastel

import "testing"

func TestDisplay(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", -999: "-999", -1000: "-1,000", 1_000_000: "1,000,000", 21_000_000_000: "21,000,000,000",
	} {
		if got := Thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for a, want := range map[Amount]string{
		0: "0", 1: "0.00001", -1: "-0.00001", 62*PSL + PSL/2: "62.5", 1_249_999_999: "12,499.99999", -1234 * PSL: "-1,234", -1234*PSL - 1: "-1,234.00001",
		MaxMoney: "21,000,000,000",
	} {
		if got := a.Grouped(); got != want {
			t.Errorf("%d patoshi are %q, want %q", int64(a), got, want)
		}
	}
	for a, want := range map[Amount]string{
		0: "0", 7: "0.00007", 999: "0.00999", 1004: "0.01", 12_345: "0.123", 99_949: "0.999", 99_950: "1", 1_234_567: "12.3", 9_995_000: "100", 12_345_678_900_000: "123,456,789",
	} {
		if got := a.Rounded(); got != want {
			t.Errorf("%d patoshi are about %q, want %q", int64(a), got, want)
		}
	}
	for id, want := range map[string]string{
		"": "", "12345678901234567": "12345678901234567", "123456789012345678": "1234567890…345678",
	} {
		if got := Short(id); got != want {
			t.Errorf("%s is %q for short, want %q", id, got, want)
		}
	}
}
