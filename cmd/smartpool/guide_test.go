package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
)

// transcript is a page of the guide: what a person types and what comes back. Stable names replace what differs from run to run.
type transcript struct {
	*dev
	b     strings.Builder
	names *names
}

func (p *transcript) say(text string) { fmt.Fprintf(&p.b, "\n%s\n", text) }

// run types a line. The exit code must be code.
func (p *transcript) run(code int, line ...string) string {
	p.t.Helper()
	return p.reading("", code, line...)
}

// secretly types a line that reads the passphrase from its file.
func (p *transcript) secretly(line ...string) string {
	p.t.Helper()
	return p.reading("/secret", exitOK, line...)
}

// reading types a line whose standard input is a file in the daemon's folder, if one is named.
func (p *transcript) reading(file string, code int, line ...string) string {
	p.t.Helper()
	input, from := "", ""
	if file != "" {
		input, from = mustRead(p.t, p.dir+file), " < "+data+file
	}
	got, out := p.fed(input, line...)
	p.shows(code, got, from, line, out)
	return out
}

// shows adds a line, where its standard input comes from, and what it printed. Its exit code must be code.
func (p *transcript) shows(code, got int, from string, line []string, out string) {
	p.t.Helper()
	if got != code {
		p.t.Fatalf("smartpool %s: exit code %d, want %d:\n%s", strings.Join(line, " "), got, code, out)
	}
	shown := make([]string, len(line))
	for i, a := range line {
		shown[i] = a
		if strings.Contains(a, " ") {
			shown[i] = `"` + a + `"`
		}
	}
	text := terminal.Trimmed(out)
	if lines := strings.SplitAfter(text, "\n"); strings.HasPrefix(text, "[") && strings.Count(text, "\n") > shownLines { // a long list
		text = strings.Join(lines[:shownLines], "") + " …\n"
	}
	exit := ""
	if code != exitOK {
		exit = fmt.Sprintf("(exit code %d)\n", code)
	}
	fmt.Fprintf(&p.b, "\n```console\n$ smartpool %s\n%s%s```\n", p.names.hide(strings.ReplaceAll(strings.Join(shown, " "), p.dir, data))+from,
		p.names.hide(strings.ReplaceAll(text, p.dir, data)), exit)
}

const (
	shownLines = 3        // of a long list
	data       = "~/pool" // stands for the daemon's folder
)

// names numbers ids in order of appearance, so that a page does not change with every run.
type names struct {
	mu    sync.Mutex
	kinds map[string][]string
	fixed map[string]string
}

var variable = []struct {
	kind string
	re   *regexp.Regexp
}{
	{"date", regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\dZ)?`)},
	{"daemon", regexp.MustCompile(`http://127\.0\.0\.1:\d+`)},
	{"PASTELID", regexp.MustCompile(`\bjX[1-9A-HJ-NP-Za-km-z]{4,8}…[1-9A-HJ-NP-Za-km-z]{6}|\bjX[1-9A-HJ-NP-Za-km-z]{70,}`)},
	{"LEGROAST-KEY", regexp.MustCompile(`\bE[1-9A-HJ-NP-Za-km-z]{1000}[1-9A-HJ-NP-Za-km-z]+`)},
	{"ADDRESS", regexp.MustCompile(`\bt[A-Zt][1-9A-HJ-NP-Za-km-z]{33}\b|\bt[A-Zt][1-9A-HJ-NP-Za-km-z]{8}…[1-9A-HJ-NP-Za-km-z]{6}\b`)},
	{"HASH", regexp.MustCompile(`\b[0-9a-f]{64}\b|\b[0-9a-f]{10}…[0-9a-f]{6}\b`)},
	{"PUBLIC-KEY", regexp.MustCompile(`\b0[23][0-9a-f]{64}\b`)},
	{"KEY", regexp.MustCompile(`\b[59c][1-9A-HJ-NP-Za-km-z]{50,51}\b`)},
	{"SUBSCRIPTION", regexp.MustCompile(`\b[A-Z2-7]{26}\b`)},
	{"SECRET", regexp.MustCompile(`\b[A-Z2-7]{52}\b`)},
	{"POOLHASH", regexp.MustCompile(`\b[0-9a-f]{40}\b|\b[0-9a-f]{4}…[0-9a-f]{6}\b`)},
	{"SIGNATURE", regexp.MustCompile(`[A-Za-z0-9+/]{86,}={0,2}`)},
}

