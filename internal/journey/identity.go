package journey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// KeySource says where a PastelID's key is: in a file or, without one, on the node, which then signs.
type KeySource struct {
	PassphraseFile string // file with the passphrase on its first line; empty: the person is asked
	File           string // key file; empty: the node signs
}

// Load decrypts the key file.
func (k *KeySource) Load(p Person) (*pastelid.PrivateKey, error) {
	return Unlocked(p, k.PassphraseFile, "key file "+k.File, func(pass []byte) (*pastelid.PrivateKey, error) {
		key, err := pastelid.LoadKeyFile(k.File, pass)
		return key, KeyAdvice(err)
	})
}

// Unlocked opens what a passphrase protects. A person who mistypes it is asked again, terminal.Tries times in all.
func Unlocked[T any](p Person, file, of string, open func(pass []byte) (T, error)) (out T, err error) {
	for try := 1; ; try++ {
		pass, err := p.Passphrase(file, of, false)
		if err != nil {
			return out, err
		}
		out, err = open(pass)
		clear(pass)
		var refused *wrongPassphraseError
		wrong := errors.Is(err, pastelid.ErrPassphrase) || errors.Is(err, pastelid.ErrEmptyPassphrase) || errors.As(err, &refused)
		switch {
		case !wrong || file != "":
			return out, err
		case try == terminal.Tries:
			return out, fmt.Errorf("%w. That was try %d of %d; nothing was signed. Run the command again once you have the passphrase; if nobody has it, use another PastelID "+
				"(smartpool id new FILE makes one)", err, try, terminal.Tries)
		}
		p.Note("That is not the passphrase of %s. Try again (%d of %d).", of, try+1, terminal.Tries)
	}
}

// wrongPassphraseError says that a node refused to sign, probably because of the passphrase.
type wrongPassphraseError struct{ error }

// Unwrap returns the node's refusal.
func (e *wrongPassphraseError) Unwrap() error { return e.error }

// Identity signs with a PastelID.
type Identity struct {
	ID   string
	Sign func(ctx context.Context, text string) (string, error)
}

// Identity opens a PastelID: that of the key file, the given one, or the node's only one.
func (k *KeySource) Identity(ctx context.Context, p Person, wallet *pasteld.Client, id string) (*Identity, error) {
	if k.File != "" {
		key, err := k.Load(p)
		if err != nil {
			return nil, err
		}
		if me := key.ID().String(); id != "" && id != me {
			return nil, fmt.Errorf("key file %s belongs to PastelID %s, not to %s; give the right file", k.File, me, id)
		}
		return keyIdentity(key), nil
	}
	ids, err := wallet.PastelIDs(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case id != "" && !slices.Contains(ids, id):
		return nil, fmt.Errorf("the node does not hold the key of PastelID %s; give its key file with --key", id)
	case id == "" && len(ids) != 1:
		return nil, terminal.Usagef("the node holds %d PastelIDs; choose one with --pastelid", len(ids))
	case id == "":
		id = ids[0]
	}
	return k.onNode(p, wallet, id), nil
}

// keyIdentity signs with a key.
func keyIdentity(key *pastelid.PrivateKey) *Identity {
	return &Identity{key.ID().String(), func(_ context.Context, text string) (string, error) { return key.SignBase64([]byte(text)), nil }}
}

// onNode signs on the node, which holds the key.
func (k *KeySource) onNode(p Person, wallet *pasteld.Client, id string) *Identity {
	return &Identity{id, func(ctx context.Context, text string) (string, error) {
		return Unlocked(p, k.PassphraseFile, "PastelID "+pastel.Short(id), func(pass []byte) (string, error) {
			return signOnNode(ctx, wallet, id, string(pass), text)
		})
	}}
}

// signOnNode has the node sign, and verifies the signature.
func signOnNode(ctx context.Context, wallet *pasteld.Client, id, pass, text string) (string, error) {
	sig, err := wallet.SignWith(ctx, id, pass, text)
	if err != nil {
		err = fmt.Errorf("the node did not sign with PastelID %s; check the passphrase: %w", pastel.Short(id), err)
		var refusal *pasteld.RPCError
		if errors.As(err, &refusal) {
			err = &wrongPassphraseError{err}
		}
		return "", err
	}
	who, err := pastelid.Parse(id)
	if err != nil {
		return "", err
	}
	if !pastelid.VerifyBase64(who, []byte(text), sig) {
		return "", fmt.Errorf("the node's signature with PastelID %s does not verify. Nothing was posted", pastel.Short(id))
	}
	return sig, nil
}

// KeyAdvice adds advice to an error about a key file.
func KeyAdvice(err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w; keys are never overwritten, so choose another name", err)
	case errors.Is(err, pastelid.ErrEmptyPassphrase):
		return fmt.Errorf("%w; a key file always needs one", err)
	case errors.Is(err, pastelid.ErrPassphrase):
		return fmt.Errorf("%w; check its file, or type it again", err)
	case errors.Is(err, pastelid.ErrKeyFile):
		return fmt.Errorf("%w; to read a pasteld key container, use smartpool id import", err)
	default:
		return err
	}
}
