package devnode

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

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
		return nil, errors.New("an identity is not what the node wrote")
	}
	key, err := pastelid.FromSeed(seed)
	if err != nil {
		return nil, err
	}
	return &identity{seed, key, salt, [32]byte(pass)}, nil
}

func passHash(salt []byte, passphrase string) [32]byte {
	return sha256.Sum256(append(slices.Clone(salt), passphrase...))
}

// newIdentity makes an identity and keeps it.
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

// unlock returns an identity's key to who knows its passphrase. The check is pasteld's; here the key is not encrypted.
func (w *wallet) unlock(pastelID, passphrase string) (*pastelid.PrivateKey, error) {
	for _, id := range w.ids {
		if id.key.ID().String() != pastelID {
			continue
		}
		if passHash(id.salt, passphrase) != id.pass {
			return nil, errPassphrase
		}
		return id.key, nil
	}
	return nil, errNoIdentity
}