// fromNow depends on the daemon's block when a command begins, which may be one behind the node's.
var fromNow = regexp.MustCompile(`\d+ blocks from now`)

// What a machine has: space on its disks, and coins that pay, less the fees of transactions whose size varies by a byte.
var (
	has  = regexp.MustCompile(`has \d+ [GM]iB left`)
	pays = regexp.MustCompile(`[\d.]+ PSL can pay for tickets`)
)

func (n *names) hide(text string) string {
	text = fromNow.ReplaceAllString(text, "21 blocks from now")
	text = has.ReplaceAllString(text, "has 100 GiB left")
	text = pays.ReplaceAllString(text, "1000 PSL can pay for tickets")
	n.mu.Lock()
	defer n.mu.Unlock()
	for is, shown := range n.fixed {
		text = strings.ReplaceAll(text, is, shown)
	}
	for _, v := range variable {
		var b strings.Builder
		end := 0
		for _, at := range v.re.FindAllStringIndex(text, -1) {
			is := text[at[0]:at[1]]
			shown := n.name(v.kind, is)
			b.WriteString(text[end:at[0]] + shown)
			if end = at[1]; strings.HasPrefix(text[end:], "  ") { // a cell of a table, whose columns must stay aligned
				b.WriteString(strings.Repeat(" ", max(0, utf8.RuneCountInString(is)-len(shown))))
			}
		}
		text = b.String() + text[end:]
	}
	return text
}

// usualNode is where a development node answers that nobody configured.
const usualNode = "http://127.0.0.1:19932"

// name returns what replaces an id, or an id's short form.
func (n *names) name(kind, id string) string {
	switch kind {
	case "date":
		if strings.HasSuffix(id, "Z") {
			return "2026-01-31T12:00:00Z"
		}
		return "2026-01-31 12:00"
	case "daemon":
		if id == usualNode {
			return id
		}
		if !slices.Contains(n.kinds[kind], id) {
			n.kinds[kind] = append(n.kinds[kind], id)
		}
		return fmt.Sprintf("http://127.0.0.1:%d", 9734+slices.Index(n.kinds[kind], id))
	}
	for i, known := range n.kinds[kind] {
		switch {
		case known == id, shortens(id, known):
		case shortens(known, id):
			n.kinds[kind][i] = id
		default:
			continue
		}
		return fmt.Sprintf("%s-%d", kind, i+1)
	}
	n.kinds[kind] = append(n.kinds[kind], id)
	return fmt.Sprintf("%s-%d", kind, len(n.kinds[kind]))
}

// shortens reports whether short is the short form of id.
func shortens(short, id string) bool {
	head, tail, found := strings.Cut(short, "…")
	return found && strings.HasPrefix(id, head) && strings.HasSuffix(id, tail)
}

// want compares the page with the one in docs/guide.
func (p *transcript) want(name, head string) {
	p.t.Helper()
	path := filepath.Join("..", "..", "docs", "guide", name)
	text := head + p.b.String()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != text {
		p.t.Errorf("%s is out of date (%v); run go test ./cmd/smartpool -run Guide -update and read it\n%s", path, err, text)
	}
}

