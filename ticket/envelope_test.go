package ticket

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/pastelnetwork/smartpool/pastel"
)

// enclose returns content after its length and hash, as an envelope begins.
func enclose(content []byte) []byte {
	hash := pastel.DoubleSHA256(content)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(content))), hash[:]...), content...)
}

// multisig makes m-of-n outputs from data padded with zeros, in keys of this many bytes, and puts the whole fee on the first.
func multisig(t testing.TB, data []byte, m, n, keySize int, fee pastel.Amount) []pastel.TxOut {
	t.Helper()
	data = append(bytes.Clone(data), make([]byte, n*keySize-len(data)%(n*keySize))...)
	var outs []pastel.TxOut
	for len(data) > 0 {
		var keys [][]byte
		for range n {
			keys, data = append(keys, data[:keySize]), data[keySize:]
		}
		script, err := pastel.MultisigScript(m, keys)
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, pastel.TxOut{Script: script})
	}
	outs[0].Value = fee
	return outs
}

func change(value pastel.Amount) pastel.TxOut {
	return pastel.TxOut{Value: value, Script: pastel.P2PKH(pastel.KeyHash{1})}
}

// carrying returns a transaction that carries data in the usual form and pays 10 PSL for it.
func carrying(t testing.TB, data []byte) *pastel.Tx {
	t.Helper()
	return pastel.NewTx(true, nil, append(multisig(t, data, 1, 3, 33, 10*pastel.PSL), change(5)))
}

// sampleContract returns a contract ticket with every field set.
func sampleContract(t testing.TB) *Contract {
	t.Helper()
	text := encoded(t, samples(t)[0])
	return &Contract{
		Version: 1, ContractTicket: base64.StdEncoding.EncodeToString(text), Key: "key", SecondaryKey: "second", SubType: "smartpool_init",
		Timestamp: 1_795_412_957, TxID: "txid", Block: 7,
	}
}

// TestVectors decodes contract tickets that a real node made, and encodes the plain ones to the same outputs.
func TestVectors(t *testing.T) {
	net := regtest(t)
	var vectors map[string]struct {
		TxID, Key        string
		TxHex            string          `json:"tx_hex"`
		PayloadBase64    string          `json:"payload_base64"`
		SubType          string          `json:"sub_type"`
		SecondaryKey     string          `json:"secondary_key"`
		TicketsGetAsText json.RawMessage `json:"tickets_get"`
	}
	if err := json.Unmarshal(readFile(t, "vectors", "contract_tickets.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 3 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for name, v := range vectors {
		file := strings.TrimSpace(string(readFile(t, "vectors", "tx_contract_ticket_"+name+".hex")))
		if file != v.TxHex {
			t.Errorf("%s: files differ", name)
		}
		raw, err := hex.DecodeString(file)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := pastel.ParseTx(raw)
		if err != nil {
			t.Fatal(err)
		}
		var node struct {
			Ticket struct {
				Timestamp int64
				Version   int16
				Key       string
			}
			Info struct {
				Compressed bool          `json:"is_compressed"`
				Outputs    int           `json:"multisig_outputs_count"`
				Fee        pastel.Amount `json:"multisig_tx_total_fee"`
				Size       int           `json:"uncompressed_size"`
			} `json:"tx_info"`
		}
		if err := json.Unmarshal(v.TicketsGetAsText, &node); err != nil {
			t.Fatal(err)
		}
		c, ok := DecodeContract(tx, net.ContractFee)
		want := Contract{
			Version: node.Ticket.Version, ContractTicket: v.PayloadBase64, Key: node.Ticket.Key, SecondaryKey: v.SecondaryKey, SubType: v.SubType,
			Timestamp: node.Ticket.Timestamp,
		}
		if !ok || c.Block != 0 && c.Block != 0xffffffff {
			t.Fatalf("%s: %+v", name, c)
		}
		block := c.Block // pasteld writes whatever it has there
		if want.Block = block; *c != want {
			t.Errorf("%s: %+v, want %+v", name, c, want)
		}
		if x := FromTx(tx, net, 114, 1); x != (Carried{}) {
			t.Errorf("%s: another sub_type carries %+v", name, x)
		}
		again, err := c.Outputs(net.ContractFee, node.Info.Compressed)
		if err != nil {
			t.Fatal(err)
		}
		if node.Info.Fee != net.ContractFee || node.Info.Outputs != len(tx.Outputs)-1 {
			t.Errorf("%s: the node saw %d outputs that pay %s", name, node.Info.Outputs, node.Info.Fee)
		}
		if !node.Info.Compressed { // the node's compressor makes different bytes
			sameOutputs(t, name, again, tx.Outputs[:len(tx.Outputs)-1])
			if got := 1 + len(c.encode()); got != node.Info.Size {
				t.Errorf("%s: %d bytes, want %d", name, got, node.Info.Size)
			}
		}
		if got, ok := DecodeContract(pastel.NewTx(true, nil, append(again, change(1))), net.ContractFee); !ok || *got != *c {
			t.Errorf("%s: encoded again it says %+v", name, got)
		}
	}
}

func sameOutputs(t *testing.T, name string, got, want []pastel.TxOut) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d outputs, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if got[i].Value != want[i].Value || !bytes.Equal(got[i].Script, want[i].Script) {
			t.Errorf("%s: output %d is %s %x, want %s %x", name, i, got[i].Value, got[i].Script, want[i].Value, want[i].Script)
		}
	}
}

