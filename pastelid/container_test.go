package pastelid

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Containers written by pasteld 2.2.10; the files are named after the PastelID within.
func TestPasteldContainers(t *testing.T) {
	files, err := filepath.Glob("testdata/pastelid_*.container")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	v := pasteldVectors(t)
	for _, path := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "pastelid_"), ".container")
		pass := "passphrase"
		if name == v.PastelID {
			pass = v.Passphrase
		}
		k, err := LoadPasteldContainer(path, []byte(pass))
		if err != nil {
			t.Fatal(err)
		}
		if k.ID().String() != name {
			t.Errorf("%s holds %s", path, k.ID())
		}
		if name == v.PastelID && k.SignBase64([]byte(v.Text)) != v.Signature {
			t.Error("signs unlike pasteld")
		}
	}
	if _, err := LoadPasteldContainer(files[0], []byte("wrong")); !errors.Is(err, ErrPassphrase) {
		t.Error(err)
	}
	if _, err := LoadPasteldContainer(files[0], nil); !errors.Is(err, ErrEmptyPassphrase) {
		t.Error(err)
	}
}

func sampleContainer(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/pastelid_" + pasteldVectors(t).PastelID + ".container")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// container builds a file of the given parts.
func container(public, secure string) []byte {
	b := []byte(containerMagic)
	b = binary.BigEndian.AppendUint64(b, uint64(len(public)))
	first := sha256.Sum256([]byte(public))
	sum := sha256.Sum256(first[:])
	return append(append(append(b, sum[:]...), public...), secure...)
}

const (
	packPublic = "\x82\xa7version\x01\xacpublic_items\x90"
	packItem   = "\x83\xa4type\xaapkey_ed448\xa5nonce\xc4\x18" + "nnnnnnnnnnnnnnnnnnnnnnnn" + "\xa4data\xc4\x49" +
		"ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	packHead = "\x84\xa7version\x01\xa9timestamp\xce\x65\x00\x00\x00\xaaencryption\xb2xchacha20-poly1305"
	packTail = "\xacsecure_items"
)

func TestContainerForms(t *testing.T) {
	good := packHead + packTail + "\x91" + packItem
	cases := map[string]struct {
		public, secure string
		ok             bool
	}{
		"good":                {packPublic, good, true},
		"list 16":             {packPublic, packHead + packTail + "\xdc\x00\x01" + packItem, true},
		"null list":           {"\x82\xa7version\x01\xacpublic_items\xc0", good, true},
		"no item":             {packPublic, packHead + packTail + "\x90", false},
		"null items":          {packPublic, packHead + packTail + "\xc0", false},
		"two seeds":           {packPublic, packHead + packTail + "\x92" + packItem + packItem, false},
		"other item":          {packPublic, strings.Replace(good, "pkey_ed448", "pkey_ed449", 1), false},
		"other cipher":        {packPublic, strings.Replace(good, "poly1305", "poly1306", 1), false},
		"other version":       {packPublic, strings.Replace(good, "version\x01", "version\x02", 1), false},
		"other public":        {strings.Replace(packPublic, "version\x01", "version\x02", 1), good, false},
		"negative time":       {packPublic, strings.Replace(good, "\xce\x65\x00\x00\x00", "\xff", 1), false},
		"trailing":            {packPublic, good + "x", false},
		"trailing public":     {packPublic + "x", good, false},
		"cut":                 {packPublic, good[:len(good)-1], false},
		"unknown field":       {packPublic, strings.Replace(good, "timestamp", "timestamq", 1), false},
		"repeated field":      {"\x82\xa7version\x01\xa7version\x01", good, false},
		"missing field":       {"\x81\xa7version\x01", good, false},
		"not a map":           {"\x01", good, false},
		"long list":           {packPublic, packHead + packTail + "\xdc\xff\xff" + packItem, false},
		"not a list":          {packPublic, packHead + packTail + "\x01", false},
		"short nonce":         {packPublic, strings.Replace(good, "\x18nn", "\x17n", 1), false},
		"short data":          {packPublic, strings.Replace(good, "\x49dd", "\x48d", 1), false},
		"text for bytes":      {packPublic, strings.Replace(good, "\xc4\x18", "\xd9\x18", 1), false},
		"bytes for text":      {packPublic, strings.Replace(good, "\xb2xchacha", "\xc4xchacha", 1), false},
		"length past the end": {packPublic, strings.Replace(good, "\xc4\x49", "\xc6\xff\xff\xff\xff", 1), false},
	}
	for name, c := range cases {
		if _, err := findSeed(container(c.public, c.secure)); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestContainerDamage(t *testing.T) {
	sample := sampleContainer(t)
	if _, err := findSeed(sample); err != nil {
		t.Fatal(err)
	}
	for n := range sample {
		if _, err := findSeed(sample[:n]); err == nil {
			t.Fatalf("cut to %d bytes: accepted", n)
		}
	}
	broken := bytes.Clone(sample)
	broken[100] ^= 1 // in the public part, which a checksum covers
	if _, err := openContainer(broken, []byte("p")); !errors.Is(err, ErrContainer) {
		t.Error(err)
	}
	size := bytes.Clone(sample)
	for i := range 8 {
		size[len(containerMagic)+i] = 0xff
	}
	if _, err := openContainer(size, []byte("p")); !errors.Is(err, ErrContainer) {
		t.Error(err)
	}
}

func FuzzContainer(f *testing.F) {
	f.Add(sampleContainer(f))
	f.Add(container(packPublic, packHead+packTail+"\x91"+packItem))
	f.Add([]byte(containerMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		item, err := findSeed(b)
		if err == nil && (len(item.nonce) != 24 || len(item.data) != 73) {
			t.Fatal("sizes")
		}
		// The checksum keeps random bytes out of the secure part, so read that by itself, too.
		if _, err := readSecure(b); err == nil && len(b) == 0 {
			t.Fatal("empty")
		}
	})
}
