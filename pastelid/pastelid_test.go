package pastelid

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

func TestParse(t *testing.T) {
	text := pasteldVectors(t).PastelID
	id, err := Parse(text)
	if err != nil || id.String() != text || !ValidKey(id) {
		t.Fatalf("%v, %v", id, err)
	}
	zero := PastelID{}
	ones := PastelID(bytes.Repeat([]byte{0xff}, KeySize))
	for _, id := range []PastelID{zero, ones} {
		if s := id.String(); len(s) != TextSize {
			t.Errorf("%q has %d characters", s, len(s))
		} else if back, err := Parse(s); err != nil || back != id {
			t.Errorf("%q: %v", s, err)
		}
	}
	for name, s := range map[string]string{
		"empty":         "",
		"short":         text[1:],
		"leading one":   "1" + text,
		"trailing":      text + "1",
		"typo":          strings.Replace(text, "a", "b", 1),
		"digit 0":       "0" + text[1:],
		"space":         " " + text[1:],
		"not ASCII":     "é" + text[2:],
		"other version": pastel.Base58CheckEncode([]byte{0xa1, 0xdf}, id[:]),
		"too few bytes": pastel.Base58CheckEncode([]byte{0xa1, 0xde}, id[:56]),
		"LegRoast-like": pastel.Base58CheckEncode([]byte{0x51, 0xc1}, bytes.Repeat([]byte{1}, 64)),
	} {
		if _, err := Parse(s); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(pasteldVectors(f).PastelID)
	f.Add(PastelID{}.String())
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := Parse(s)
		if err == nil && id.String() != s {
			t.Fatalf("%q prints as %q", s, id)
		}
	})
}

func TestPrivateKey(t *testing.T) {
	a, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	if a.ID() == b.ID() || !ValidKey(a.ID()) {
		t.Fatal("bad keys")
	}
	msg := []byte("x")
	if !Verify(a.ID(), msg, a.Sign(msg)) || Verify(b.ID(), msg, a.Sign(msg)) || !VerifyBase64(a.ID(), msg, a.SignBase64(msg)) {
		t.Fatal("wrong verdict")
	}
	for _, n := range []int{0, 56, 58} {
		if _, err := FromSeed(make([]byte, n)); err == nil {
			t.Errorf("seed of %d bytes accepted", n)
		}
	}
}

func TestPrivateKeyPrintsNoSecret(t *testing.T) {
	k := mustSeed(t, 0x41)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{k, *k, struct{ K *PrivateKey }{k}} {
			s := fmt.Sprintf(format, v)
			if strings.Contains(s, "65 65") || strings.Contains(s, "0x41") || strings.Contains(s, "AAAA") {
				t.Errorf("%s prints %s", format, s)
			}
		}
	}
}
