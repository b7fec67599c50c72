package devnode

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/legroast"
	"github.com/pastelnetwork/smartpool/pastelid"
)

func (id *identity) file() identityFile {
	return identityFile{id.key.ID().String(), hex.EncodeToString(id.seed), hex.EncodeToString(id.salt), hex.EncodeToString(id.pass[:])}
}

func (f *identityFile) identity() (*identity, error) {
	seed, err := hex.DecodeString(f.Seed)
	salt, saltErr := hex.DecodeString(f.Salt)
	pass, passErr := hex.DecodeString(f.Pass)
	if err = errors.Join(err, saltErr, passErr); err != nil || len(pass) != 32 {
		return nil, errors.New("an identity is malformed")
	}
	key, err := pastelid.FromSeed(seed)
	if err != nil {
		return nil, err
	}
	return &identity{seed: seed, key: key, salt: salt, pass: [32]byte(pass)}, nil
}

func passHash(salt []byte, passphrase string) [32]byte {
	return sha256.Sum256(append(slices.Clone(salt), passphrase...))
}

// newIdentity creates an identity and stores it.
func (w *wallet) newIdentity(passphrase string) (*identity, error) {
	secret := make([]byte, pastelid.SeedSize+16)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	id := &identity{seed: secret[:pastelid.SeedSize], salt: secret[pastelid.SeedSize:]}
	id.pass = passHash(id.salt, passphrase)
	var err error
	if id.key, err = pastelid.FromSeed(id.seed); err != nil {
		return nil, err
	}
	w.ids = append(w.ids, id)
	return id, w.save()
}

var (
	errNoIdentity = errors.New("the wallet does not hold the key of this PastelID")
	errPassphrase = errors.New("Passphrase is invalid. Failed to decrypt secure item 'pkey_ed448' data") //nolint:staticcheck // pasteld's words
)

// identity returns a PastelID's identity; nil if the wallet does not hold it.
func (w *wallet) identity(pastelID string) *identity {
	for _, id := range w.ids {
		if id.key.ID().String() == pastelID {
			return id
		}
	}
	return nil
}

// unlock returns an identity if the passphrase is right. pasteld makes the same check; here the keys are not encrypted.
func (w *wallet) unlock(pastelID, passphrase string) (*identity, error) {
	id := w.identity(pastelID)
	switch {
	case id == nil:
		return nil, errNoIdentity
	case passHash(id.salt, passphrase) != id.pass:
		return nil, errPassphrase
	}
	return id, nil
}

// legRoastSecret returns the secret of the identity's LegRoast key, derived from the seed that the wallet stores.
func (id *identity) legRoastSecret() [legroast.SecretSize]byte {
	return [legroast.SecretSize]byte(sha3.SumSHAKE128(append([]byte("LegRoast key of a development node"), id.seed...), legroast.SecretSize))
}

// legRoastKey returns the LegRoast key. It is computed once.
func (id *identity) legRoastKey() string {
	if id.legRoast == "" {
		id.legRoast = legroast.Public(id.legRoastSecret()).String()
	}
	return id.legRoast
}

func (id *identity) signLegRoast(message []byte) ([]byte, error) {
	seeds := new(legroast.Seeds)
	for n := range seeds {
		if _, err := rand.Read(seeds[n][:]); err != nil {
			return nil, err
		}
	}
	return legroast.Sign(id.legRoastSecret(), message, seeds), nil
}
