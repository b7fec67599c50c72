package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// registration registers a PastelID the way pasteld requires: one address of the wallet pays, not the wallet as a whole.
func registration(ctx context.Context, l *lab, n *notes) error {
	const pass = "passphrase of a newcomer"
	id, err := l.alpha.NewPastelID(ctx, pass)
	if err != nil {
		return err
	}
	if _, err := l.alpha.NewAddress(ctx); err != nil { // the wallet's next address may be the one it mined to
		return err
	}
	from, err := l.alpha.NewAddress(ctx)
	if err != nil {
		return err
	}
	for _, coins := range []pastel.Amount{0, 5} {
		if coins > 0 {
			if _, err := l.alpha.SendTo(ctx, from, coins*pastel.PSL); err != nil {
				return err
			}
		}
		_, err := l.alpha.RegisterID(ctx, id, pass, from)
		var refused *pasteld.RPCError
		if !errors.As(err, &refused) {
			return fmt.Errorf("a PastelID was registered with %s PSL at the address: %w", coins*pastel.PSL, err)
		}
		n.saw("with %s PSL at the address: %s", coins*pastel.PSL, strings.ReplaceAll(refused.Message, from.Encode(&l.net), "<address>"))
	}
	if _, err := l.alpha.SendTo(ctx, from, 6*pastel.PSL); err != nil {
		return err
	}
	if _, err := l.alpha.RegisterID(ctx, id, pass, from); err != nil {
		return err
	}
	n.saw("with 11 PSL there, unmined, it is registered")
	return l.mine(ctx, 1)
}
