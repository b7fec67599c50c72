package pasted

import (
	"strings"
	"testing"
)

func TestPastedIDs(t *testing.T) {
	t.Parallel()
	const id = "jXY8J4Me6jiqVPwx"
	for _, s := range []string{
		id, " " + id, id + "\r", id + "\r\n", "\ufeff" + id, id + "\u00a0", "\u200b" + id + "\u200b", "\"" + id + "\"", "'" + id + "'", "“" + id + "”", "„" + id + "“", "«" + id + "»",
		"<" + id + ">", id + ",", id + ".", "\"" + id + "\".", "( " + id, "jXY8J4Me\n6jiqVPwx", "jXY8J4Me\r\n  6jiqVPwx", "jXY8J4Me\u200b6jiqVPwx", "jXY8 J4Me 6jiq VPwx", "\t" + id + "\t",
		"`" + id + "`", "\u2060" + id, "\u202a" + id + "\u202c", "“\u00a0" + id + "\u00a0”",
	} {
		want := id
		if strings.HasPrefix(s, "(") {
			want = "(" + id // is not guessed
		}
		if got := ID(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"ABCDEF:0": "abcdef:0", "abcdef : 0": "abcdef:0", " Abc\ndef:0,": "abcdef:0"} {
		if got := Hex(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"Atlas": "atlas", "north–star": "north-star", "atlas.00AB": "atlas.00ab", "-1-1.00": "-1-1.00"} {
		if got := Pool(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	if got := Participant(" jXa ,  tPb,"); got != "jXa,tPb" {
		t.Errorf("a participant is %q", got)
	}
}

func TestPastedNumbers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{
		"10000": 10_000, " 10000\r": 10_000, "10,000": 10_000, "10 000": 10_000, "10\u00a0000": 10_000, "10\u202f000": 10_000, "10'000": 10_000, "10_000": 10_000, "1,000,000": 1_000_000,
		"500 PSL": 500, "500psl": 500, "10,000 PSL": 10_000, "“500”": 500, "0500": 500, "\ufeff7": 7, "-1": -1, "0": 0, "12 blocks": 12,
	} {
		if got, err := Integer(s); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", s, got, err, want)
		}
	}
	for s, says := range map[string]string{
		"10.000": "without a separator", "1.2": "whole number", "1,2": "whole number", "10,00": "whole number", "0x1F": "whole number", "1e4": "whole number", "": "whole number", "five": "whole number",
		"10,0000": "whole number", "99999999999999999999": "too large", "5%": "whole number", "٥٠٠": "whole number",
	} {
		if got, err := Integer(s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %d, %v, want %q", s, got, err, says)
		}
	}
	for s, want := range map[string]string{"5": "5", "5%": "5", "5 %": "5", " 5\u00a0% ": "5", "1.2": "1.2", "\"3.5\"": "3.5"} {
		if got, err := Decimal(s); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", s, got, err, want)
		}
	}
	if got, err := Decimal("3,5"); err == nil {
		t.Errorf("a decimal comma is taken for %q", got)
	}
}

func TestPastedFiles(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"a\nb": "a\nb", "\xef\xbb\xbfa": "a", "a\r\nb\r\n": "a\nb\n", "\xff\xfea\x00\xe9\x00": "aé", "\xfe\xff\x00a\x00\r\x00\n": "a\n", "": "",
	} {
		if got := string(File([]byte(s))); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzPasted(f *testing.F) {
	f.Add("“ jX… ”,\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		for name, clean := range map[string]func(string) string{"Text": Text, "ID": ID, "Pool": Pool} {
			if once := clean(s); clean(once) != once {
				t.Errorf("%s(%q) is %q, and again %q", name, s, once, clean(once))
			}
		}
	})
}