// TestEnvelopeForms lists unusual envelopes that carry the ticket.
func TestEnvelopeForms(t *testing.T) {
	c := sampleContract(t)
	body := c.encode()
	content := append([]byte{14}, body...)
	data := enclose(content)
	fee := 10 * pastel.PSL
	plain := multisig(t, data, 1, 3, 33, fee)
	split := append(append([]pastel.TxOut{change(3)}, multisig(t, data, 1, 3, 33, fee-3)...), change(4))
	noisy := append([]byte(nil), data...)
	noisy = append(noisy, bytes.Repeat([]byte{0xa5}, 99)...)
	for name, outs := range map[string][]pastel.TxOut{
		"the last output in change's place": plain,
		"as pasteld":                        append(plain, change(5)),
		"1 of 1":                            append(multisig(t, data, 1, 1, 33, fee), change(5)),
		"3 of 3":                            append(multisig(t, data, 3, 3, 33, fee), change(5)),
		"16 of 16 keys of 65":               append(multisig(t, data, 16, 16, 65, fee), change(5)),
		"keys of 47":                        append(multisig(t, data, 2, 4, 47, fee), change(5)),
		"padding that is not zero":          append(multisig(t, noisy, 1, 3, 33, fee), change(5)),
		"change of nothing":                 append(multisig(t, data, 1, 3, 33, fee), change(0)),
		"another output counts":             split,
		"bytes after the last field":        append(multisig(t, enclose(append(bytes.Clone(content), 1, 2, 3)), 1, 3, 33, fee), change(5)),
		"other scripts between":             append(append(append(plain[:2:2], pastel.TxOut{Script: []byte{0x6a, 0xae}}), plain[2:]...), change(5)),
		"last output is multisig too":       append(plain[:len(plain)-1:len(plain)-1], pastel.TxOut{Value: 9 * pastel.PSL, Script: plain[len(plain)-1].Script}),
		"compressed, data to skip":          append(multisig(t, enclose(append([]byte{14 | 0x80, 200, 3, 1, 2, 3}, packFrame(body)...)), 1, 3, 33, fee), change(5)),
	} {
		got, ok := DecodeContract(pastel.NewTx(true, nil, outs), fee)
		if !ok || *got != *c {
			t.Errorf("%s: %v %+v", name, ok, got)
		}
	}
	for _, v := range []int16{0, -1, 2, 32767, -32768} {
		d := *c
		d.Version = v
		if got, ok := DecodeContract(carrying(t, enclose(append([]byte{14}, d.encode()...))), fee); !ok || *got != d {
			t.Errorf("version %d: %v %+v", v, ok, got)
		}
	}
	for push, script := range map[string][]byte{"OP_PUSHDATA1": {0x4c}, "OP_PUSHDATA2": {0x4d}, "OP_PUSHDATA4": {0x4e}} {
		size := map[string][]byte{"OP_PUSHDATA1": {65}, "OP_PUSHDATA2": {65, 0}, "OP_PUSHDATA4": {65, 0, 0, 0}}[push]
		var outs []pastel.TxOut
		padded := append(bytes.Clone(data), make([]byte, 65-len(data)%65)...)
		for ; len(padded) > 0; padded = padded[65:] {
			s := append([]byte{0x51}, script...)
			s = append(append(append(s, size...), padded[:65]...), 0x51, 0xae)
			outs = append(outs, pastel.TxOut{Script: s})
		}
		outs[0].Value = fee
		if got, ok := DecodeContract(pastel.NewTx(true, nil, append(outs, change(1))), fee); !ok || *got != *c {
			t.Errorf("%s: %v %+v", push, ok, got)
		}
	}
}

