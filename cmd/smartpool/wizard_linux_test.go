package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// says is a prompt, or something else on the screen, and what a person types then.
type says struct{ shown, typed string }

// talks runs a line on a terminal. It waits for each text behind the one before, types the answer, and returns the exit code and the screen.
func talks(t *testing.T, home string, line []string, dialog ...says) (code int, shown string) {
	t.Helper()
	s := newScreen(t)
	s.home = home
	c := s.run(line)
	seen := 0
	for _, d := range dialog {
		seen = s.awaitAfter(seen, d.shown)
		if d.typed != "" {
			s.typing(d.typed)
		}
	}
	_ = c.Wait()              // the exit code says it
	const end = "«the end»\n" // behind all that the screen has to show
	if _, err := s.slave.WriteString(end); err != nil {
		t.Fatal(err)
	}
	s.awaitAfter(seen, strings.TrimSpace(end))
	return c.ProcessState.ExitCode(), s.text()
}

// remembered returns the file of answers in a folder; "" if there is none.
func remembered(t *testing.T, home string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(home, "smartpool", "answers-regtest.json"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// waiting returns how many transactions wait for a block.
func (x *dev) waiting() int {
	x.t.Helper()
	list, err := x.node.Mempool(context.Background())
	if err != nil {
		x.t.Fatal(err)
	}
	return len(list)
}

const (
	number  = "Its number, or another"
	resume  = "Continue with these answers? (y or n) [y]: "
	confirm = "Continue? [y/N] "
)

// An answer that would be refused later is refused when it is given, with what would be right, and the question comes again. After the last
// question nothing is refused.
func TestEveryAnswerIsCheckedWhenGiven(t *testing.T) {
	t.Parallel()
	x, _, operator := startAtlas(t)
	used, supernode, alice := x.field("supernode", "pool", "status", "atlas"), x.person(0), x.person(0)
	stranger := "jXXcMASRGtR95SZTMhzZvkusJVWndJvPB8n6GArNYk5ef7wCdnXngTLeNkYJ1FpkyNgAskFMncyRq7mqZcK1E2"
	escrow := x.field("escrow", "pool", "status", "atlas")
	x.mine(1)
	home := t.TempDir()
	for _, refused := range []struct {
		code int
		want string
		line []string
	}{
		{exitUsage, "--fee", []string{"pool", "create", "--fee", "20"}},
		{exitNo, "--operator: the node does not hold the key", []string{"pool", "create", "--operator", stranger}},
		{exitNo, "each pool needs one of its own", []string{"pool", "create", "--supernode", used}},
		{exitUsage, "--fee-address: it is the escrow", []string{"pool", "create", "--fee-address", escrow}},
		{exitUsage, "--reward: want an address of network regtest", []string{"join", "atlas", "--reward", "t1abc"}},
		{exitUsage, "--address: ", []string{"join", "atlas", "--address", "t1abc"}},
		{exitNo, "the node does not hold the key", []string{"join", "atlas", "--pastelid", stranger}},
	} {
		if code, shown := talks(t, home, x.located(refused.line)); code != refused.code || !strings.Contains(shown, refused.want) || strings.Contains(shown, "? explains") {
			t.Errorf("%v: exit code %d, want %d and %q before any question:\n%s", refused.line, code, refused.code, refused.want, shown)
		}
	}
	create := x.located([]string{"pool", "create", "--no-wait"})
	code, shown := talks(t, home, create,
		says{"Name of the pool", "ATLAS\n"}, says{"want 3 to 32 of a-z", ""}, says{"Name of the pool", "\n"}, says{"want 3 to 32", ""}, says{"Name of the pool", " beta \n"},
		says{"Your name", "At\u0430las\n"}, says{"members would see", ""}, says{"Your name", "Beta\n"},
		says{"Operator's PastelID:", ""}, says{number, "99\n"}, says{"want a number of the list", ""}, says{number, stranger + "\n"}, says{"the node does not hold its key", ""},
		says{number, operator[:40] + "\n"}, says{"no PastelID, as a typing error changes it", ""}, says{number, operator[:20] + " " + operator[20:] + "\n"},
		says{"Supernode's PastelID:", ""}, says{number, used + "\n"}, says{"each pool needs one of its own", ""}, says{number, supernode + "\n"},
		says{"Your fee", "2\n"}, says{"want 3 to 15", ""}, says{"Your fee", "4,5\n"}, says{"write decimals with a point", ""}, says{"Your fee", "«5 %»\n"},
		says{"factor", "9\n"}, says{"want 1 to 3", ""}, says{"factor", "1.2\n"},
		says{"Collateral", "999\n"}, says{"want at least 1000 PSL", ""}, says{"Collateral", "99999999999\n"}, says{"more than there will ever be", ""}, says{"Collateral", "10,000\n"},
		says{"Blocks to pledge in", "1.5e3\n"}, says{"is not a whole number", ""}, says{"Blocks to pledge in", "4\n"}, says{"want 5 to 51840 blocks", ""}, says{"Blocks to pledge in", "10 000\n"},
		says{"Address for your fee", "t1abc\n"}, says{"want an address of network regtest", ""}, says{"Address for your fee", escrow + "\n"}, says{"it is the escrow of pool atlas", ""},
		says{"Address for your fee", "\n"}, says{"5 % of the rewards", ""}, says{"the Supernode needs 10000 PSL; target 12000 PSL", ""}, says{"accepted for 10000 blocks", ""},
		says{confirm, "y\n"}, says{"Passphrase of PastelID", passphrase + "\n"}, says{"Passphrase of PastelID", passphrase + "\n"}, says{"Posted: transaction", ""})
	if code != exitOK || x.waiting() != 1 {
		t.Fatalf("opening a pool: exit code %d, %d transactions wait:\n%s", code, x.waiting(), shown)
	}
	x.mine(1)

	x.confirmed(520)
	least := x.field("least_pledge_coins", "pool", "status", "atlas")
	code, shown = talks(t, home, x.located([]string{"join", "--no-wait"}),
		says{"Pool:", ""}, says{number, "nowhere\n"}, says{"no pool has the label", ""}, says{number, "atlas\n"},
		says{"Coins to pledge, PSL (" + least, "1\n"}, says{"the pool accepts no less than", ""}, says{"Coins to pledge", "9,999,999\n"}, says{"your largest has", ""},
		says{"Coins to pledge", "10.000\n"}, says{"write it without a separator", ""}, says{"Coins to pledge", "500 PSL\n"},
		says{"Output that backs the pledge", ""}, says{"520 PSL at", ""}, says{number, strings.Repeat("ab", 32) + ":0\n"}, says{"of at least 500 PSL in this wallet", ""}, says{number, "1\n"},
		says{"Your PastelID:", ""}, says{number, "nonsense\n"}, says{"there is no file", ""}, says{number, alice + "\n"},
		says{"Address that receives the rewards:", ""}, says{number, escrow + "\n"}, says{"it is the escrow of pool atlas", ""}, says{number, "\n"},
		says{"Pledge    500 PSL", ""}, says{confirm, "y\n"}, says{"Passphrase of PastelID", passphrase + "\n"}, says{"Posted: transaction", ""})
	if code != exitOK || x.waiting() != 1 {
		t.Errorf("joining: exit code %d, %d transactions wait:\n%s", code, x.waiting(), shown)
	}
}

// A person who opens a pool makes and registers both PastelIDs on the way, sees the price first, and gets the pool.
func TestPastelIDsAreMadeAndRegisteredOnTheWay(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(105)
	home, key := t.TempDir(), filepath.Join(t.TempDir(), "operator.key")
	secretly := []says{{"New passphrase for", passphrase + "\n"}, {"Repeat", passphrase + "\n"}}
	register := []says{{"Registering it costs 10 PSL", ""}, {"Register it now?", "\n"}, {"Costs     10 PSL", ""}, {confirm, "y\n"}}
	dialog := []says{{"Name of the pool", "atlas\n"}, {"Your name", "Atlas\n"}, {"make a new one, in a key file", ""}, {number, "\n"}, {"Key file to create", key + "\n"}}
	dialog = append(append(dialog, secretly...), register...)
	dialog = append(dialog, says{"Supernode's PastelID:", ""}, says{"make a new one, on the node", ""}, says{number, "\n"})
	dialog = append(dialog, secretly...)
	dialog = append(dialog, says{"Register it now?", "n\n"}, says{"it cannot serve until it is registered", ""}, says{number, "\n"}) // the same one again
	dialog = append(append(dialog, register...), says{"Passphrase of PastelID", passphrase + "\n"})
	dialog = append(dialog, says{"Your fee", "\n"}, says{"factor", "\n"}, says{"Collateral", "\n"}, says{"Blocks", "\n"}, says{"Address for your fee", "\n"}, says{confirm, "y\n"},
		says{"Passphrase of PastelID", passphrase + "\n"}, says{"Members join with", ""})
	var code int
	var shown string
	x.whileMining(func() { code, shown = talks(t, home, x.located([]string{"pool", "create"}), dialog...) })
	if code != exitOK {
		t.Fatalf("exit code %d:\n%s", code, shown)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	if ids, err := x.node.PastelIDs(context.Background()); err != nil || len(ids) != 1 {
		t.Errorf("the node holds %v (%v), want one PastelID", ids, err)
	}
	if text := remembered(t, home); strings.Contains(text, "unfinished") || !strings.Contains(text, key) || strings.Contains(text, passphrase) {
		t.Errorf("this machine remembers\n%s", text)
	}
}

// Who types a wrong passphrase is asked three times in all. Then the command says how to go on, and has lost no answer.
func TestWrongPassphraseIsAskedThreeTimes(t *testing.T) {
	t.Parallel()
	x, _, _ := startAtlas(t)
	alice := x.person(520)
	x.mine(1)
	home, join := t.TempDir(), x.located([]string{"join", "atlas", "--pastelid", alice, "--no-wait"})
	const ask, wrong = "Passphrase of PastelID", "That is not the passphrase"
	code, shown := talks(t, home, join, says{"Coins to pledge", "500\n"}, says{number, "\n"}, says{number, "\n"}, says{confirm, "y\n"},
		says{ask, "guess\n"}, says{wrong, ""}, says{"(2 of 3)", ""}, says{ask, "guess\n"}, says{"(3 of 3)", ""}, says{ask, "guess\n"},
		says{"Your answers are kept", ""}, says{"That was try 3 of 3; nothing was signed. Run the command again", ""})
	if code != exitNo || x.waiting() != 0 {
		t.Fatalf("three wrong passphrases: exit code %d, %d transactions wait:\n%s", code, x.waiting(), shown)
	}
	code, shown = talks(t, home, join, says{"coins        500", ""}, says{resume, "\n"}, says{confirm, "y\n"}, says{ask, "guess\n"}, says{wrong, ""}, says{ask, passphrase + "\n"},
		says{"Posted: transaction", ""})
	if code != exitOK || x.waiting() != 1 || strings.Contains(shown, "Coins to pledge, PSL (") {
		t.Errorf("right the second time: exit code %d, %d transactions wait:\n%s", code, x.waiting(), shown)
	}
}

// What a person answered survives Ctrl-C and an error, and the same command offers to continue with it. It is forgotten once the command is
// done, and a program neither reads nor writes it.
func TestAnswersSurviveAnInterruption(t *testing.T) {
	t.Parallel()
	x, secret, operator := startAtlas(t)
	supernode := x.person(0)
	x.mine(1)
	home, create := t.TempDir(), x.located([]string{"pool", "create", "--no-wait"})
	code, shown := talks(t, home, create, says{"Name of the pool", "beta\n"}, says{"Your name", "Beta\n"}, says{number, operator + "\n"}, says{"Supernode's PastelID:", ""},
		says{number, "\x03"}, says{"Your answers are kept", ""}, says{"interrupted: nothing was posted or spent", ""})
	if code != exitInterrupted {
		t.Fatalf("Ctrl-C: exit code %d:\n%s", code, shown)
	}
	path := filepath.Join(home, "smartpool", "answers-regtest.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of answers: %v, %v", info, err)
	}
	kept := remembered(t, home)
	for _, answer := range []string{"beta", "Beta", operator} {
		if !strings.Contains(kept, answer) {
			t.Errorf("%q is lost:\n%s", answer, kept)
		}
	}

	// A program is not offered the answers, and leaves them alone.
	s := newScreen(t)
	s.home = home
	c := s.run(append([]string{"--json"}, create...))
	s.await("Name of the pool")
	s.typing("\x03")
	_ = c.Wait()
	if strings.Contains(s.text(), "Continue with these answers") || remembered(t, home) != kept {
		t.Errorf("with --json:\n%s\n%s", s.text(), remembered(t, home))
	}

	// Who does not continue has them as defaults.
	code, shown = talks(t, home, create, says{"label        beta", ""}, says{resume, "n\n"}, says{"Name of the pool (3 to 32 of a-z, 0-9 and -) [beta]: ", "gamma\n"},
		says{"Your name, as members will see it [Beta]: ", "\x03"})
	if code != exitInterrupted || !strings.Contains(remembered(t, home), "gamma") || !strings.Contains(remembered(t, home), operator) {
		t.Errorf("starting over: exit code %d, remembered are\n%s\n%s", code, remembered(t, home), shown)
	}

	// The rest is asked, and a flag overrides an answer.
	code, shown = talks(t, home, append(create, "--label", "delta", "--supernode", supernode, "--fee", "4", "--factor", "1.5", "--passphrase-file", secret), says{resume, "\n"}, says{"Collateral", "\n"},
		says{"Blocks", "\n"}, says{"Address for your fee", "\n"}, says{"Pool      delta.", ""}, says{`"Beta", PastelID ` + operator, ""}, says{confirm, "y\n"}, says{"Posted: transaction", ""})
	if code != exitOK || x.waiting() != 1 {
		t.Errorf("continuing: exit code %d, %d transactions wait:\n%s", code, x.waiting(), shown)
	}
	if text := remembered(t, home); strings.Contains(text, "unfinished") {
		t.Errorf("the answers outlive the command:\n%s", text)
	}
}

// A daemon and a node that go away between two questions cost no answer.
func TestAnswersSurviveADaemonThatGoesAway(t *testing.T) {
	t.Parallel()
	x, secret, _ := startAtlas(t)
	alice := x.person(520)
	x.mine(1)
	home, join := t.TempDir(), []string{"join", "atlas", "--no-wait", "--passphrase-file", secret}
	s := newScreen(t)
	s.home = home
	c := s.run(x.located(join))
	seen := s.awaitAfter(0, "Coins to pledge")
	s.typing("500\n")
	seen = s.awaitAfter(seen, number)
	x.stop()
	s.typing("1\n")
	s.awaitAfter(seen, "Your answers are kept")
	_ = c.Wait() // the exit code says it
	if code := c.ProcessState.ExitCode(); code != exitUnknown {
		t.Errorf("exit code %d, want %d:\n%s", code, exitUnknown, s.text())
	}
	x.start()
	x.settle()
	code, shown := talks(t, home, x.located(join), says{"coins        500", ""}, says{resume, "\n"}, says{"Your PastelID:", ""}, says{number, alice + "\n"}, says{number, "\n"},
		says{confirm, "y\n"}, says{"Posted: transaction", ""})
	if code != exitOK || x.waiting() != 1 {
		t.Errorf("continuing: exit code %d, %d transactions wait:\n%s", code, x.waiting(), shown)
	}
}

// A file of answers that somebody else wrote, or could have, is not believed: nothing in it gets into a ticket unless the person sees it and
// agrees, and whatever is wrong with it costs no more than the offer.
func TestHostileAnswersFile(t *testing.T) {
	t.Parallel()
	x, _, operator := startAtlas(t)
	x.mine(1)
	create := x.located([]string{"pool", "create", "--no-wait"})
	whole := `{"version":1,"network":"regtest","unfinished":{"pool create":{"since":"2026-01-31T12:00:00Z","answers":{"--label":"ATLAS\u003f","--company":"Evil","--fee":"99"}}}}`
	for name, file := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"readable by others": {whole, 0o644, "chmod 600"}, "no JSON": {"{", 0o600, "it is damaged"}, "of another network": {strings.Replace(whole, "regtest", "main", 1), 0o600, "another network's"},
		"with a line break": {strings.Replace(whole, "Evil", `a\nb`, 1), 0o600, "not one line"}, "with an escape": {strings.Replace(whole, "Evil", `\u001b[2J`, 1), 0o600, "not one line"},
		"too long": {strings.Replace(whole, "Evil", strings.Repeat("x", 100_000), 1), 0o600, "more than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			path := filepath.Join(home, "smartpool", "answers-regtest.json")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(file.text), file.mode); err != nil {
				t.Fatal(err)
			}
			code, shown := talks(t, home, create, says{"earlier answers cannot be read, so none are offered", ""}, says{file.want, ""}, says{"Name of the pool", "beta\n"}, says{"Your name", "\x03"})
			if code != exitInterrupted || strings.Contains(shown, "Continue with these") {
				t.Errorf("exit code %d:\n%s", code, shown)
			}
			if text := remembered(t, home); !strings.Contains(text, "beta") || strings.Contains(text, "Evil") {
				t.Errorf("written over: %.200s", text)
			}
		})
	}

	// What is well formed is checked as if it were typed.
	home := t.TempDir()
	path := filepath.Join(home, "smartpool", "answers-regtest.json")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	code, shown := talks(t, home, create, says{"fee          99", ""}, says{resume, "y\n"}, says{"label: ATLAS? is no longer an answer", ""}, says{"Name of the pool", "beta\n"},
		says{"Operator's PastelID:", ""}, says{number, operator + "\n"}, says{number, "\x03"})
	if code != exitInterrupted {
		t.Errorf("exit code %d:\n%s", code, shown)
	}

	// A reward address that the file calls the last one is offered by its number. Enter takes the pledged address.
	alice, other := x.person(520), "tPbebf2MmX4u4BwiaMjRBdv8qT7vQnUr89S"
	x.mine(1)
	if err := os.WriteFile(path, []byte(`{"version":1,"network":"regtest","usual":{"--reward":"`+other+`"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, shown = talks(t, home, x.located([]string{"join", "atlas", "--pastelid", alice, "--coins", "500", "--no-wait"}), says{number, "\n"}, says{pastel.Short(other) + ", as the last time", ""},
		says{number + " [1]: ", "\n"}, says{confirm, "n\n"})
	if code != exitNo || strings.Contains(shown, "Rewards   go to "+other) {
		t.Errorf("exit code %d:\n%s", code, shown)
	}

	// Nor does Enter take one that the file calls an answer, once the person does not continue with the answers.
	if err := os.WriteFile(path, []byte(`{"version":1,"network":"regtest","unfinished":{"join":{"since":"2026-01-31T12:00:00Z","answers":{"--reward":"`+other+`"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, shown = talks(t, home, x.located([]string{"join", "atlas", "--pastelid", alice, "--coins", "500", "--no-wait"}), says{"reward       " + other, ""}, says{resume, "n\n"}, says{number, "\n"},
		says{number + " [1]: ", "\n"}, says{confirm, "n\n"})
	if code != exitNo || strings.Contains(shown, "Rewards   go to "+other) {
		t.Errorf("not continuing: exit code %d:\n%s", code, shown)
	}
}

// Who launches a Supernode is asked for what masternode.conf does not say.
func TestLaunchAsksForWhatIsMissing(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	l.write(`{"Other": {"outIndex": "1", "txid": "` + strings.Repeat("cd", 32) + `", "mnAddress":"127.0.0.1:1"}}`)
	code, shown := talks(t, t.TempDir(), l.located([]string{"supernode", "launch", "--no-wait"}), says{"Pool:", ""}, says{`1  atlas by "Atlas", yours`, ""}, says{number + " [1]: ", "\n"},
		says{`Name in masternode.conf (in use: "Other") [atlas]: `, "other\n"}, says{"another Supernode has this name", ""}, says{"Name in masternode.conf", "\n"},
		says{"Supernode's machine (IP:PORT): ", "node.example.org:19933\n"}, says{"want IPv4:PORT", ""}, says{"Supernode's machine", "127.0.0.1:9933\n"}, says{"port 9933 on main", ""},
		says{"Supernode's machine", "?\n"}, says{"Nodes do not resolve names", ""}, says{"Supernode's machine", " 127.0.0.1:19933 \n"},
		says{"Its Supernode software (IP:PORT, or none) [none]: ", "4444\n"}, says{"want IPv4:PORT", ""}, says{"Its Supernode software", "127.0.0.1:4444\n"}, says{"or none) [none]: ", "\n"},
		says{confirm, "y\n"}, says{"Passphrase of PastelID", passphrase + "\n"}, says{"Started.", ""})
	if code != exitOK {
		t.Fatalf("exit code %d:\n%s", code, shown)
	}
	if text, list := l.text(), l.listed(); !strings.Contains(text, `"mnAddress": "127.0.0.1:19933"`) || !strings.Contains(list, `"extAddress":"127.0.0.1:4444"`) {
		t.Errorf("the node lists %s; masternode.conf is\n%s", list, text)
	}
}

// Who launches a Supernode whose PastelID the node does not hold is asked for its key file before anything else.
func TestLaunchAsksForTheKeyFile(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret, key, other := x.file("secret", passphrase), filepath.Join(x.dir, "supernode.key"), filepath.Join(x.dir, "other.key")
	x.mine(105)
	operator, alice := x.person(0), x.person(1300)
	x.mine(1)
	for _, file := range []string{key, other} {
		if code, _, notes := call("", "id", "new", file, "--passphrase-file", secret); code != exitOK {
			t.Fatal(notes)
		}
	}
	x.does("id", "register", key, "--passphrase-file", secret, "--yes")
	x.does("pool", "create", "--label", "atlas", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "40", "--operator", operator, "--supernode-key", key,
		"--passphrase-file", secret, "--yes")
	x.does("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes")
	x.does("pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
	const ask, pass = "Key file of PastelID", "Passphrase of key file"
	code, shown := talks(t, t.TempDir(), x.located([]string{"supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--no-wait"}), says{ask, key + "x\n"}, says{"there is no file", ""},
		says{ask, secret + "\n"}, says{pass, passphrase + "\n"}, says{"smartpool id import", ""}, says{ask, other + "\n"}, says{pass, passphrase + "\n"}, says{"give the one of the", ""},
		says{ask, key + "\n"}, says{pass, "guess\n"}, says{"(2 of 3)", ""}, says{pass, passphrase + "\n"}, says{"Name in masternode.conf", "\n"}, says{"Its Supernode software", "\n"},
		says{"That software's own network", "\n"}, says{confirm, "y\n"}, says{"Started.", ""})
	if code != exitOK {
		t.Errorf("exit code %d:\n%s", code, shown)
	}
}
