package ticket

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestCompactSizeMinimal: a number in a longer form than it needs is refused, even if all its bytes are there.
func TestCompactSizeMinimal(t *testing.T) {
	rest := make([]byte, 70_000)
	for in, want := range map[string]int{ // -1 if refused
		"fd0000": -1, "fdfc00": -1, "fdfd00": 0xfd, "fdffff": 0xffff,
		"fe00000000": -1, "fefc000000": -1, "fefd000000": -1, "feffff0000": -1, "fe00000100": 0x10000,
		"ff0000000000000000": -1, "fffd00000000000000": -1, "ffffff000000000000": -1, "ff0000010000000000": -1,
	} {
		head, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		r := fieldReader{b: append(head, rest...)}
		got := r.bytes()
		if r.failed != (want < 0) || !r.failed && len(got) != want {
			t.Errorf("%s: %d bytes, failed %v, want %d", in, len(got), r.failed, want)
		}
	}
}

// TestTargetAtSupply: a target less than one PSL above the supply exceeds it.
func TestTargetAtSupply(t *testing.T) {
	const required, factor = 20_997_900_210, 10_001 // 21,000,000,000.021
	if got, ok := Target(required, factor); ok {
		t.Errorf("target is %d, which is more than the supply", got)
	}
	if got, ok := Target(required-1, factor); !ok || got != 21_000_000_000 { // 20,999,999,999.0209
		t.Errorf("target is %d (%v), want the supply", got, ok)
	}
}

// TestNoPadding: a payload may fill the last key, although pasteld itself always pads.
func TestNoPadding(t *testing.T) {
	c := sampleContract(t)
	for (envelopeHead+1+len(c.encode()))%(3*33) != 0 {
		c.Key += "k"
	}
	data := enclose(append([]byte{idContract}, c.encode()...))
	var outs []pastel.TxOut
	for rest := data; len(rest) > 0; rest = rest[99:] {
		script, err := pastel.MultisigScript(1, [][]byte{rest[:33], rest[33:66], rest[66:99]})
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, pastel.TxOut{Script: script})
	}
	outs[0].Value = 10 * pastel.PSL
	outs = append(outs, change(5))
	if got, ok := DecodeContract(pastel.NewTx(true, nil, outs), 10*pastel.PSL); !ok || *got != *c {
		t.Errorf("without padding it carries %+v (%v)", got, ok)
	}
	outs[0].Script = bytes.Clone(outs[0].Script)
	outs[0].Script[2]++ // the length, now one too many
	if got, ok := DecodeContract(pastel.NewTx(true, nil, outs), 10*pastel.PSL); ok {
		t.Errorf("with a length past the end it carries %+v", got)
	}
}

// TestEmptyFrameWithoutSize: even empty content must state its size.
func TestEmptyFrameWithoutSize(t *testing.T) {
	if _, ok := unpackFrame(fromHex(t, magic+"0058"+"010000")); ok {
		t.Error("a frame that does not state its size unpacks")
	}
}
