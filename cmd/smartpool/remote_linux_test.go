package main

import (
	"context"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// On a terminal, a person without a node is asked for what no flag says. Both signatures may come from elsewhere.
func TestRemoteOnATerminal(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	x.manages(x.register()...)
	key, err := pastelid.LoadKeyFile(x.key, []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	at := []string{"--api", x.at.API, "--node", nowhere}
	const ask, paste = "Continue? [y/N] ", "Paste the signature: "
	signing := func(s *screen, seen int) {
		t.Helper()
		seen = s.awaitAfter(seen, paste)
		shown := strings.ReplaceAll(s.text(), "\r\n", "\n")
		line := pledgeLine.FindStringSubmatch(shown)
		if line == nil {
			t.Fatalf("no line to sign:\n%s", shown)
		}
		s.typing(key.SignBase64([]byte(line[1])) + "\n")
		s.awaitAfter(seen, paste)
		sig, err := x.node.SignMessage(context.Background(), x.parsed(x.address), line[1])
		if err != nil {
			t.Fatal(err)
		}
		s.typing(sig + "\n")
	}

	s := newScreen(t)
	c := s.run(append([]string{"join", "atlas", "--remote", "--coins", "400", "--no-wait"}, at...))
	seen := s.awaitAfter(0, "Address that holds the coins: ")
	s.typing(" " + x.address + ".\n")
	seen = s.awaitAfter(seen, "Your PastelID: ")
	s.typing(x.id + "\n")
	seen = s.awaitAfter(seen, "Its number, or another [1]: ")
	s.typing("\n")
	seen = s.awaitAfter(seen, ask)
	s.typing("y\n")
	signing(s, seen)
	s.await("Posted: transaction")
	if err := c.Wait(); err != nil {
		t.Errorf("join ends with %v:\n%s", err, s.text())
	}
	x.mine(1)

	amend := append([]string{"amend", "atlas", "--remote", "--pastelid", x.id, "--coins", "500", "--no-wait"}, at...)
	s = newScreen(t)
	c = s.run(amend)
	seen = s.awaitAfter(0, "Should rewards go to "+x.address+" from now on? [y/N] ")
	s.typing("n\n")
	s.awaitAfter(seen, "Nothing was signed")
	if _ = c.Wait(); c.ProcessState.ExitCode() != exitNo {
		t.Errorf("rewards that go elsewhere: exit code %d", c.ProcessState.ExitCode())
	}
	s = newScreen(t)
	c = s.run(amend)
	seen = s.awaitAfter(0, "Should rewards go to "+x.address+" from now on? [y/N] ")
	s.typing("y\n")
	seen = s.awaitAfter(seen, ask)
	s.typing("y\n")
	signing(s, seen)
	s.await("Posted: transaction")
	if err := c.Wait(); err != nil {
		t.Errorf("amend ends with %v:\n%s", err, s.text())
	}
	x.mine(1)
	if got := x.field("0.positions.0.offered_coins", "my", x.id); got != "500" {
		t.Errorf("%s PSL are offered, want 500", got)
	}
	interrupted(t, paste, append(append(amend, "--reward", x.address, "--yes"), "--coins", "510"))
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) > 0 {
		t.Errorf("%d transactions wait, want none (%v)", len(waiting), err)
	}
}
