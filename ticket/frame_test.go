package ticket

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Frames that the zstd program (1.5.4, level 19) made from words.
const (
	words = "output coins time coins pastelid pastelid pastelid net reward coins pastelid pledge net net pledge pastelid time " +
		"reward coins pool pledge pledge pledge pledge net reward net pledge reward pastelid pastelid reward pool reward reward " +
		"pastelid time pledge net coins"
	wordsBlock = "e50200d2830b0fd0e780921449a926a9a407a001c501e7ea407ab3cd26e9cfe310346140a2a9f3448d3fa090f475ae0e75548e1c" +
		"1120104ca775a1635e135c37dc1a7834a1ec42450e2f1ba8024a36ba9d041b0839c856bf66c413efcc2d01"
	wordsSum       = "d072b7a0"
	wordsFrame     = "28b52ffd600600" + wordsBlock
	wordsSumFrame  = "28b52ffd640600" + wordsBlock + wordsSum
	wordsOpenFrame = "28b52ffd0058" + wordsBlock // no content size
)

// Parts of frames (RFC 8878, 3.1.1): descriptors, and blocks of text.
const (
	magic = "28b52ffd"
	ten   = "510000" + "30313233343536373839" // last block, raw, 10 bytes
	short = "20" + "0a"                       // descriptor: one segment, content size 10 in a byte
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run returns a block that repeats a byte n times: type 1 of RFC 8878, 3.1.1.2.
func run(n int, last bool) string {
	head := n<<3 | 1<<1
	if last {
		head |= 1
	}
	return hex.EncodeToString([]byte{byte(head), byte(head >> 8), byte(head >> 16), 'x'})
}

// bomb returns a frame of 2 blocks that unpacks to 196,608 bytes and states this content size.
func bomb(size string) string { return magic + "a0" + size + run(131_072, false) + run(65_536, true) }

// TestUnpackFrameAccepts has frames of another program and cases that TestFrames omits.
func TestUnpackFrameAccepts(t *testing.T) {
	const digits = "0123456789"
	for name, c := range map[string]struct{ frame, want string }{
		"zstd":                      {wordsFrame, words},
		"zstd with a checksum":      {wordsSumFrame, words},
		"unused bit":                {magic + "300a" + ten, digits},
		"dictionary id 0, 4 bytes":  {magic + "23000000000a" + ten, digits},
		"content size of 2 bytes":   {magic + "600000" + run(256, true), strings.Repeat("x", 256)},
		"largest content":           {bomb("00000300"), strings.Repeat("x", 196_608)},
		"run over a whole window":   {magic + "800000040000" + run(1_024, true), strings.Repeat("x", 1_024)},
		"largest block in a window": {magic + "806800000200" + run(131_072, true), strings.Repeat("x", 131_072)},
	} {
		got, ok := unpackFrame(fromHex(t, c.frame))
		if !ok || string(got) != c.want {
			t.Errorf("%s: %.60q %v, want %.60q", name, got, ok, c.want)
		}
	}
}

// TestUnpackFrameRefuses has one fault a case, other than those of TestFrames.
func TestUnpackFrameRefuses(t *testing.T) {
	const good = magic + short + ten
	for name, frame := range map[string]string{
		"an empty frame after":            good + magic + "2000010000",
		"an empty frame before":           magic + "2000010000" + good,
		"trailing padding":                good + strings.Repeat("00", 33),
		"no content size":                 wordsOpenFrame,
		"no content size, raw":            magic + "0068" + ten,
		"one byte too much":               magic + "a001000300" + run(131_072, false) + run(65_537, true),
		"more than it says":               bomb("ffff0200"),
		"content of 2^32-1":               bomb("ffffffff"),
		"content of 2^40":                 magic + "e00000000000010000" + ten,
		"content of 2^63":                 magic + "e00000000000000080" + ten,
		"dictionary id, 2 bytes":          magic + "2200010a" + ten,
		"dictionary id, 4 bytes":          magic + "23000000010a" + ten,
		"window of 16 MiB":                magic + "80700a000000" + ten,
		"block past the end":              magic + short + "590000" + ten[6:],
		"block of 2 MiB past the end":     magic + short + "f9ffff" + ten[6:],
		"compressed block that is none":   magic + short + "55" + ten[2:],
		"empty compressed block":          magic + short + "050000",
		"run over a window of 1 KiB":      magic + "800001040000" + run(1_025, true),
		"checksum cut off":                wordsSumFrame[:len(wordsSumFrame)-2],
		"byte after the checksum":         wordsSumFrame + "00",
		"checksum without saying so":      wordsFrame + wordsSum,
		"checksum of the wrong content":   strings.Replace(wordsSumFrame, "2f1ba8", "2f1ba9", 1),
		"match before the content starts": "28b52ffd200a" + "5d0000" + wordsBlock[6:28],
	} {
		if got, ok := unpackFrame(fromHex(t, frame)); ok {
			t.Errorf("%s: unpacks to %.60q", name, got)
		}
	}
}

// TestUnpackFrameCut: a cut frame is not a frame.
func TestUnpackFrameCut(t *testing.T) {
	for _, s := range []string{wordsFrame, wordsSumFrame, bomb("00000300")} {
		b := fromHex(t, s)
		for n := range b {
			if got, ok := unpackFrame(b[:n:n]); ok {
				t.Errorf("%d of %d bytes unpack to %.60q", n, len(b), got)
			}
		}
	}
}

// TestBombsCostNothing: a frame that states more than the limit is refused before it takes any memory.
func TestBombsCostNothing(t *testing.T) {
	for _, s := range []string{
		bomb("01000300"), bomb("ffffffff"), magic + "e0ffffffffffffffff" + ten, magic + "80ff0a000000" + ten, wordsOpenFrame,
	} {
		b := fromHex(t, s)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			if _, ok := unpackFrame(b); ok {
				t.Fatal("bomb unpacks")
			}
		}
		runtime.ReadMemStats(&after)
		if spent := (after.TotalAlloc - before.TotalAlloc) / 100; spent > 4<<10 {
			t.Errorf("%.40s...: %d bytes are allocated, want next to none", s, spent)
		}
	}
}