// The journeys of an operator, members and an auditor, as the guide shows them.
func TestGuide(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := filepath.Join(x.dir, "secret")
	if err := os.WriteFile(secret, []byte(passphrase), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &names{kinds: map[string][]string{}, fixed: map[string]string{}}
	page := func() *transcript { return &transcript{dev: x, names: n} }
	op, me, audit := page(), page(), page()
	operator := op.start(0)
	supernode := x.person(0)
	op.say("Create and register the Supernode's PastelID in the same way. To register a PastelID whose key you keep in a file (`smartpool id new`), use " +
		"`smartpool id register`.")
	alice := me.start(520)

	op.say("## Open a pool\n\nThe pool shares the Supernode payment, one fifth of each block's reward, but not your income from mining elsewhere: a pool's " +
		"Supernode does not mine ([activation](../activation.md)).\n\nA dry run checks whether the next block would accept the ticket, and signs nothing. On a terminal, the " +
		"command [asks](../commands.md) for what no flag says, here the collateral and the fee's address: Enter takes what stands in brackets. It checks each answer, " +
		"explains with `?`, and makes and registers PastelIDs on the way.")
	terms := []string{"--label", "atlas", "--company", "Atlas Operations", "--fee", "5", "--factor", "1.2", "--period", "8", "--operator", operator, "--supernode", supernode}
	op.run(exitOK, append([]string{"pool", "create", "--dry-run"}, terms...)...)
	op.say("The real run shows the terms, asks for confirmation (`--yes` here), signs, posts, and waits for the block.")
	x.whileMining(func() {
		op.run(exitOK, append([]string{"pool", "create", "--passphrase-file", secret, "--yes"}, terms...)...)
	})

	me.say("## Compare pools\n\nA pool shares the Supernode payment, one fifth of each block's reward. On the main network, only Supernodes have mined since block 649,000; an " +
		"operator's income from mining is not shared.")
	me.run(exitOK, "pools", "--coins", "500")
	me.say("## Join with the wallet\n\n`join` finds one of your outputs, shows all terms and the line to sign, and asks for confirmation (`--yes` here). A PastelID signs " +
		"with a key file (`--key`) or, as here, through the node. Without flags, `smartpool join` lists pools, your outputs and PastelIDs, and [asks](../commands.md) which ones you mean.")
	x.whileMining(func() {
		me.run(exitOK, "join", "atlas", "--pastelid", alice, "--coins", "500", "--passphrase-file", secret, "--yes")
	})
	me.say("Others join in the same way, here with 500 and 200 PSL.")
	bruno, chen := x.person(510), x.person(320)
	x.mine(1)
	x.whileMining(func() {
		if code, out := x.call("join", "atlas", "--pastelid", bruno, "--coins", "500", "--passphrase-file", secret, "--yes"); code != exitOK {
			t.Fatal(out)
		}
	})
	cold(t, me, chen)

	op.say("## Watch it fill")
	op.run(exitOK, "pool", "status", "atlas")
	op.say("## Activate\n\nThe ticket names who becomes a member; without names, everyone who pledged does.")
	x.whileMining(func() { op.run(exitOK, "pool", "activate", "atlas", "--passphrase-file", secret, "--yes") })
	change(t, me, alice, chen, secret)
	op.say("## Launch the Supernode\n\nThis takes two machines. The cold machine has the wallet and announces the Supernode; the hot machine runs it and has no wallet. pasteld " +
		"refuses to run a Supernode on a machine with less than 6 cores or 24 GB of memory. The Supernode's PastelID signs for the hot machine's key, so no one else can launch the " +
		"pool's Supernode.")
	launch := []string{"supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--passphrase-file", secret, "--yes"}
	x.whileMining(func() { op.run(exitOK, launch...) })
	op.say("If you run the command again, it continues where it stopped and changes nothing that is already right. pasteld reads an entry of masternode.conf only once: if the command " +
		"changes one, it tells you to restart the node.")
	op.run(exitOK, launch...)
	op.say("If the PastelID's key is elsewhere, `--cold FILE` writes the entry and prints the line to sign there; `--signed FILE --signature SIGNATURE` continues from that point.\n\n" +
		"`pool status` and the pool's page show the state of the Supernode: running, paused, gone, elsewhere or ended. The alert `supernode.gone` reports one that is gone: launch it " +
		"again. Once the pool has ended, shut the machine down.")
	x.mine(3)
	me.say("## See what it earns")
	me.run(exitOK, "my", alice)
	me.say("## What would leaving cost?\n\nA member who leaves forfeits what they earned since the last settlement. After the operator's fee, the others share it in proportion to " +
		"what they had counted at that settlement («Held» on the pool's page).")
	me.run(exitOK, "leave", alice)
	x.mine(8)
	me.say("After the settlement, these earnings are safe, and the payout's transaction id is known.")
	me.run(exitOK, "my", alice)
	me.run(exitOK, "leave", alice)
	me.say("## Keep the coins from being spent\n\nA wallet forgets its locks when it restarts. `guard` locks the outputs that back a pledge again, and warns of transactions that spend " +
		"them; without `--once`, it says what it watches and runs until Ctrl-C: at a terminal, a line shows the last look; in a log, there is a line an hour. It remembers what it saw, so a " +
		"guard that comes back after a pause reports a pledge that was lost meanwhile, and when; the exit code is then 1.")
	me.run(exitOK, "rpc", "lockunspent", "true")
	me.say("Something is wrong, or you want to know that nothing is? `doctor` looks at node, wallet, registration, coins, daemon, token, clock, ports and database, changes nothing, and " +
		"says what to do. Here it finds that the wallet has forgotten its locks, and names the command that follows:")
	n.fixed[version.String()], n.fixed[x.at.DevRPC] = "v0.1.0", usualNode
	me.run(exitNo, "doctor", alice)
	me.run(exitOK, "guard", alice, "--once")
	subscribe(t, op)
	op.say("## Payouts\n\nA payout can be mined once the rewards in it have matured. Upgraded miners put it into their blocks without a fee: there is nothing for you to sign, broadcast or do.")
	op.run(exitOK, "payouts", "--pool", "atlas")
	x.mine(105)
	payout := x.field("0.txid", "payouts", "--all")
	me.say("## For taxes\n\nA row for each thing that was paid, as Koinly reads it. [taxes.md](../taxes.md) explains the forms, when something counts, and how to add prices.")
	me.run(exitOK, "history", alice, "--format", "koinly")
	me.say("Everything in one file, for a spreadsheet:")
	me.run(exitOK, "history", alice, "--csv")
	spend(t, me, bruno)
	op.say("## Report")
	op.run(exitOK, "pool", "report", "atlas")
	op.run(exitOK, "pool", "status", "atlas")

	audit.say(running + "\n\nThen let a pool run for a while: see the [operator's guide](operator.md). The auditor's own daemon follows the node independently, at " +
		"other addresses:\n\n```console\n$ smartpoold --network regtest --node $SMARTPOOL_NODE --node-cookie $SMARTPOOL_NODE_COOKIE --data ~/audit \\\n" +
		"    --api 127.0.0.1:9735 --metrics 127.0.0.1:9736\n```")
	second := x.another()
	x.caughtUp(second)
	n.hide(x.at.API)
	audit.say("## Verify a payout\n\nThe command reads every block from a node and applies the rules again, so it trusts no daemon. Exit code 0 means ok, 1 wrong, 3 unknown.")
	audit.run(exitOK, "verify", "payout", payout)
	audit.run(exitUnknown, "verify", "payout", strings.Repeat("0", 63)+"1")
	audit.say("## Verify what a daemon says about a pool")
	audit.run(exitOK, "verify", "pool", "atlas")
	audit.say("## Compare daemons\n\nDaemons with equal digests agree on all of history. If two differ, the command finds the first block on which they do.")
	audit.run(exitOK, "digest", second)

	const made = "\nA test ran everything below on a development node (`smartpoold --dev`) and recorded it; names replace ids and dates.\n"
	op.want("operator.md", "# For operators\n"+made)
	me.want("member.md", "# For members\n"+made)
	audit.want("auditor.md", "# For auditors\n"+made)
}

// change has a member raise a pledge and change its reward address, and a member with a cold wallet raise another.
func change(t *testing.T, p *transcript, hot, cold, secret string) {
	t.Helper()
	p.say("## Raise your pledge or change where you are paid\n\nYou can raise your offer, or send rewards to another address, without leaving: the pledge keeps " +
		"its place in line and its earnings. You cannot lower the offer. A raise needs coins at the pledged address, which stay where they are; a full pool counts them " +
		"once it lacks coins.\n\nOnly you know for sure where your rewards should go. Without `--reward`, the command shows your last ticket and asks. With `--yes`, or for a " +
		"cold wallet, always name the address, even if it stays the same. Here the pool has just been activated and has earned nothing yet.")
	_, elsewhere := p.newAddress()
	p.whileMining(func() {
		p.run(exitOK, "amend", "atlas", "--pastelid", hot, "--coins", "520", "--reward", elsewhere, "--passphrase-file", secret, "--yes")
	})
	p.run(exitOK, "my", hot)
	p.say("With a cold wallet, amending works like joining: write the ticket here, sign it there, and post it here.")
	address := p.field("0.positions.0.address", "my", cold)
	file := filepath.Join(p.dir, "raise.json")
	line := []string{"amend", "atlas", "--cold", file, "--pastelid", cold, "--address", address, "--coins", "300", "--reward", address}
	p.run(exitOK, line...)
	statement := p.field("statement", line...)
	byAddress, byID := p.signs(address, cold, statement)
	p.whileMining(func() {
		p.run(exitOK, "amend", "atlas", "--ticket", file, "--address-signature", byAddress, "--pledge-signature", byID, "--yes")
	})
}

// signs has a cold machine sign a statement with an address and a PastelID.
func (p *transcript) signs(address, id, statement string) (byAddress, byID string) {
	p.t.Helper()
	byAddress = strings.TrimSpace(p.run(exitOK, "rpc", "signmessage", address, statement))
	signed := p.secretly("rpc", "pastelid", "sign", statement, id, "-", "ed448")
	var sig struct{ Signature string }
	if err := json.Unmarshal([]byte(signed), &sig); err != nil {
		p.t.Fatal(signed)
	}
	return byAddress, sig.Signature
}

// start shows how to get what the page needs, and returns a registered PastelID; coins is the size of an output to make, in PSL.
func (p *transcript) start(coins int) (id string) {
	p.t.Helper()
	p.say(running)
	if p.names.kinds["PASTELID"] == nil {
		p.say("Mined coins can be spent only 100 blocks later, so mine these blocks first:")
		p.run(exitOK, "rpc", "generate", "105")
		p.settle()
	} else {
		p.say("The wallet can spend the coins it mined only 100 blocks later, and a pool has to be open before anyone can join it. So begin with the " +
			"[operator's guide](operator.md), using the same node and variables, up to «Open a pool». Then follow the steps below, and open the pool: it accepts " +
			"pledges for 8 blocks.")
	}
	p.say("Have the node create a PastelID, then register it. Both take the passphrase in `" + data + "/secret`; no command line shows it:")
	var made struct{ PastelID string }
	if err := json.Unmarshal([]byte(p.secretly("rpc", "pastelid", "newkey", "-")), &made); err != nil {
		p.t.Fatal(err)
	}
	p.say("The address that the registration names pays for it, so send coins there first; the change stays there:")
	address := strings.TrimSpace(p.run(exitOK, "rpc", "getnewaddress"))
	p.run(exitOK, "rpc", "sendtoaddress", address, strconv.Itoa(registering))
	p.secretly("rpc", "tickets", "register", "id", made.PastelID, "-", address)
	if coins > 0 {
		p.say("Put the coins to pledge into an output of their own, at an address that you use for nothing else:")
		address = strings.TrimSpace(p.run(exitOK, "rpc", "getnewaddress"))
		p.run(exitOK, "rpc", "sendtoaddress", address, strconv.Itoa(coins))
	}
	p.run(exitOK, "rpc", "generate", "1")
	p.settle()
	return made.PastelID
}

// running shows how to start node and daemon.
const running = "## Before you start\n\n[Install](../installing.md) the programs, or build them from the source with `go install ./cmd/...`. One of them is the daemon, with a built-in " +
	"development node on which nothing has any value. Start it in its own terminal:\n\n```console\n$ smartpoold --dev --data " + data + "\n```\n\nIn another terminal, set the addresses of the daemon and its node; if you use " +
	"a real node, set its address and cookie instead:\n\n```console\n$ export SMARTPOOL_API=http://127.0.0.1:9734 SMARTPOOL_NODE=http://127.0.0.1:19932\n" +
	"$ export SMARTPOOL_NODE_COOKIE=" + data + "/devnode/.cookie\n$ (umask 077; head -c 15 /dev/urandom | base64 > " + data + "/secret)\n```\n\nThis node mines only on request. When a " +
	"command below waits for a block, type `smartpool rpc generate 1` in a third terminal, or start the daemon with `--dev-mine 5s`."

// subscribe subscribes the operator to alerts.
func subscribe(t *testing.T, p *transcript) {
	t.Helper()
	received := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get(notify.HeaderSignature) }))
	t.Cleanup(receiver.Close)
	p.names.fixed[receiver.URL] = "https://hooks.example.org"
	token := filepath.Join(p.dir, "api.token")
	p.say("## Subscribe to alerts\n\nThe daemon sends alerts by webhook, mail, Telegram, Discord and other services: see [alerts](../alerts.md). The token is in the " +
		"daemon's data folder.")
	p.run(exitOK, "alerts", "add", receiver.URL, "--pool", "atlas", "--kinds", "cushion.low,pool.replenishing,payout.overdue", "--token-file", token)
	id := p.field("0.id", "alerts", "list", "--token-file", token)
	p.run(exitOK, "alerts", "test", id, "--token-file", token)
	if sig := <-received; !strings.HasPrefix(sig, "sha256=") {
		t.Errorf("the test message's signature is %q", sig)
	}
	p.run(exitOK, "alerts", "list", "--token-file", token)
	p.run(exitOK, "alerts", "remove", id, "--token-file", token)
}

