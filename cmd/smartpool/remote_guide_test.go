package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// talks types a line and answers its questions, as a terminal shows both.
func (p *transcript) talks(x *far, line ...string) string {
	p.t.Helper()
	var out string
	var code int
	x.whileMining(func() { code, out = x.talks(x.signs, line...) })
	p.shows(exitOK, code, "", line, out)
	return out
}

// The journey of a member without a node, as the guide shows it.
func TestGuideRemote(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	p := &transcript{dev: x.dev, names: &names{kinds: map[string][]string{}, fixed: map[string]string{}}}
	p.names.hide(x.at.API)
	secret := []string{"--passphrase-file", x.secret}
	p.say("You need no node: a daemon that offers it, such as a pool operator's, lists your coins, and posts and pays for your ticket. Your coins stay in your wallet, whichever " +
		"it is; it only has to sign a line of text (`signmessage`). Your PastelID's key stays in a file of yours. [What the daemon could lie about](../trust.md#without-a-node), and " +
		"what that would do, is little; its answers about yields and payments you can compare with another daemon's.\n\nThe same is possible in a browser: follow «Join without a node» on a pool's page of such a daemon.")
	p.say("## Before you start\n\n[Install](../installing.md) the programs, or build `smartpool` from the source with `go install ./cmd/smartpool`, and set the address of the operator's daemon:\n\n```console\n$ export SMARTPOOL_API=https://pools.example.org\n```\n\n" +
		"To try it out, start a development node whose daemon posts, in its own terminal:\n\n```console\n$ mkdir -p " + data + " && touch " + data + "/members\n" +
		"$ smartpoold --dev --data " + data + " --post-tickets --register-list " + data + "/members --dev-mine 5s\n```\n\nIn another terminal, open a pool there, as the " +
		"[operator's guide](operator.md) shows, with a longer `--period`; its first steps also write the passphrase into `" + data + "/secret`. Then set the address of that daemon:\n\n" +
		"```console\n$ export SMARTPOOL_API=http://127.0.0.1:9734\n```")
	p.say("## Make a PastelID\n\nA member is a PastelID. Its key is in a file that you keep, under a passphrase. Here the passphrase is in a file, too; without `--passphrase-file` you are asked.")
	file := filepath.Join(x.dir, "my.key")
	id := strings.TrimSpace(p.offline(append([]string{"id", "new", file}, secret...)...))
	p.say("A PastelID has to be registered on the chain before it can pledge, which costs 1,000 PSL on the main network. Send it to the pool's operator, who adds it to the list of " +
		"the daemon. Then the daemon registers it and pays. The address is one of yours; the registration names it.")
	x.file("members", id+"\n")
	p.talks(x, append([]string{"id", "register", file, "--remote", "--address", x.address, "--yes"}, secret...)...)
	p.say("If nobody lists you, register it with a wallet (`smartpool id register` without `--remote`), your own or a friend's.")
	p.say("## Choose a pool")
	p.talks(x, "pools", "--coins", "500")
	p.say("## Join\n\nPut the coins into an output of their own, at an address of a wallet that can sign messages, and wait for a block. `join --remote` lists what the address holds, shows all " +
		"terms and who pays, and the line to sign. The key file signs it for the PastelID; then sign the same line in your wallet, and paste the signature. `--yes` stands for the " +
		"confirmation here.")
	p.talks(x, append([]string{"join", "atlas", "--remote", "--key", file, "--address", x.address, "--coins", "500", "--yes"}, secret...)...)
	p.say("If the machine with the wallet or the key is never online, write the ticket with `--cold FILE` beside `--remote`. The command says what to sign there and how to post it, as in " +
		"the [member's guide](member.md#join-from-a-cold-wallet).")
	p.say("## See what it earns\n\nThe daemon's page of your PastelID shows the same, and its operator can have it alert you by mail or otherwise ([alerts](../alerts.md)).")
	p.talks(x, "my", id)
	p.say("## Raise your pledge or change where you are paid\n\nAgain you sign one line. Nothing but your own memory proves where rewards should go: without `--reward` you are asked to " +
		"confirm what the daemon says.")
	_, elsewhere := x.newAddress()
	p.talks(x, append([]string{"amend", "atlas", "--remote", "--key", file, "--coins", "520", "--reward", elsewhere, "--yes"}, secret...)...)
	p.say("## Leave\n\nLeaving needs no daemon: spend the coins with your wallet. See first what it costs, and when it costs less.")
	p.talks(x, "leave", id)
	p.say("## Compare daemons\n\nWhat a daemon says is only its word. Ask a second one that you trust for other reasons: if the digests are equal, both tell the same history.")
	second := x.another()
	x.caughtUp(second)
	p.talks(x, "digest", second)
	p.want("remote.md", "# For members without a node\n\nA test ran everything below on a development node (`smartpoold --dev`) and recorded it; names replace ids and dates.\n")
}

// offline types a line that needs neither daemon nor node.
func (p *transcript) offline(line ...string) string {
	p.t.Helper()
	var answer, all strings.Builder
	code := run(line, strings.NewReader(""), io.MultiWriter(&answer, &all), &all)
	p.shows(exitOK, code, "", line, all.String())
	return answer.String()
}
