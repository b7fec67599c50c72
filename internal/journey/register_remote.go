package journey

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// remotely registers without a node: the key file signs the registration, and the daemon posts it if the PastelID is on its list.
func (c *Registration) remotely(ctx context.Context, r *Daemon) (Posted, error) {
	if r.State.Posting == nil || !r.State.Posting.Registers {
		return Posted{}, fmt.Errorf("the daemon at %s registers no PastelIDs; ask another daemon with --api, or register with a wallet, without --remote", r.URL)
	}
	address, err := given(r.Person, c.Address, "Address for the registration to name, one of yours", "--address")
	if err != nil {
		return Posted{}, err
	}
	if _, err := pastel.ParseAddress(&r.Net, address); err != nil {
		return Posted{}, terminal.Usagef("--address: %w", foreign(address, err))
	}
	key, err := c.Key.Load(r.Person)
	if err != nil {
		return Posted{}, err
	}
	id := key.ID().String()
	if err := r.unregistered(ctx, id); err != nil {
		return Posted{}, err
	}
	if err := r.sameTime(r.State.Tip.Time); err != nil {
		return Posted{}, fmt.Errorf("%w. Nothing was signed", err)
	}
	what := fmt.Sprintf("You are about to register\nPastelID  %s\non network %s, with address %s. You cannot undo this.\n"+
		"Posting   the daemon at %s posts it and pays for it, if its operator has listed the PastelID; you pay nothing\n"+
		"          It learns that this address and this PastelID are yours, as everybody does once a block holds it, and where you connect from\n",
		id, r.Net.Name, address, r.URL)
	if err := r.Person.Confirm(c.Yes, what); err != nil {
		return Posted{}, err
	}
	x := ticket.NewRegistration(key, "", address, time.Now().Unix())
	got, err := r.Register(ctx, wire.Registration{PastelID: id, Address: address, Time: x.Timestamp, Signature: base64.StdEncoding.EncodeToString(x.Signature)})
	var problem *client.ProblemError
	if errors.As(err, &problem) && problem.Status == http.StatusForbidden {
		return Posted{}, fmt.Errorf("the operator of the daemon at %s has not listed PastelID %s. Send it to the operator and try again once it is listed, or register with a wallet, "+
			"without --remote. Nothing was posted", r.URL, id)
	}
	posted, err := r.posted(got, err)
	if err != nil {
		return Posted{}, err
	}
	return posted.finish(ctx, r, !c.NoWait, r.nowRegistered(ctx, id))
}