// spend spends a member's coins; guard sees it before a block holds the transaction.
func spend(t *testing.T, p *transcript, id string) {
	t.Helper()
	ctx := context.Background()
	if err := p.node.LockUnspent(ctx, true, nil); err != nil {
		t.Fatal(err)
	}
	address := p.field("0.positions.0.address", "my", id)
	net, _ := pastel.NetworkByName("regtest")
	from, err := pastel.ParseAddress(&net, address)
	if err != nil {
		t.Fatal(err)
	}
	coins, err := p.node.Unspent(ctx, 1, from)
	pledged := slices.IndexFunc(coins, func(u pasteld.Unspent) bool { return u.Value == 510*pastel.PSL }) // the others are payouts
	if err != nil || pledged < 0 {
		t.Fatal(err, coins)
	}
	coin := coins[pledged]
	to, err := p.node.NewAddress(ctx)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.node.CreateRaw(ctx, []pastel.OutPoint{coin.OutPoint}, []pasteld.Output{{Address: to, Value: coin.Value - pastel.PSL}})
	if err == nil {
		raw, _, err = p.node.SignRaw(ctx, raw)
	}
	if err == nil {
		_, err = p.node.SendRaw(ctx, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	for { // until the daemon sees it
		if code, _ := p.call("guard", id, "--once", "--no-lock"); code == exitNo {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.say("## When someone spends the coins\n\nHere someone spends the coins behind another pledge, and no block contains the transaction yet:")
	p.run(exitNo, "guard", id, "--once", "--no-lock")
	p.mine(1)
	p.run(exitOK, "my", id)
}

// cold has a member with a cold wallet join.
func cold(t *testing.T, p *transcript, id string) {
	t.Helper()
	list, err := p.node.Unspent(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var out *pasteld.Unspent
	for i := range list {
		if list[i].Value == 320*pastel.PSL {
			out = &list[i]
		}
	}
	if out == nil {
		t.Fatal("there is no output of 320 PSL")
	}
	net, _ := pastel.NetworkByName("regtest")
	address := out.Address.Encode(&net)
	file := filepath.Join(p.dir, "pledge.json")
	p.say("## Join from a cold wallet\n\nThe online machine writes and checks the ticket. It signs nothing.")
	p.run(exitOK, "join", "atlas", "--cold", file, "--coins", "200", "--pastelid", id, "--output", out.OutPoint.String(), "--address", address)
	statement := p.field("statement", "join", "atlas", "--cold", file, "--coins", "200", "--pastelid", id, "--output", out.OutPoint.String(), "--address", address)
	p.say("On the cold machine, the wallet and the PastelID both sign the line (here through `rpc`, which calls the node as pastel-cli does; with a key file, use " +
		"`ticket sign`).")
	byAddress, byID := p.signs(address, id, statement)
	p.say("Bring the signatures back and post the ticket. This wallet only pays its fee.")
	p.whileMining(func() {
		p.run(exitOK, "join", "atlas", "--ticket", file, "--address-signature", byAddress, "--pledge-signature", byID, "--yes")
	})
}
