package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// identityFlags say how a PastelID signs: with a key file, or through the node that holds its key.
type identityFlags struct {
	passphraseFlags
	Key string `type:"existingfile" help:"Key file of the PastelID; without it the node signs, which must hold its key."`
}

// identity signs with a PastelID.
type identity struct {
	id   string
	sign func(ctx context.Context, text string) (string, error)
}

// identity opens a PastelID: of the key file, or the one that is named, or the only one of the node.
func (f *identityFlags) identity(ctx context.Context, e *env, wallet *pasteld.Client, id string) (*identity, error) {
	if f.Key != "" {
		key, err := loadKey(e, &f.passphraseFlags, f.Key)
		if err != nil {
			return nil, err
		}
		if me := key.ID().String(); id != "" && id != me {
			return nil, fmt.Errorf("key file %s is of PastelID %s, not of %s: give the right file", f.Key, me, id)
		}
		return &identity{key.ID().String(), func(_ context.Context, text string) (string, error) { return key.SignBase64([]byte(text)), nil }}, nil
	}
	ids, err := wallet.PastelIDs(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case id != "" && !slices.Contains(ids, id):
		return nil, fmt.Errorf("the node does not hold the key of PastelID %s: give its key file with --key", id)
	case id == "" && len(ids) != 1:
		return nil, usagef("the node holds %d PastelIDs: choose one with --pastelid", len(ids))
	case id == "":
		id = ids[0]
	}
	return &identity{id, func(ctx context.Context, text string) (string, error) {
		pass, err := f.passphrase(e, "PastelID "+short(id), false)
		if err != nil {
			return "", err
		}
		return signOnNode(ctx, wallet, id, string(pass), text)
	}}, nil
}

// signOnNode has the node sign, and checks that it did.
func signOnNode(ctx context.Context, wallet *pasteld.Client, id, pass, text string) (string, error) {
	sig, err := wallet.SignWith(ctx, id, pass, text)
	if err != nil {
		return "", fmt.Errorf("PastelID %s did not sign (is the passphrase right?): %w", short(id), err)
	}
	who, err := pastelid.Parse(id)
	if err != nil {
		return "", err
	}
	if !pastelid.VerifyBase64(who, []byte(text), sig) {
		return "", fmt.Errorf("the node's signature with PastelID %s does not verify: nothing was posted", short(id))
	}
	return sig, nil
}