// TestNoTicketAtAll has one fault a case: no ticket, no event.
func TestNoTicketAtAll(t *testing.T) {
	fee := 10 * pastel.PSL
	body := sampleContract(t).encode()
	content := append([]byte{14}, body...)
	data := enclose(content)
	outs := func(data []byte) []pastel.TxOut { return append(multisig(t, data, 1, 3, 33, fee), change(5)) }
	edited := func(at int, b byte) []byte {
		d := bytes.Clone(data)
		d[at] ^= b
		return d
	}
	with := func(i int, change func(o *pastel.TxOut)) []pastel.TxOut {
		list := outs(data)
		list[i].Script = bytes.Clone(list[i].Script)
		change(&list[i])
		return list
	}
	for name, list := range map[string][]pastel.TxOut{
		"nothing":                     nil,
		"change alone":                {change(fee)},
		"one multisig":                outs(data)[:1],
		"fee too small":               with(0, func(o *pastel.TxOut) { o.Value-- }),
		"fee too large":               with(0, func(o *pastel.TxOut) { o.Value++ }),
		"fee counts all but the last": append([]pastel.TxOut{change(1)}, outs(data)...),
		"length is zero":              outs(enclose(nil)),
		"length too large":            outs(edited(2, 1)),
		"length far too large":        outs(edited(7, 0x80)),
		"length short of the end":     outs(edited(0, 1)),
		"hash differs":                outs(edited(8, 1)),
		"content differs":             outs(edited(60, 1)),
		"40 bytes":                    outs(data)[:0],
		"another ticket id":           outs(enclose(append([]byte{13}, body...))),
		"unknown ticket id":           outs(enclose(append([]byte{15}, body...))),
		"id alone":                    outs(enclose([]byte{14})),
		"compressed id alone":         outs(enclose([]byte{14 | 0x80})),
		"compressed without skip":     outs(enclose([]byte{14 | 0x80, 1})),
		"compressed without frame":    outs(enclose([]byte{14 | 0x80, 1, 0})),
		"said to be compressed":       outs(enclose(append([]byte{14 | 0x80}, body...))),
		"skips too much":              outs(enclose(append([]byte{14 | 0x80, 1, 0xfe, 0, 0, 1, 0}, packFrame(body)...))),
		"skip count not minimal":      outs(enclose(append([]byte{14 | 0x80, 1, 0xfd, 0, 0}, packFrame(body)...))),
		"skip count of 2^64-1":        outs(enclose(append([]byte{14 | 0x80, 1, 0xff, 255, 255, 255, 255, 255, 255, 255, 255}, packFrame(body)...))),
		"OP_0 keys wanted":            with(1, func(o *pastel.TxOut) { o.Script[0] = 0 }),
		"more keys wanted than there": with(1, func(o *pastel.TxOut) { o.Script[0] = 0x54 }),
		"fewer keys than said":        with(1, func(o *pastel.TxOut) { o.Script[len(o.Script)-2] = 0x54 }),
		"more keys than said":         with(1, func(o *pastel.TxOut) { o.Script[len(o.Script)-2] = 0x52 }),
		"verifying multisig":          with(1, func(o *pastel.TxOut) { o.Script[len(o.Script)-1] = 0xaf }),
		"a key of 32 bytes":           with(1, func(o *pastel.TxOut) { o.Script = append([]byte{0x51, 32}, o.Script[3:]...) }),
		"a number for a key":          with(1, func(o *pastel.TxOut) { o.Script[1] = 0x51 }),
		"order of outputs":            append([]pastel.TxOut{{Script: outs(data)[1].Script}, outs(data)[0]}, outs(data)[2:]...),
	} {
		tx := pastel.NewTx(true, nil, list)
		if c, ok := DecodeContract(tx, fee); ok {
			t.Errorf("%s: %+v", name, c)
		}
		if x := FromTx(tx, regtest(t), 1, 1); x != (Carried{}) {
			t.Errorf("%s: %+v", name, x)
		}
	}
	for n := range content {
		if c, ok := DecodeContract(carrying(t, enclose(content[:n])), fee); ok {
			t.Fatalf("the first %d of %d bytes are %+v", n, len(content), c)
		}
	}
	// String lengths that are not minimal: 3 as fd 03 00, fe 03 00 00 00, ff 03 00...
	at := 2 + 3 + len(sampleContract(t).ContractTicket) // behind version and contract_ticket
	if body[at] != 3 {
		t.Fatal("the key's length is elsewhere")
	}
	for _, long := range [][]byte{{0xfd, 3, 0}, {0xfe, 3, 0, 0, 0}, {0xff, 3, 0, 0, 0, 0, 0, 0, 0}} {
		d := append(append(append([]byte{14}, body[:at]...), long...), body[at+1:]...)
		if c, ok := DecodeContract(carrying(t, enclose(d)), fee); ok {
			t.Errorf("length % x: %+v", long, c)
		}
	}
}

