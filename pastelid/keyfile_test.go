package pastelid

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// regexpWork finds the work factor in an age header.
var regexpWork = regexp.MustCompile(`(-> scrypt \S+) \d+\n`)

// testWork is log2 of scrypt's N in tests: instant.
const testWork = 4

func TestKeyFileRoundTrip(t *testing.T) {
	k := mustSeed(t, 9)
	path := filepath.Join(t.TempDir(), "id.age")
	// Use the real work factor once, to prove that what is written can be read.
	if err := SaveKeyFile(path, k, []byte("pass")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	back, err := LoadKeyFile(path, []byte("pass"))
	if err != nil || back.ID() != k.ID() || !bytes.Equal(back.key, k.key) {
		t.Fatalf("%v, %v", back, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, []byte(armor.Header)) || bytes.Contains(b, []byte(k.ID().String())) {
		t.Errorf("content %q", b)
	}
	if names := listDir(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

func listDir(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSaveKeyFileNeverReplaces(t *testing.T) {
	k := mustSeed(t, 9)
	dir := t.TempDir()
	path := filepath.Join(dir, "id.age")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := saveKeyFile(path, k, []byte("p"), testWork); !errors.Is(err, fs.ErrExist) {
		t.Errorf("file: %v", err)
	}
	// After the first check, as when two programs start at once.
	if err := writeNew(path, []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("race: %v", err)
	}
	if err := renameNew(path, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("file system without links: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
	dangling := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err == nil {
		if err := saveKeyFile(dangling, k, []byte("p"), testWork); !errors.Is(err, fs.ErrExist) {
			t.Errorf("dangling link: %v", err)
		}
	}
	if err := saveKeyFile(filepath.Join(dir, "no", "id"), k, []byte("p"), testWork); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	if err := saveKeyFile(filepath.Join(dir, "new"), k, nil, testWork); !errors.Is(err, ErrEmptyPassphrase) {
		t.Errorf("empty passphrase: %v", err)
	}
	for _, name := range listDir(t, dir) {
		if name != "id.age" && name != "link" {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestRenameNew(t *testing.T) {
	dir := t.TempDir()
	tmp, err := writeTemp(dir, []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "id")
	if err := renameNew(tmp, path); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "content" {
		t.Errorf("%q, %v", b, err)
	}
	if err := renameNew(filepath.Join(dir, "gone"), filepath.Join(dir, "id2")); err == nil {
		t.Error("nothing renamed")
	}
	if names := listDir(t, dir); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

// sealText encrypts any text as a key file would be.
func sealText(t testing.TB, text string, work int) []byte {
	t.Helper()
	recipient, err := age.NewScryptRecipient("p")
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(work)
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestLoadKeyFileRefuses(t *testing.T) {
	k := mustSeed(t, 9)
	id, seed := k.ID().String(), hex.EncodeToString(k.key.Seed())
	good := sealText(t, keyFileHeader+"\n"+id+"\n"+seed+"\n", testWork)
	cases := map[string]struct {
		content []byte
		mode    fs.FileMode
		pass    string
		want    error
	}{
		"good":             {good, 0o600, "p", nil},
		"read only":        {good, 0o400, "p", nil},
		"wrong passphrase": {good, 0o600, "q", ErrPassphrase},
		"no passphrase":    {good, 0o600, "", ErrEmptyPassphrase},
		"readable":         {good, 0o644, "p", ErrExposed},
		"group readable":   {good, 0o640, "p", ErrExposed},
		"others may write": {good, 0o602, "p", ErrExposed},
		"empty":            {nil, 0o600, "p", ErrKeyFile},
		"text":             {[]byte("hello"), 0o600, "p", ErrKeyFile},
		"cut":              {good[:len(good)-60], 0o600, "p", ErrKeyFile},
		"trailing":         {append(bytes.Clone(good), "more"...), 0o600, "p", ErrKeyFile},
		"huge":             {bytes.Repeat(good, maxKeyFile/len(good)+1), 0o600, "p", ErrKeyFile},
		"other version":    {sealText(t, "smartpool pastelid key 2\n"+id+"\n"+seed+"\n", testWork), 0o600, "p", ErrKeyFile},
		"more lines":       {sealText(t, keyFileHeader+"\n"+id+"\n"+seed+"\n\n", testWork), 0o600, "p", ErrKeyFile},
		"no last newline":  {sealText(t, keyFileHeader+"\n"+id+"\n"+seed, testWork), 0o600, "p", ErrKeyFile},
		"not hex":          {sealText(t, keyFileHeader+"\n"+id+"\n"+seed[1:]+"\n", testWork), 0o600, "p", ErrKeyFile},
		"short seed":       {sealText(t, keyFileHeader+"\n"+id+"\n"+seed[2:]+"\n", testWork), 0o600, "p", ErrKeyFile},
		"another's id":     {sealText(t, keyFileHeader+"\n"+mustSeed(t, 8).ID().String()+"\n"+seed+"\n", testWork), 0o600, "p", ErrKeyFile},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "id.age")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			if runtime.GOOS == "windows" && errors.Is(c.want, ErrExposed) {
				t.Skip("no such modes")
			}
			got, err := LoadKeyFile(path, []byte(c.pass))
			if !errors.Is(err, c.want) || (err == nil) != (got != nil) {
				t.Fatalf("%v, %v", got, err)
			}
			if errors.Is(err, ErrExposed) && !strings.Contains(err.Error(), "chmod 600") {
				t.Errorf("no way out: %v", err)
			}
			if err != nil && strings.Contains(err.Error(), seed) {
				t.Errorf("secret in %v", err)
			}
		})
	}
	if _, err := LoadKeyFile(t.TempDir(), []byte("p")); !errors.Is(err, ErrKeyFile) {
		t.Errorf("folder: %v", err)
	}
	if _, err := LoadKeyFile(filepath.Join(t.TempDir(), "no"), []byte("p")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

// A file that demands more work than ours is refused before the work is done.
func TestHostileWorkFactor(t *testing.T) {
	good := sealText(t, "x", testWork)
	body, err := io.ReadAll(armor.NewReader(bytes.NewReader(good)))
	if err != nil {
		t.Fatal(err)
	}
	hostile := regexpWork.ReplaceAll(body, []byte("$1 30\n"))
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	if _, err := w.Write(hostile); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(hostile, body) {
		t.Fatal("nothing changed")
	}
	if _, err := openKey(out.Bytes(), []byte("p"), maxScryptWork); !errors.Is(err, ErrKeyFile) {
		t.Fatal(err)
	}
}

func FuzzLoadKeyFile(f *testing.F) {
	k := mustSeed(f, 9)
	f.Add(sealText(f, keyFileHeader+"\n"+k.ID().String()+"\n"+hex.EncodeToString(k.key.Seed())+"\n", testWork))
	f.Add(sealText(f, "text", 1))
	f.Add([]byte(armor.Header + "\n" + armor.Footer))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := openKey(b, []byte("p"), testWork)
		if (err == nil) != (got != nil) {
			t.Fatalf("%v, %v", got, err)
		}
	})
}

func FuzzParseKeyText(f *testing.F) {
	k := mustSeed(f, 9)
	f.Add(keyFileHeader + "\n" + k.ID().String() + "\n" + hex.EncodeToString(k.key.Seed()) + "\n")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseKeyText(s)
		if err == nil && !strings.Contains(s, got.ID().String()) {
			t.Fatal("another id")
		}
	})
}