// TestUnpackFrameKeepsInput: unpackFrame does not change its input, and its results share nothing.
func TestUnpackFrameKeepsInput(t *testing.T) {
	b := fromHex(t, wordsFrame)
	before := bytes.Clone(b)
	first, _ := unpackFrame(b)
	if second, ok := unpackFrame(fromHex(t, magic+short+ten)); !ok || string(second) != "0123456789" {
		t.Fatal("second frame does not unpack")
	}
	if !bytes.Equal(b, before) || string(first) != words {
		t.Error("unpacking changed the input or an earlier result")
	}
}

// TestPackFrame: what packs unpacks, from nothing to the limit.
func TestPackFrame(t *testing.T) {
	check := func(t rapid.TB, b []byte) {
		if got, ok := unpackFrame(packFrame(b)); !ok || !bytes.Equal(got, b) {
			t.Fatalf("%d bytes come back as %d (%v)", len(b), len(got), ok)
		}
	}
	noise := make([]byte, maxUnpacked)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1_664_525 + 1_013_904_223
		noise[i] = byte(x >> 24)
	}
	for _, n := range []int{0, 1, 255, 256, 257, 65_791, 65_792, 131_072, 131_073, maxUnpacked} {
		check(t, noise[:n])
		check(t, make([]byte, n))
	}
	if _, ok := unpackFrame(packFrame(append(slices.Clone(noise), 0))); ok {
		t.Error("more than the limit unpacks")
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		check(t, bytes.Repeat(b, rapid.IntRange(0, 50).Draw(t, "times")))
	})
}

// FuzzUnpackFrame: no input causes a panic. What unpacks is within the limit and packs again; with a byte more or less it is no longer
// a frame.
func FuzzUnpackFrame(f *testing.F) {
	for _, s := range []string{
		wordsFrame, wordsSumFrame, wordsOpenFrame, magic + short + ten, bomb("00000300"), bomb("ffffffff"),
		magic + "80680a000000" + ten, magic + "21010a" + ten, magic + "2014" + "50" + ten[2:] + ten, "502a4d1800000000",
	} {
		f.Add(fromHex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := unpackFrame(b)
		if !ok {
			return
		}
		if len(got) > maxUnpacked {
			t.Fatalf("%d bytes are more than the limit", len(got))
		}
		if again, ok := unpackFrame(b); !ok || !bytes.Equal(again, got) {
			t.Fatalf("%x unpacks to two things", b)
		}
		if again, ok := unpackFrame(packFrame(got)); !ok || !bytes.Equal(again, got) {
			t.Fatalf("%d bytes do not come back", len(got))
		}
		if _, ok := unpackFrame(append(bytes.Clone(b), 0)); ok {
			t.Fatalf("%x and a byte after it unpacks", b)
		}
		if _, ok := unpackFrame(b[:len(b)-1]); ok {
			t.Fatalf("%x without its last byte unpacks", b)
		}
	})
}
