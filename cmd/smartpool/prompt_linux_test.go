package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/term"
)

// asProgram makes this test's binary the program itself.
const asProgram = "SMARTPOOL_TEST_AS_PROGRAM"

// TestMain keeps what commands remember apart from what this user's commands remember.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	folder, err := os.MkdirTemp("", "smartpool")
	if err == nil {
		err = os.Setenv("XDG_CONFIG_HOME", folder)
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// Ctrl-C ends a command at any prompt, and the terminal echoes input again.
func TestCtrlCAtPrompts(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(1)
	key, secret := filepath.Join(x.dir, "key"), x.file("secret", passphrase)
	if code, _, notes := call("", "id", "new", key, "--passphrase-file", secret); code != exitOK {
		t.Fatal(notes)
	}
	for _, tt := range []struct {
		name, prompt string
		line         []string
	}{
		{"a passphrase", "Passphrase of key file", []string{"id", "sign", key, "--message", "x"}},
		{"a new passphrase", "New passphrase for key file", []string{"id", "new", key + "2"}},
		{"a confirmation", "Continue?", []string{"id", "sign", key, "--message", "x", "--passphrase-file", secret}},
		{"a question of a command that talks to the daemon", "Name of the pool", x.located([]string{"pool", "create", "--dry-run"})},
		{"a passphrase of a command that talks to the daemon", "Passphrase of key file", x.located([]string{"id", "register", key})},
	} {
		t.Run(tt.name, func(t *testing.T) { interrupted(t, tt.prompt, tt.line) })
	}
}

// interrupted runs a line on a terminal until it prompts, and checks that Ctrl-C ends it there.
func interrupted(t *testing.T, prompt string, line []string) {
	t.Helper()
	s := newScreen(t)
	before, err := term.GetState(int(s.slave.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	c := s.run(line)
	s.await(prompt)
	s.typing("\x03")
	s.await("interrupted: nothing was posted or spent")
	err = c.Wait()
	if c.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("the command ends with %v, want exit code %d", err, exitInterrupted)
	}
	if after, err := term.GetState(int(s.slave.Fd())); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal is not as it was (%v)", err)
	}
}

// Ctrl-C ends amend at each of its prompts, and nothing is posted.
func TestCtrlCInAmend(t *testing.T) {
	t.Parallel()
	x, alice, _, secret := atlasWithAlice(t)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "100", "--output", x.confirmed(110).String(), "--passphrase-file", secret, "--yes")
	amend := []string{"amend", "atlas", "--pastelid", alice, "--coins", "500"}
	address := x.field("0.positions.1.address", "my", alice)
	if x.field("0.positions.0.offered_coins", "my", alice) == "300" {
		address = x.field("0.positions.0.address", "my", alice)
	}
	at := append([]string{"--address", address}, amend[2:]...)
	for _, tt := range []struct {
		prompt string
		line   []string
	}{
		{"Which one", amend},
		{"Should rewards still go to " + address + "?", append([]string{"amend", "atlas"}, at...)},
		{"Continue?", append(append([]string{"amend", "atlas"}, at...), "--reward", address, "--passphrase-file", secret)},
		{"Passphrase of PastelID", append(append([]string{"amend", "atlas"}, at...), "--reward", address, "--yes")},
	} {
		t.Run(tt.prompt, func(t *testing.T) { interrupted(t, tt.prompt, x.located(tt.line)) })
	}
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) > 0 {
		t.Errorf("%d transactions wait to be mined, want none (%v)", len(waiting), err)
	}
}

// A daemon that shows a superseded ticket cannot make a member sign its reward address: the member says where rewards go, and sees which
// ticket the daemon means.
func TestAmendSignsNoSupersededReward(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, alice, _, secret := atlasWithAlice(t)
	truth := x.at.API
	old, oldTicket := x.field("0.positions.0.reward_address", "my", alice), x.ticketOf(alice)
	_, elsewhere := x.newAddress()
	amend := []string{"amend", "atlas", "--pastelid", alice, "--passphrase-file", secret}
	x.does(append(amend, "--reward", elsewhere, "--yes")...)
	lying := x.tampering(func(r *http.Request, answer map[string]any) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/v1/pools/"):
			x.tamper(answer["tip"].(map[string]any), map[string]any{"time": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
			for _, p := range answer["pledges"].([]any) {
				if p := p.(map[string]any); p["pastelid"] == alice {
					x.tamper(p, map[string]any{"reward_address": old})
				}
			}
		case strings.HasPrefix(r.URL.Path, "/api/v1/pledges"):
			for _, p := range answer["items"].([]any) {
				x.tamper(p.(map[string]any), map[string]any{"ticket": oldTicket})
			}
		}
	})
	asks := func(line []string, shown ...string) (s *screen, ended func() int) {
		s = newScreen(t)
		c := s.run(x.located(line))
		for _, text := range shown {
			s.await(text)
		}
		return s, func() int {
			_ = c.Wait()
			return c.ProcessState.ExitCode()
		}
	}
	waiting := func(want int) {
		t.Helper()
		if list, err := x.node.Mempool(ctx); err != nil || len(list) != want {
			t.Errorf("%d transactions wait to be mined, want %d (%v)", len(list), want, err)
		}
	}

	x.at.API = lying
	raise := slices.Concat(amend, []string{"--coins", "500", "--no-wait"})
	x.refused("nobody is asked", exitUsage, "give the address with --reward", append(raise, "--yes")...)
	x.refused("nobody can be asked", exitUsage, "give the address with --reward", raise...)
	x.refused("a cold machine", exitUsage, "--coins and --reward", "amend", "atlas", "--cold", filepath.Join(x.dir, "t.json"), "--pastelid", alice,
		"--address", old, "--coins", "500")
	s, ended := asks(raise, "transaction "+oldTicket, "rewards go to "+old, "Should rewards still go to "+old+"? [y/N] ")
	s.typing("n\n")
	s.await("Nothing was signed")
	if code := ended(); code != exitNo {
		t.Errorf("a reward address that is not confirmed: exit code %d", code)
	}
	if strings.Contains(s.text(), "Continue?") {
		t.Errorf("it continues:\n%s", s.text())
	}
	waiting(0)

	x.at.API = truth
	s, ended = asks(raise, "transaction "+x.ticketOf(alice), "Should rewards still go to "+elsewhere+"? [y/N] ")
	s.typing("y\n")
	s.await("Continue? [y/N] ")
	s.typing("y\n")
	s.await("Posted: transaction")
	if code := ended(); code != exitOK {
		t.Errorf("a reward address that is confirmed: exit code %d:\n%s", code, s.text())
	}
	waiting(1)
	x.mine(1)
	if got := x.field("0.positions.0.reward_address", "my", alice); got != elsewhere {
		t.Errorf("rewards go to %s, want %s", got, elsewhere)
	}
}
