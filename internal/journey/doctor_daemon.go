package journey

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// lookAtDaemon looks whether the daemon answers, is of this release, and knows the network's last block.
func (x *examination) lookAtDaemon(context.Context) []Finding {
	r, err := x.daemon()
	if err != nil {
		advice := adviceOn(err)
		if advice == "" {
			advice = "look at the daemon's log"
		}
		return one(failed(sentence(advice), "%s", inTime("the daemon", err)))
	}
	s := &r.State
	list := one(ok("%s answers: network %s, version %s", r.URL, r.Net.Name, s.Version))
	if s.Version != x.Version {
		list[0] = warning("Install the same release of both.", "%s answers: network %s, but its version is %s and this program's %s", r.URL, r.Net.Name, s.Version, x.Version)
	}
	if s.Shadow {
		list = append(list, warning("Pledge nothing there in earnest.", "a shadow run: network %s does not enforce the rules yet", r.Net.Name))
	}
	if why := r.Behind(s, x.Now()); why != "" {
		do := "Wait until it has caught up. If it does not, look at its log and its node, or ask another daemon with --api."
		return append(list, failed(do, "not up to date, at block %d (%s): %s", s.Tip.Height, minute(s.Tip.Time), why))
	}
	return append(list, ok("up to date, at block %d (%s)", s.Tip.Height, minute(s.Tip.Time)))
}

// inTime words an error of a program that may have been asked in vain.
func inTime(who string, err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return who + " does not answer in time"
	}
	return err.Error()
}

// longWaiting is how long an alert may wait before its receiver seems to be down.
const longWaiting = 10 * time.Minute

// lookAtAlerts looks whether alerts arrive.
func (x *examination) lookAtAlerts(context.Context) []Finding {
	r, err := x.daemon()
	if err != nil {
		return untold(errNoDaemon)
	}
	const do = "smartpool alerts list --token-file FILE names the receivers and their last errors."
	a := r.State.Alerts
	switch {
	case a == nil:
		return one(skipped("", "this daemon sends no alerts"))
	case a.GivenUp > 0:
		return one(warning(do, "%d messages are lost: their receivers refused them, or did not take them for days", a.GivenUp))
	case a.Waiting > 0 && time.Duration(a.Oldest)*time.Second > longWaiting:
		return one(warning(do, "%d messages wait to be sent, the oldest of them for %v", a.Waiting, time.Duration(a.Oldest)*time.Second))
	}
	if a.Subscriptions == 0 {
		return one(ok("nobody has subscribed to alerts"))
	}
	return one(ok("%s, and no message waits for long", terminal.Counted(a.Subscriptions, "subscription")))
}

// lookAtDigests compares the daemon's ledger with others'.
func (x *examination) lookAtDigests(ctx context.Context) []Finding {
	if len(x.Against) == 0 {
		return one(skipped("smartpool doctor --against URL compares them.", "no other daemon to compare with"))
	}
	lines, err := CompareDigests(ctx, unheard{}, append([]string{x.API}, x.Against...), -1)
	var untold *UnknownError
	switch {
	case errors.As(err, &untold):
		return one(unknown("Check the addresses of --against.", "%v", err))
	case err != nil:
		return one(failed("smartpool verify pool POOL recomputes a pool from raw blocks and shows which daemon is right.", "%v", err))
	case len(lines) == 1:
		return one(skipped("", "all addresses are of the same daemon"))
	}
	return one(ok("%d daemons agree on all of history up to block %d", len(lines), lines[0].Height))
}

// lookAtToken looks whether the daemon takes the token, and whether others could use it.
func (x *examination) lookAtToken(ctx context.Context) []Finding {
	file := x.TokenFile
	if x.Token == "" && file == "" {
		if x.Data == "" {
			return one(skipped("Alerts need it: give its file with --token-file, or the daemon's folder with --data.", "no token is given"))
		}
		file = filepath.Join(x.Data, "api.token")
	}
	token, err := tokenOf(x.Token, file)
	var exposed *secretfile.ExposedError
	switch {
	case errors.As(err, &exposed):
		return one(failed("chmod 600 "+terminal.Argument(file), "%v", err))
	case err != nil:
		return one(failed("Start smartpoold, which makes api.token in its folder, or give the right file with --token-file.", "%v", err))
	}
	if err := private(x.API); err != nil {
		return one(warning("", "%v", err))
	}
	r, err := x.daemon()
	if err != nil {
		return untold(errNoDaemon)
	}
	c, err := client.New(r.URL)
	if err != nil {
		return untold(err)
	}
	c.Token = token
	_, err = c.Alerts(ctx)
	var problem *client.ProblemError
	switch {
	case errors.As(err, &problem) && problem.Status == http.StatusUnauthorized:
		return one(failed("Give the file api.token of this daemon's folder with --token-file.", "the daemon refuses this token: it is another daemon's, or an old one"))
	case errors.As(err, &problem) && problem.Status == http.StatusConflict:
		return one(ok("the daemon takes the token; it only reads, so another one sends alerts"))
	case err != nil:
		return untold(err)
	}
	return one(ok("the daemon takes the token, and nobody else can read it"))
}

// minute formats a time.
func minute(t time.Time) string { return terminal.Date(t) + " UTC" }

// sentence makes a sentence of advice that follows a semicolon elsewhere.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }
