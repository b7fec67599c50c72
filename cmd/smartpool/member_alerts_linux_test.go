package main

import (
	"context"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// Who names the key file when asked is offered alerts too. Ctrl-C there does not claim that nothing was posted: the pledge stands.
func TestJoinInterruptedAtAlertsStands(t *testing.T) {
	t.Parallel()
	x := startFar(t, func(_ *far, c *daemon.Config) { takesMembers(c) })
	x.manages(x.register()...)
	x.offersAlerts()
	s := newScreen(t)
	s.home = t.TempDir()
	c := s.run([]string{
		"join", "atlas", "--remote", "--coins", "400", "--output", x.output.String(), "--reward", x.address, "--no-wait", "--address", x.address, "--passphrase-file", x.secret, "--api", x.at.API, "--node", nowhere,
	})
	seen := s.awaitAfter(0, "Your PastelID")
	s.typing(x.key + "\n")
	seen = s.awaitAfter(seen, "Continue? [y/N] ")
	s.typing("y\n")
	seen = s.awaitAfter(seen, "Paste the signature: ")
	line := pledgeLine.FindStringSubmatch(strings.ReplaceAll(s.text(), "\r\n", "\n"))
	if line == nil {
		t.Fatalf("no line to sign:\n%s", s.text())
	}
	sig, err := x.node.SignMessage(context.Background(), x.parsed(x.address), line[1])
	if err != nil {
		t.Fatal(err)
	}
	s.typing(sig + "\n")
	seen = s.awaitAfter(seen, "Enter for nowhere (hidden): ")
	s.typing("\x03")
	s.awaitAfter(seen, "The pledge stands; alerts were not set up.")
	if err := c.Wait(); err != nil || strings.Contains(s.text(), "nothing was posted") {
		t.Errorf("join ends with %v:\n%s", err, s.text())
	}
}

// On a terminal, a pledge ends with a question where alerts about it should go, if the daemon takes members' subscriptions. Whoever names a
// receiver sees what the PastelID signs for it.
func TestJoinOffersAlerts(t *testing.T) {
	t.Parallel()
	x := startFar(t, func(_ *far, c *daemon.Config) { takesMembers(c) })
	x.manages(x.register()...)
	x.offersAlerts()
	const ask, paste = "Continue? [y/N] ", "Paste the signature: "
	s := newScreen(t)
	c := s.run([]string{
		"join", "atlas", "--remote", "--coins", "400", "--no-wait", "--address", x.address, "--output", x.output.String(), "--reward", x.address, "--key", x.key, "--passphrase-file", x.secret, "--api", x.at.API, "--node", nowhere,
	})
	seen := s.awaitAfter(0, ask)
	s.typing("y\n")
	seen = s.awaitAfter(seen, paste)
	line := pledgeLine.FindStringSubmatch(strings.ReplaceAll(s.text(), "\r\n", "\n"))
	if line == nil {
		t.Fatalf("no line to sign:\n%s", s.text())
	}
	sig, err := x.node.SignMessage(context.Background(), x.parsed(x.address), line[1])
	if err != nil {
		t.Fatal(err)
	}
	s.typing(sig + "\n")
	s.await("/members/" + x.id + "/feed.atom")
	seen = s.awaitAfter(seen, "Enter for nowhere (hidden): ")
	s.typing("https://hooks.example.org/t0psecret\n")
	seen = s.awaitAfter(seen, ask)
	s.typing("y\n")
	s.awaitAfter(seen, "Created subscription")
	if err := c.Wait(); err != nil {
		t.Errorf("join ends with %v:\n%s", err, s.text())
	}
	if text := s.text(); strings.Contains(text, "t0psecret") || !strings.Contains(text, "smartpool alerts add network regtest daemon https://pools.example.org pastelid "+x.id) {
		t.Errorf("the line to sign is not shown, or the receiver's secret is:\n%s", text)
	}
}