// TestFieldReader: CompactSize at every border, minimal and not.
func TestFieldReader(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int // -1 if refused
	}{
		{"00", 0}, {"fc", 0xfc}, {"fd", -1}, {"fdfc00", -1}, {"fdfd00", 0xfd}, {"fdffff", 0xffff}, {"fd00", -1},
		{"feffff0000", -1}, {"fe00000100", 0x10000}, {"fe000001", -1}, {"ffffffffff00000000", -1}, {"ff0000000001000000", -1},
		{"ffffffffffffffffff", -1}, {"", -1},
	} {
		in, err := hex.DecodeString(c.in)
		if err != nil {
			t.Fatal(err)
		}
		r := fieldReader{b: append(in, make([]byte, 0x10001)...)}
		if c.want < 0 {
			r.b = r.b[:len(in)]
		}
		got := r.bytes()
		if r.failed != (c.want < 0) || !r.failed && len(got) != c.want {
			t.Errorf("%s: %d bytes, failed %v, want %d", c.in, len(got), r.failed, c.want)
		}
	}
}

// TestFromTx: from here on, every fault is a rejection.
func TestFromTx(t *testing.T) {
	net := regtest(t)
	good := sampleContract(t)
	text, err := base64.StdEncoding.DecodeString(good.ContractTicket)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.StdEncoding.EncodeToString
	future := bytes.Replace(text, []byte(`"version":1`), []byte(`"version":2`), 1)
	unpadded := enc(append(bytes.Clone(text), bytes.Repeat([]byte{' '}, (4-len(text)%3)%3+0)...))
	for unpadded[len(unpadded)-1] != '=' {
		text = append(text, ' ')
		unpadded = enc(text)
	}
	for name, c := range map[string]struct {
		ticket, subType string
		want            Reason
		nothing         bool
	}{
		"good":                       {good.ContractTicket, "smartpool_init", "", false},
		"another sub_type":           {good.ContractTicket, "capture", "", true},
		"sub_type in another case":   {good.ContractTicket, "Smartpool_init", "", true},
		"no sub_type":                {good.ContractTicket, "", "", true},
		"sub_type of another kind":   {good.ContractTicket, "smartpool_part", ReasonMalformed, false},
		"kind before version":        {enc(future), "smartpool_part", ReasonMalformed, false},
		"a future version":           {enc(future), "smartpool_init", ReasonBadVersion, false},
		"nothing":                    {"", "smartpool_init", ReasonMalformed, false},
		"JSON as it is":              {string(text), "smartpool_init", ReasonMalformed, false},
		"no padding":                 {strings.TrimRight(unpadded, "="), "smartpool_init", ReasonMalformed, false},
		"padding":                    {unpadded, "smartpool_init", "", false},
		"too much padding":           {unpadded + "=", "smartpool_init", ReasonMalformed, false},
		"line break":                 {good.ContractTicket[:76] + "\n" + good.ContractTicket[76:], "smartpool_init", ReasonMalformed, false},
		"carriage return at the end": {good.ContractTicket + "\r", "smartpool_init", ReasonMalformed, false},
		"space":                      {" " + good.ContractTicket, "smartpool_init", ReasonMalformed, false},
		"binary":                     {enc([]byte{0, 1, 2, 0xff}), "smartpool_init", ReasonMalformed, false},
	} {
		d := *good
		d.ContractTicket, d.SubType = c.ticket, c.subType
		got := FromTx(carrying(t, enclose(append([]byte{14}, d.encode()...))), net, 1, 1)
		if (got == Carried{}) != c.nothing {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if c.nothing {
			continue
		}
		if (got.Ticket == nil) == (got.Rejection == nil) {
			t.Errorf("%s: %+v", name, got)
		} else if got.Rejection != nil && got.Rejection.Reason != c.want || got.Rejection == nil && c.want != "" {
			t.Errorf("%s: %v, want %q", name, got.Rejection, c.want)
		}
	}
	// Spare bits in the last digit: "=" alone behind leaves two of them.
	spare := strings.TrimRight(unpadded, "=")
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", spare[len(spare)-1])
	d := *good
	d.ContractTicket = spare[:len(spare)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[last+1]) + unpadded[len(spare):]
	if got := FromTx(carrying(t, enclose(append([]byte{14}, d.encode()...))), net, 1, 1); got.Rejection == nil || got.Rejection.Reason != ReasonMalformed {
		t.Errorf("spare bits: %+v", got)
	}
}

// TestOutputs: the last chunk always has padding, the first output takes the remainder, and a ticket that is too large is refused.
func TestOutputs(t *testing.T) {
	for n := range 120 {
		c := &Contract{Version: 1, ContractTicket: strings.Repeat("x", n), SubType: "s"}
		outs, err := c.Outputs(10*pastel.PSL, false)
		if err != nil {
			t.Fatal(err)
		}
		var sum pastel.Amount
		var size int
		for i, o := range outs {
			sum += o.Value
			_, keys, ok := pastel.ParseMultisig(o.Script, nil)
			if !ok || i < len(outs)-1 && len(keys) != 3 || i > 0 && o.Value != 1_000_000/pastel.Amount(len(outs)) {
				t.Fatalf("%d: output %d is %s %x", n, i, o.Value, o.Script)
			}
			size += 33 * len(keys)
		}
		if used := 8 + 32 + 1 + len(c.encode()); sum != 1_000_000 || size != used+33-used%33 {
			t.Errorf("%d: %d bytes for %d, %s", n, size, used, sum)
		}
	}
	big := &Contract{ContractTicket: strings.Repeat("x", maxUnpacked)}
	if _, err := big.Outputs(10*pastel.PSL, true); err == nil {
		t.Error("a contract ticket of more than 196,608 bytes is encoded")
	}
}

// frame makes a zstd frame by hand from its header and blocks (RFC 8878, 3.1.1).
func frame(header []byte, blocks ...[]byte) []byte {
	b := append([]byte{0x28, 0xb5, 0x2f, 0xfd}, header...)
	return append(b, bytes.Join(blocks, nil)...)
}

func blockHead(last bool, kind, size int) []byte {
	n := size<<3 | kind<<1
	if last {
		n |= 1
	}
	return []byte{byte(n), byte(n >> 8), byte(n >> 16)}
}

func rawBlock(last bool, b []byte) []byte { return append(blockHead(last, 0, len(b)), b...) }

func runBlock(last bool, n int) []byte { return append(blockHead(last, 1, n), 'r') }

// runs returns blocks of one repeated byte, n bytes in all.
func runs(n int) []byte {
	var b []byte
	for ; n > 128<<10; n -= 128 << 10 {
		b = append(b, runBlock(false, 128<<10)...)
	}
	return append(b, runBlock(true, n)...)
}

// TestFrames pins down which frames an envelope may carry, and characterizes the library in corner cases.
func TestFrames(t *testing.T) {
	le32 := func(head ...byte) func(n uint32) []byte {
		return func(n uint32) []byte { return binary.LittleEndian.AppendUint32(bytes.Clone(head), n) }
	}
	single := le32(0xa0)                                                    // single segment, content size of 4 bytes
	windowed := func(w byte) func(n uint32) []byte { return le32(0x80, w) } // window descriptor, content size of 4 bytes
	sum, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true), zstd.WithSingleSegment(true))
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("some text that goes on "), 40)
	checked := sum.EncodeAll(text, nil)
	wrongSum := bytes.Clone(checked)
	wrongSum[len(wrongSum)-1] ^= 1
	good := packFrame(text)
	skippable := []byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0}
	hello := rawBlock(true, []byte("hello"))
	for _, c := range []struct {
		name string
		in   []byte
		size int // -1 if refused
	}{
		{"from our encoder", good, len(text)},
		{"with a checksum", checked, len(text)},
		{"empty content", frame([]byte{0x20, 0}, rawBlock(true, nil)), 0},
		{"raw", frame(single(5), hello), 5},
		{"two blocks", frame(single(5), rawBlock(false, []byte("he")), rawBlock(true, []byte("llo"))), 5},
		{"empty last block", frame(single(5), rawBlock(false, []byte("hello")), rawBlock(true, nil)), 5},
		{"content size of 1 byte", frame([]byte{0x20, 5}, hello), 5},
		{"content size of 8 bytes", frame([]byte{0xe0, 5, 0, 0, 0, 0, 0, 0, 0}, hello), 5},
		{"dictionary id 0", frame([]byte{0xa1, 0, 5, 0, 0, 0}, hello), 5},
		{"window of 1 KiB", frame(windowed(0)(5), hello), 5},
		{"window of 512 KiB", frame(windowed(9<<3)(5), hello), 5},
		{"window of 8 MiB", frame(windowed(13<<3)(5), hello), 5},
		{"window of 8 MiB, largest content", frame(windowed(13<<3)(196_608), runs(196_608)), 196_608},
		{"largest content", frame(single(196_608), runs(196_608)), 196_608},

		{"nothing", nil, -1},
		{"magic alone", frame(nil), -1},
		{"window of 9 MiB", frame(windowed(13<<3|1)(5), hello), -1},
		{"window of 3.75 TiB", frame(windowed(0xff)(5), hello), -1},
		{"content too large", frame(single(196_609), runs(196_609)), -1},
		{"content size of 2^64-1", frame([]byte{0xe0, 255, 255, 255, 255, 255, 255, 255, 255}, hello), -1},
		{"content size not stated", frame([]byte{0x00, 9 << 3}, hello), -1},
		{"content size too small", frame(single(4), hello), -1},
		{"content size too large", frame(single(6), hello), -1},
		{"content size 0 over content", frame([]byte{0x20, 0}, hello), -1},
		{"bomb: runs beyond the stated size", frame(single(10), runs(100<<20)), -1},
		{"bomb: many small blocks", frame(single(10), bytes.Repeat(runBlock(false, 128<<10), 10_000), runBlock(true, 1)), -1},
		{"dictionary", frame([]byte{0xa1, 7, 5, 0, 0, 0}, hello), -1},
		{"reserved bit", frame(append([]byte{0xa8}, 5, 0, 0, 0), hello), -1},
		{"reserved block type", frame(single(5), append(blockHead(true, 3, 5), "hello"...)), -1},
		{"block larger than 128 KiB", frame(single(128<<10+1), runBlock(true, 128<<10+1)), -1},
		{"no last block", frame(single(5), rawBlock(false, []byte("hello"))), -1},
		{"checksum wrong", wrongSum, -1},
		{"checksum missing", checked[:len(checked)-4], -1},
		{"cut off", good[:len(good)-1], -1},
		{"a byte after it", append(bytes.Clone(good), 0), -1},
		{"two frames", append(bytes.Clone(good), good...), -1},
		{"skippable frame after it", append(bytes.Clone(good), skippable...), -1},
		{"skippable frame before it", append(bytes.Clone(skippable), good...), -1},
		{"skippable frame alone", skippable, -1},
		{"older format", append([]byte{0x27}, good[1:]...), -1},
		{"magic the other way round", append([]byte{0xfd, 0x2f, 0xb5, 0x28}, good[4:]...), -1},
	} {
		got, ok := unpackFrame(c.in)
		if ok != (c.size >= 0) || ok && len(got) != c.size {
			t.Errorf("%s: %v, %d bytes, want %d", c.name, ok, len(got), c.size)
		}
	}
	for n := range good {
		if _, ok := unpackFrame(good[:n]); ok {
			t.Fatalf("the first %d of %d bytes are a frame", n, len(good))
		}
	}
}

// TestUnpaidIsNotUnpacked: without paying the fee nobody can make a node unpack anything.
func TestUnpaidIsNotUnpacked(t *testing.T) {
	net := regtest(t)
	largest := append([]byte{idContract | compressedFlag, 1, 0}, frame([]byte{0xa0, 0, 0, 3, 0}, runs(maxUnpacked))...)
	outs := multisig(t, enclose(largest), 1, 3, 33, net.ContractFee-1)
	tx := pastel.NewTx(true, nil, append(outs, change(1)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		FromTx(tx, net, 1, 1)
		DecodeContract(tx, net.ContractFee)
		DecodeRegistration(tx, net.ContractFee)
	}
	runtime.ReadMemStats(&after)
	if spent := (after.TotalAlloc - before.TotalAlloc) / 100; spent > 16<<10 {
		t.Errorf("%d bytes are allocated for a ticket that is not paid", spent)
	}
}

// FuzzEnvelope puts content after a right length and hash, so that the fuzzer reaches everything within. Whatever decodes encodes to
// outputs that decode to the same.
func FuzzEnvelope(f *testing.F) {
	net := regtest(f)
	body := sampleContract(f).encode()
	f.Add(append([]byte{14}, body...))
	f.Add(append([]byte{14 | 0x80, 1, 0}, packFrame(body)...))
	f.Add(append([]byte{14 | 0x80, 1, 0}, frame([]byte{0xa0, 0, 0, 3, 0}, runs(196_608))...))
	f.Add(append([]byte{14 | 0x80, 1, 0}, frame([]byte{0x80, 13 << 3, 0, 0, 3, 0}, runs(196_608))...))
	f.Add(append([]byte{14 | 0x80, 1, 0}, frame([]byte{0xa0, 10, 0, 0, 0}, runs(10<<20))...))
	f.Add(append([]byte{14 | 0x80, 1, 0}, append(packFrame(body), packFrame(body)...)...))
	for _, name := range []string{"small_json", "big_json", "binary"} {
		raw, err := hex.DecodeString(strings.TrimSpace(string(readFile(f, "vectors", "tx_contract_ticket_"+name+".hex"))))
		if err != nil {
			f.Fatal(err)
		}
		tx, err := pastel.ParseTx(raw)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(contentOf(tx))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		tx := carrying(t, enclose(content))
		FromTx(tx, net, 1, 1)
		c, ok := DecodeContract(tx, net.ContractFee)
		if !ok {
			return
		}
		outs, err := c.Outputs(net.ContractFee, content[0]&0x80 != 0)
		if err != nil {
			if 1+len(c.encode()) <= maxUnpacked {
				t.Fatal(err)
			}
			return
		}
		again, ok := DecodeContract(pastel.NewTx(true, nil, append(outs, change(0))), net.ContractFee)
		if !ok || *again != *c {
			t.Fatalf("%+v encodes to %+v", c, again)
		}
	})
}

// contentOf returns what a transaction's multisig outputs hold after length and hash.
func contentOf(tx *pastel.Tx) []byte {
	var data []byte
	for _, o := range tx.Outputs {
		_, keys, _ := pastel.ParseMultisig(o.Script, nil)
		data = append(data, bytes.Join(keys, nil)...)
	}
	return data[40 : 40+binary.LittleEndian.Uint64(data)]
}
