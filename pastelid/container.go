package pastelid

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

// pasteld keeps each identity in a "secure container", a file named like the PastelID in its pastelkeys folder
// (pasteld: src/pastelid/secure_container.cpp):
//
//	bytes          content
//	21             "PastelSecureContainer"
//	8              length n of the public part, big endian
//	32             double SHA-256 of the public part
//	n              public part, MessagePack: version 1, public_items: [{type, data}]
//	rest           secure part, MessagePack: version 1, timestamp, encryption "xchacha20-poly1305",
//	               secure_items: [{type, nonce, data}]
//
// Each item is sealed with XChaCha20-Poly1305 under its 24-byte nonce, without additional data. Argon2id derives the key
// from the passphrase, with the nonce's first 16 bytes as salt (libsodium's crypto_pwhash, interactive limits). The item
// "pkey_ed448" is the 57-byte seed. This package does not read the older PKCS #8 files: pasteld converts them on first use.
const (
	containerMagic   = "PastelSecureContainer"
	containerCipher  = "xchacha20-poly1305"
	containerSeed    = "pkey_ed448"
	containerVersion = 1

	// maxContainer is the largest container that is read, in bytes; pasteld's have about 6,000.
	maxContainer = 256 << 10
	// maxContainerItems is the longest list of items that is read; pasteld knows three types.
	maxContainerItems = 16

	argonPasses  = 2
	argonMemory  = 64 << 10 // KiB
	argonThreads = 1
	argonSalt    = 16
)

// ErrContainer means that a file is not a key container of pasteld or is damaged.
var ErrContainer = errors.New("not a key container of pasteld, or damaged")

// LoadPasteldContainer reads the Ed448 key from a key container of pasteld, a file in its pastelkeys folder, and does not
// change the file. Errors: the file system's, ErrEmptyPassphrase, ErrPassphrase, ErrKeyFile for what is not a regular file
// of at most 256 KiB, and ErrContainer for any other content. It accepts any file mode, because pasteld sets the mode. It
// computes Argon2id (64 MiB) at most once, whatever the file says.
func LoadPasteldContainer(path string, passphrase []byte) (*PrivateKey, error) {
	b, err := secretfile.ReadAny(path, maxContainer)
	if err != nil {
		return nil, keyFileError(err)
	}
	k, err := openContainer(b, passphrase)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return k, nil
}

func openContainer(b, passphrase []byte) (*PrivateKey, error) {
	if len(passphrase) == 0 {
		return nil, ErrEmptyPassphrase
	}
	item, err := findSeed(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContainer, err)
	}
	key := argon2.IDKey(passphrase, item.nonce[:argonSalt], argonPasses, argonMemory, argonThreads,
		chacha20poly1305.KeySize)
	defer clear(key)
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	seed, err := aead.Open(nil, item.nonce, item.data, nil)
	if err != nil {
		return nil, ErrPassphrase
	}
	defer clear(seed)
	return FromSeed(seed)
}

// findSeed checks everything that needs no passphrase and returns the sealed seed.
func findSeed(b []byte) (sealedItem, error) {
	rest, ok := bytes.CutPrefix(b, []byte(containerMagic))
	if !ok {
		return sealedItem{}, errors.New("it does not start with " + containerMagic)
	}
	if len(rest) < 8+sha256.Size {
		return sealedItem{}, errors.New("truncated header")
	}
	size, sum, rest := binary.BigEndian.Uint64(rest), rest[8:8+sha256.Size], rest[8+sha256.Size:]
	if size > uint64(len(rest)) {
		return sealedItem{}, errors.New("truncated public part")
	}
	public, secure := rest[:size], rest[size:]
	first := sha256.Sum256(public)
	if second := sha256.Sum256(first[:]); !bytes.Equal(sum, second[:]) {
		return sealedItem{}, errors.New("wrong checksum of the public part")
	}
	if err := checkPublic(public); err != nil {
		return sealedItem{}, fmt.Errorf("public part: %w", err)
	}
	item, err := readSecure(secure)
	if err != nil {
		return sealedItem{}, fmt.Errorf("secure part: %w", err)
	}
	return item, nil
}

// checkPublic reads the public part to its end. It holds nothing about the Ed448 key.
func checkPublic(b []byte) error {
	r := packReader{b: b}
	var version uint64
	r.fields(map[string]func(){
		"version": func() { version = r.uint() },
		"public_items": func() {
			r.list(maxContainerItems, func() {
				r.fields(map[string]func(){
					"type": func() { r.str() },
					"data": func() { r.bin() },
				})
			})
		},
	})
	return r.finish(version)
}

type sealedItem struct {
	kind        string
	nonce, data []byte
}

// readSecure returns the one item that holds the seed.
func readSecure(b []byte) (seed sealedItem, err error) {
	r := packReader{b: b}
	var version uint64
	var cipher string
	found := 0
	readItem := func() {
		var item sealedItem
		r.fields(map[string]func(){
			"type":  func() { item.kind = r.str() },
			"nonce": func() { item.nonce = r.bin() },
			"data":  func() { item.data = r.bin() },
		})
		if item.kind == containerSeed {
			seed = item
			found++
		}
	}
	r.fields(map[string]func(){
		"version":      func() { version = r.uint() },
		"timestamp":    func() { r.uint() },
		"encryption":   func() { cipher = r.str() },
		"secure_items": func() { r.list(maxContainerItems, readItem) },
	})
	switch err := r.finish(version); {
	case err != nil:
		return sealedItem{}, err
	case cipher != containerCipher:
		return sealedItem{}, fmt.Errorf("unknown encryption %q", cipher)
	case found != 1:
		return sealedItem{}, fmt.Errorf("%d items %s, want one", found, containerSeed)
	case len(seed.nonce) != chacha20poly1305.NonceSizeX || len(seed.data) != SeedSize+chacha20poly1305.Overhead:
		return sealedItem{}, fmt.Errorf("item %s has a wrong size", containerSeed)
	}
	return seed, nil
}
