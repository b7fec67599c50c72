package pastelid

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

const (
	// keyFileHeader starts the decrypted text; the number is the format's version.
	keyFileHeader = "smartpool pastelid key 1"
	// scryptWork is log2 of scrypt's N, age's default: about a second and 256 MiB.
	scryptWork = 18
	// maxScryptWork bounds the cost of reading a hostile file. It equals scryptWork, so every file of ours opens.
	maxScryptWork = scryptWork
	// maxKeyFile is the largest key file that is read, in bytes; ours have about 600.
	maxKeyFile = 16 << 10
)

// Errors of the key files, for errors.Is.
var (
	// ErrPassphrase means that the passphrase does not open the file.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrEmptyPassphrase means that the caller gave no passphrase; no key is stored without one.
	ErrEmptyPassphrase = errors.New("the passphrase is empty; a key file needs one")
	// ErrExposed means that the file's mode lets other users read or write it.
	ErrExposed = errors.New("other users can read or write the key file")
	// ErrKeyFile means that the file is not a key file or is damaged.
	ErrKeyFile = errors.New("not a key file, or damaged")
)

// SaveKeyFile writes k to a new file at path with mode 0600, encrypted with the passphrase as armored age (scrypt), which any
// age tool reads. The encrypted text has three lines: a header with the format's version, the PastelID, and the seed in hex.
// The file appears whole or not at all. SaveKeyFile never replaces a file: it returns fs.ErrExist, or ErrEmptyPassphrase.
func SaveKeyFile(path string, k *PrivateKey, passphrase []byte) error {
	return saveKeyFile(path, k, passphrase, scryptWork)
}

func saveKeyFile(path string, k *PrivateKey, passphrase []byte, work int) error {
	if len(passphrase) == 0 {
		return ErrEmptyPassphrase
	}
	// The link in writeNew decides; asking first saves a second of scrypt.
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create key file", Path: path, Err: fs.ErrExist}
	}
	sealed, err := sealKey(k, passphrase, work)
	if err != nil {
		return fmt.Errorf("encrypt key: %w", err)
	}
	return writeNew(path, sealed)
}

// SealKeyFile returns what SaveKeyFile writes, for those who keep the file elsewhere. Its error is ErrEmptyPassphrase.
func SealKeyFile(k *PrivateKey, passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, ErrEmptyPassphrase
	}
	return sealKey(k, passphrase, scryptWork)
}

// OpenKeyFile reads the content of a key file. Its errors are those of LoadKeyFile, without the file system's.
func OpenKeyFile(content, passphrase []byte) (*PrivateKey, error) {
	if len(content) > maxKeyFile {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrKeyFile, maxKeyFile)
	}
	return openKey(content, passphrase, maxScryptWork)
}

// LoadKeyFile reads a file of SaveKeyFile. Errors: the file system's, ErrExposed if other users own the file, can read it or write to it
// (not on Windows, which has no such modes), ErrEmptyPassphrase, ErrPassphrase, and ErrKeyFile for what is not a key file,
// exceeds 16 KiB or has a higher scrypt work factor than ours.
func LoadKeyFile(path string, passphrase []byte) (*PrivateKey, error) {
	sealed, err := secretfile.Read(path, maxKeyFile)
	if err != nil {
		return nil, keyFileError(err)
	}
	k, err := openKey(sealed, passphrase, maxScryptWork)
	if err != nil {
		return nil, fmt.Errorf("open key file %s: %w", path, err)
	}
	return k, nil
}

func sealKey(k *PrivateKey, passphrase []byte, work int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(work)
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\n%s\n%s\n", keyFileHeader, k.id, hex.EncodeToString(k.key.Seed()))
	if _, err := io.WriteString(w, text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := armored.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func openKey(sealed, passphrase []byte, maxWork int) (*PrivateKey, error) {
	if len(passphrase) == 0 {
		return nil, ErrEmptyPassphrase
	}
	identity, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWork)
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identity)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	text, err := io.ReadAll(r) // at most the bounded file
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	defer clear(text)
	return parseKeyText(string(text))
}

// parseKeyText reads the three decrypted lines. The PastelID among them must be the seed's, so that a mix-up is noticed.
func parseKeyText(text string) (*PrivateKey, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != keyFileHeader || lines[3] != "" {
		return nil, fmt.Errorf("%w: unknown content or version", ErrKeyFile)
	}
	seed, err := hex.DecodeString(lines[2])
	if err != nil {
		return nil, fmt.Errorf("%w: the seed is not hex", ErrKeyFile)
	}
	defer clear(seed)
	k, err := FromSeed(seed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if k.id.String() != lines[1] {
		return nil, fmt.Errorf("%w: its secret belongs to %s, not to the PastelID that it names", ErrKeyFile, k.id)
	}
	return k, nil
}

// keyFileError sorts an error of reading a file.
func keyFileError(err error) error {
	var exposed *secretfile.ExposedError
	switch {
	case errors.As(err, &exposed):
		return fmt.Errorf("%w: %w", ErrExposed, err)
	case errors.Is(err, secretfile.ErrTooLarge), errors.Is(err, secretfile.ErrIrregular):
		return fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	return err
}

// writeNew creates path with the content and mode 0600, or fails and leaves nothing behind. It writes and syncs a temporary
// file in the same folder and links it to the name, because a link, unlike a rename, never replaces a file.
func writeNew(path string, content []byte) error {
	dir := filepath.Dir(path)
	tmp, err := writeTemp(dir, content)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	err = os.Link(tmp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = renameNew(tmp, path) // a file system without links
	}
	if err != nil {
		return fmt.Errorf("create key file: %w", err)
	}
	return syncDir(dir)
}

func writeTemp(dir string, content []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, ".pastelid-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// renameNew claims the name with a new empty file, which fails if the name is taken, and renames tmp over the claim.
func renameNew(tmp, path string) error {
	claim, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = claim.Close()
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

// syncDir makes the new name durable. Windows cannot sync a folder and does not need to.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
