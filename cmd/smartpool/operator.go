package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/api/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

type poolCmd struct {
	Create   poolCreateCmd   `cmd:"" help:"Open a pool."`
	Status   poolStatusCmd   `cmd:"" help:"Who is in a pool, and how safe it is."`
	Activate poolActivateCmd `cmd:"" help:"Launch a pool once its pledges suffice."`
	Report   poolReportCmd   `cmd:"" help:"Income, fees and payouts of a pool over some days."`
}

type poolCreateCmd struct {
	apiFlags
	nodeFlags
	passphraseFlags
	Label                   string `help:"Name of the pool, 3 to 32 of a-z, 0-9 and -."`
	Company                 string `help:"Operator's name, as members will see it."`
	Fee                     string `placeholder:"PERCENT" help:"Operator's fee, 3 to 15 percent of the rewards."`
	Factor                  string `help:"Overcollateralization: 1.2 wants 20 %% more than the Supernode needs; 1 to 3."`
	Period                  int64  `placeholder:"BLOCKS" help:"How long pledges are taken; also how long a pool may lack collateral before it is dissolved."`
	Required                int64  `placeholder:"PSL" help:"Collateral; what a Supernode needs if left out."`
	Operator                string `placeholder:"PASTELID" help:"Operator's PastelID."`
	Supernode               string `placeholder:"PASTELID" help:"Supernode's PastelID."`
	FeeAddress              string `placeholder:"ADDRESS" help:"Address the fee is paid to; a new one of the wallet if left out."`
	OperatorKey             string `type:"existingfile" help:"Key file of the operator's PastelID; without it the node signs."`
	SupernodeKey            string `type:"existingfile" help:"Key file of the Supernode's PastelID; without it the node signs."`
	SupernodePassphraseFile string `type:"existingfile" help:"File with the passphrase of the Supernode's PastelID; else it is asked for, or is the operator's."`
	DryRun                  bool   `help:"Only say whether the ticket would be accepted."`
	NoWait                  bool   `help:"Do not wait for the block that holds the ticket."`
	Yes                     bool   `help:"Do not ask."`
}

// Run leads through opening a pool.
func (c *poolCreateCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	wallet, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	if err := c.interview(e, r); err != nil {
		return err
	}
	operator, err := (&identityFlags{c.passphraseFlags, c.OperatorKey}).identity(ctx, e, wallet, c.Operator)
	if err != nil {
		return fmt.Errorf("--operator: %w", err)
	}
	second := passphraseFlags{cmp.Or(c.SupernodePassphraseFile, c.PassphraseFile)}
	supernode, err := (&identityFlags{second, c.SupernodeKey}).identity(ctx, e, wallet, c.Supernode)
	if err != nil {
		return fmt.Errorf("--supernode: %w", err)
	}
	if c.FeeAddress == "" && !c.DryRun {
		address, err := wallet.NewAddress(ctx)
		if err != nil {
			return err
		}
		c.FeeAddress = address.Encode(&r.net)
	}
	x, err := c.build(operator.id, supernode.id, &r.net)
	if err != nil {
		return err
	}
	t := &ticket.Ticket{Kind: ticket.KindInit, Version: ticket.Version, Init: x}
	if err := r.rehearse(ctx, t); err != nil {
		return err
	}
	terms := c.terms(r, x)
	if c.DryRun {
		_, err := fmt.Fprintf(e.out, "%s\nThe next block would accept it. Nothing was signed or posted.\n", terms)
		return err
	}
	terms += fmt.Sprintf("\nThe terms can never be changed. The operator's PastelID signs:\n  %s\nThen the Supernode's PastelID signs a digest of the whole ticket.\nPosting costs %s PSL.\n",
		x.AgreementStatement(r.net.Name), r.net.ContractFee)
	if err := e.confirm(c.Yes, terms); err != nil {
		return err
	}
	if x.AgreementSignature, err = operator.sign(ctx, x.AgreementStatement(r.net.Name)); err != nil {
		return err
	}
	if x.SmartPoolSignature, err = supernode.sign(ctx, x.SmartPoolStatement(r.net.Name)); err != nil {
		return err
	}
	return r.post(ctx, e, wallet, t, !c.NoWait, func(string) (string, error) {
		p, err := fetch[api.PoolDetail](r.Pool(ctx, string(x.SmartPoolID)))
		if errors.Is(err, errNotThere) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Open: pool %s takes pledges until %s.\nMembers join with: smartpool join %s", p.ID, whenever(p.JoinUntil), p.ID), nil
	})
}

// interview asks for what no flag said, on a terminal.
func (c *poolCreateCmd) interview(e *env, r *remote) error {
	if c.Required == 0 {
		c.Required = r.status.Parameters.Collateral
	}
	questions := []struct {
		flag, question, usual string
		answer                *string
	}{
		{"--label", "Name of the pool (3 to 32 of a-z, 0-9 and -)", "", &c.Label},
		{"--company", "Your name, as members will see it", "", &c.Company},
		{"--fee", "Your fee, percent of the rewards (3 to 15)", "5", &c.Fee},
		{"--factor", "Overcollateralization factor (1 to 3)", "1.2", &c.Factor},
		{"--operator", "Operator's PastelID", "", &c.Operator},
		{"--supernode", "Supernode's PastelID", "", &c.Supernode},
	}
	for _, q := range questions {
		if *q.answer != "" {
			continue
		}
		if !e.terminal() {
			if *q.answer = q.usual; q.usual == "" {
				return usagef("%s is missing, and there is no terminal to ask on", q.flag)
			}
			continue
		}
		var err error
		if *q.answer, err = e.ask(q.question, q.usual); err != nil {
			return err
		}
	}
	if c.Period == 0 {
		usual := strconv.Itoa(int(max(r.net.MinSubscription, 4032))) // a week
		if r.net.Name == "regtest" {
			usual = strconv.Itoa(int(r.net.MinSubscription))
		}
		answer := usual
		if e.terminal() {
			var err error
			if answer, err = e.ask("Blocks for which pledges are taken (576 are a day)", usual); err != nil {
				return err
			}
		}
		n, err := strconv.ParseInt(answer, 10, 64)
		if err != nil {
			return usagef("--period %q: want a number of blocks", answer)
		}
		c.Period = n
	}
	return nil
}

// terminal reports whether a person can be asked.
func (e *env) terminal() bool {
	f, ok := e.in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask asks a person; an empty answer is the usual one.
func (e *env) ask(question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	_, _ = fmt.Fprintf(e.err, "%s: ", question)
	line, err := bufio.NewReader(e.in).ReadString('\n')
	if err != nil {
		return "", errors.New("the question was not answered: nothing was done")
	}
	return cmp.Or(strings.TrimSpace(line), usual), nil
}

func (c *poolCreateCmd) build(operator, supernode string, net *pastel.Network) (*ticket.Init, error) {
	x := &ticket.Init{
		SmartPoolID: ticket.PoolID(c.Label), SubscriptionPeriod: c.Period, RequiredCoins: c.Required, SupernodePastelID: supernode,
		Company: c.Company, OperatorPastelID: operator, OperatorFeeAddress: c.FeeAddress,
	}
	if x.OperatorFeeAddress == "" { // of a dry run: any address will do
		x.OperatorFeeAddress = pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(net)
	}
	var err error
	if x.Factor, err = ticket.ParseDecimal(c.Factor); err != nil {
		return nil, usagef("--factor: %w", err)
	}
	if x.Fee, err = ticket.ParseDecimal(c.Fee); err != nil {
		return nil, usagef("--fee: %w", err)
	}
	x.SmartPoolID = x.IDFor(c.Label)
	return x, firstFailure(checkInit(x, net))
}

func (c *poolCreateCmd) terms(r *remote, x *ticket.Init) string {
	var b strings.Builder
	target := "?"
	if factor, ok := x.Factor.Units(ticket.FactorDecimals); ok {
		if n, ok := ticket.Target(x.RequiredCoins, factor); ok {
			target = fmt.Sprint(n)
		}
	}
	fmt.Fprintf(&b, "Pool      %s on network %s\n", x.SmartPoolID, r.net.Name)
	fmt.Fprintf(&b, "Operator  %s, PastelID %s\n", printable(x.Company), x.OperatorPastelID)
	fmt.Fprintf(&b, "Supernode PastelID %s\n", x.SupernodePastelID)
	fmt.Fprintf(&b, "Fee       %s %% of the rewards, to %s\n", x.Fee, x.OperatorFeeAddress)
	fmt.Fprintf(&b, "Size      %d PSL for the Supernode, %s PSL with the cushion (factor %s)\n", x.RequiredCoins, target, x.Factor)
	fmt.Fprintf(&b, "Pledges   are taken for %d blocks; after that there are %d more to activate the pool\n", x.SubscriptionPeriod, r.net.ActivationGrace)
	return b.String()
}

type poolStatusCmd struct {
	apiFlags
	Pool string `arg:"" help:"Pool id, or its label."`
}

// Run shows a pool.
func (c *poolStatusCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	p, err := r.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(e.out, p)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\nBlock %d, %s UTC\n\n", p.ID, p.Status, p.Tip.Height, p.Tip.Time.UTC().Format("2006-01-02 15:04"))
	fmt.Fprintf(&b, "Operator    %s, fee %s %%, PastelID %s, reputation %d\n", printable(p.Company), p.Fee, short(p.Operator), p.Reputation)
	fmt.Fprintf(&b, "Opened      %s\n", when(p.Opened))
	for _, x := range []struct {
		name string
		at   *api.Moment
	}{{"Join until", p.JoinUntil}, {"Activate by", p.ActivateUntil}, {"Activated", p.Activated}, {"Deadline", p.Deadline}, {"Ended", p.Ended}, {"Settles", p.NextSettlement}} {
		if x.at != nil {
			fmt.Fprintf(&b, "%-11s %s\n", x.name, when(*x.at))
		}
	}
	if p.Status == "subscribing" {
		fmt.Fprintf(&b, "Collateral  %d PSL pledged of %d PSL wanted, %d PSL needed\n", p.PledgedCoins, p.Target, p.Required)
	} else if p.Ended == nil {
		fmt.Fprintf(&b, "Collateral  members have %d PSL of %d PSL wanted, %d PSL needed\n", p.MemberCoins, p.Target, p.Required)
		fmt.Fprintf(&b, "Cushion     %d PSL%s\n", p.Cushion, map[bool]string{true: ": LOW, less than half is left"}[p.Low])
	}
	if p.Breakers != nil {
		fmt.Fprintf(&b, "Breaks if   these leave together: %s (%d PSL)\n", shorts(p.Breakers.Members), p.Breakers.Coins)
	}
	fmt.Fprintf(&b, "Income      %s PSL in %d rewards; %s PSL paid, %s PSL in escrow\n", p.Income, p.Rewards, p.Paid, p.Escrowed)
	fmt.Fprintf(&b, "Your fee    %s PSL accrued since the last settlement\n", p.OperatorFee)
	if p.Forecast != nil {
		fmt.Fprintf(&b, "Forecast    %s PSL settle in %s, paid from %s on\n", p.Forecast.Amount, when(p.Forecast.At), when(p.Forecast.Mined))
	}
	if len(p.Participants) > 0 {
		t := newTable([]any{"PastelID", "Role", "PSL", "Share %", "Accrued PSL", "Address"}, 3, 4, 5)
		for _, m := range p.Participants {
			t.AppendRow([]any{short(m.PastelID), m.Role, m.Coins, m.Share, psl(m.Accrued), m.Address})
		}
		fmt.Fprintf(&b, "\n%s\n", t.Render())
	}
	tellPayouts(&b, p.Pending)
	_, err = fmt.Fprint(e.out, trailing.ReplaceAllString(b.String(), "\n"))
	return err
}

// shorts lists ids, the first of many.
func shorts(ids []string) string {
	const most = 6
	list := make([]string, 0, most)
	for i, id := range ids {
		if i == most {
			return strings.Join(list, ", ") + fmt.Sprintf(" and %d more", len(ids)-most)
		}
		list = append(list, short(id))
	}
	return strings.Join(list, ", ")
}

func tellPayouts(b *strings.Builder, list []api.Payout) {
	for _, po := range list {
		state := fmt.Sprintf("can be mined from %s on", when(po.From))
		switch {
		case po.Paid != nil:
			state = "mined in " + when(*po.Paid)
		case po.Cancelled != nil:
			state = "not mined in time, cancelled in " + when(*po.Cancelled) + "; owed again"
		case !po.From.Estimated:
			state = fmt.Sprintf("DUE since %s: broadcast it with smartpool payouts --broadcast", when(po.From))
		}
		fmt.Fprintf(b, "\nPayout %s of pool %s\n  %s PSL to %d addresses, settled in %s\n  %s\n", po.TxID, short(po.Pool), po.Amount, po.Outputs, when(po.Settled), state)
	}
}

type poolActivateCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	Pool        string   `arg:"" help:"Pool id, or its label."`
	Participant []string `placeholder:"PASTELID,ADDRESS" sep:"none" help:"Member, by PastelID and pledged address; repeat for each. Without any, all who pledged."`
	DryRun      bool     `help:"Only say whether the ticket would be accepted, and who would be in."`
	NoWait      bool     `help:"Do not wait for the block that holds the ticket."`
	Yes         bool     `help:"Do not ask."`
}

// Run activates a pool.
func (c *poolActivateCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	p, err := r.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	x, table, err := c.build(&p, &r.net)
	if err != nil {
		return err
	}
	t := &ticket.Ticket{Kind: ticket.KindActivate, Version: ticket.Version, Activate: x}
	if err := r.rehearse(ctx, t); err != nil {
		if p.Status == "subscribing" && p.PledgedCoins < p.Target {
			return fmt.Errorf("pool %s has %d PSL of %d: wait for more pledges (%w)", short(p.ID), p.PledgedCoins, p.Target, err)
		}
		return err
	}
	if c.DryRun {
		_, err := fmt.Fprintf(e.out, "%s\nThe next block would accept it. Nothing was signed or posted.\n", table)
		return err
	}
	wallet, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	me, err := c.identity(ctx, e, wallet, p.Operator)
	if err != nil {
		return err
	}
	what := table + fmt.Sprintf("\nThe operator's PastelID signs:\n  %s\nPosting costs %s PSL.\n", x.OperatorStatement(r.net.Name), r.net.ContractFee)
	if err := e.confirm(c.Yes, what); err != nil {
		return err
	}
	if x.OperatorSignature, err = me.sign(ctx, x.OperatorStatement(r.net.Name)); err != nil {
		return err
	}
	return r.post(ctx, e, wallet, t, !c.NoWait, func(string) (string, error) {
		now, err := r.pool(ctx, p.ID)
		if err != nil || now.Activated == nil {
			return "", err
		}
		return fmt.Sprintf("Active since %s with %d PSL.\nThe Supernode's collateral reference is %s, index 4294967295: smartpool supernode launch %s",
			when(*now.Activated), now.MemberCoins, now.ActivationTx, now.ID), nil
	})
}

// build makes the unsigned ticket, and a table of who would be a member and who would stand by.
func (c *poolActivateCmd) build(p *api.PoolDetail, net *pastel.Network) (*ticket.Activate, string, error) {
	x := &ticket.Activate{SmartPoolID: ticket.PoolID(p.ID)}
	listed := map[string]bool{}
	for _, s := range c.Participant {
		id, addr, ok := strings.Cut(s, ",")
		if !ok {
			return nil, "", usagef("--participant %q: want PASTELID,ADDRESS", s)
		}
		x.Participants = append(x.Participants, ticket.Participant{PastelID: id, Address: addr})
		listed[s] = true
	}
	if len(c.Participant) == 0 {
		seen := map[string]bool{}
		for _, m := range p.Participants {
			if pair := m.PastelID + "," + m.Address; !seen[pair] {
				seen[pair], listed[pair] = true, true
				x.Participants = append(x.Participants, ticket.Participant{PastelID: m.PastelID, Address: m.Address})
			}
		}
		if len(x.Participants) > relayed { // nodes would not relay the list: an empty one means every live pledge
			x.Participants = nil
		}
	}
	t := newTable([]any{"PastelID", "PSL", "Address", "Becomes"}, 2)
	var sum int64
	for _, m := range p.Participants {
		becomes := "standby"
		if listed[m.PastelID+","+m.Address] {
			becomes = "member"
			sum += m.Coins
		}
		t.AppendRow([]any{short(m.PastelID), m.Coins, m.Address, becomes})
	}
	table := fmt.Sprintf("Pool %s starts with %d PSL of members; it wants %d PSL.\n\n%s\n", p.ID, sum, p.Target, t.Render())
	if len(x.Participants) == 0 {
		table += "\nMind that the list is empty: whoever has a live pledge in the block that mines this becomes a member.\n"
	}
	return x, table, firstFailure(checkActivate(x, net))
}

type poolReportCmd struct {
	apiFlags
	Pool string `arg:"" help:"Pool id, or its label."`
	From string `placeholder:"YYYY-MM-DD" help:"First day, UTC."`
	To   string `placeholder:"YYYY-MM-DD" help:"Last day, UTC."`
	CSV  bool   `name:"csv" help:"Print every event with money in it, for a spreadsheet."`
}

// Run sums up what came in and what went out.
func (c *poolReportCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	from, to, err := days(c.From, c.To)
	if err != nil {
		return err
	}
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	p, err := r.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	limit := int64(api.MaxLimit)
	types := []client.EventsParamsType{"reward.received", "reward.forfeited", "payout.settled", "payout.paid", "payout.cancelled", "pledge.left", "pledge.accepted"}
	events, err := listing[api.Event](func(cursor *string) (*http.Response, error) {
		return r.Events(ctx, &client.EventsParams{Pool: &p.ID, Type: &types, Cursor: cursor, Limit: &limit})
	})
	if err != nil {
		return err
	}
	fees, err := listing[api.Credit](func(cursor *string) (*http.Response, error) {
		return r.Credits(ctx, &client.CreditsParams{Pool: &p.ID, Address: &p.FeeAddress, Cursor: cursor, Limit: &limit})
	})
	if err != nil {
		return err
	}
	within := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	out := csv.NewWriter(e.out)
	rows := [][]string{{"time_utc", "block", "event", "amount_psl", "pastelid", "txid"}}
	sums := map[string]pastel.Amount{}
	counts := map[string]int{}
	for _, x := range events {
		if !within(x.Time) {
			continue
		}
		counts[x.Type]++
		sums[x.Type] += x.Amount + x.Forfeited
		rows = append(rows, []string{x.Time.UTC().Format(time.RFC3339), fmt.Sprint(x.Height), x.Type, (x.Amount + x.Forfeited).String(), x.PastelID, x.TxID})
	}
	var fee pastel.Amount
	for _, x := range fees {
		if within(x.At.Time) {
			fee += x.Amount
		}
	}
	switch {
	case e.json:
		return printJSON(e.out, map[string]any{"pool": p.ID, "sums_patoshi": sums, "counts": counts, "operator_fee_patoshi": fee})
	case c.CSV:
		return out.WriteAll(rows)
	}
	_, err = fmt.Fprintf(e.out, "Pool %s\nRewards received  %14s PSL in %d\nFee to %s  %s PSL settled\nPayouts settled   %14s PSL in %d, %d mined, %d cancelled\nJoined %d, left %d, who forfeited %s PSL\n",
		p.ID, psl(sums["reward.received"]), counts["reward.received"], p.FeeAddress, fee, psl(sums["payout.settled"]), counts["payout.settled"],
		counts["payout.paid"], counts["payout.cancelled"], counts["pledge.accepted"], counts["pledge.left"], sums["pledge.left"])
	return err
}

type supernodeCmd struct {
	Launch supernodeLaunchCmd `cmd:"" help:"Start the Supernode of an active pool."`
}

type supernodeLaunchCmd struct {
	apiFlags
	nodeFlags
	Pool   string `arg:"" help:"Pool id, or its label."`
	Host   string `required:"" placeholder:"IP:PORT" help:"Address of the Supernode's machine."`
	Alias  string `help:"Name in masternode.conf; the pool's label if left out."`
	Key    string `name:"masternode-key" placeholder:"KEY" help:"Key of an earlier masternode genkey; a new one if left out."`
	NoWait bool   `help:"Do not wait until the Supernode is paid."`
	Yes    bool   `help:"Do not ask."`
}

// Run makes the key, shows the line for masternode.conf, starts the Supernode and waits until it is paid.
func (c *supernodeLaunchCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	p, err := r.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	if p.Status != "active" {
		return fmt.Errorf("pool %s is %s: only an active pool backs a Supernode", short(p.ID), p.Status)
	}
	wallet, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	if c.Key == "" {
		if c.Key, err = wallet.MasternodeGenKey(ctx); err != nil {
			return err
		}
	}
	label, _, _ := strings.Cut(p.ID, ".")
	c.Alias = cmp.Or(c.Alias, label)
	line := fmt.Sprintf("%s %s %s %s 4294967295", c.Alias, c.Host, c.Key, p.ActivationTx)
	what := fmt.Sprintf("Cold machine (this wallet), masternode.conf:\n  %s\nHot machine (%s), pastel.conf:\n  masternode=1\n  masternodeprivkey=%s\n"+
		"The Supernode is paid to the pool's escrow, as long as the pool is active.\n", line, c.Host, c.Key)
	if err := e.confirm(c.Yes, what); err != nil {
		return err
	}
	activation, err := pastel.ParseTxID(p.ActivationTx)
	if err != nil {
		return err
	}
	if err := wallet.StartPoolSupernode(ctx, c.Alias, c.Host, c.Key, activation); err != nil {
		return fmt.Errorf("the node did not start the Supernode: %w", err)
	}
	e.note("Started. Waiting until it is paid; Ctrl-C does not stop the Supernode.")
	for !c.NoWait {
		now, err := r.pool(ctx, p.ID)
		if err != nil {
			return err
		}
		if now.Rewards > p.Rewards {
			_, err := fmt.Fprintf(e.out, "Paid: the pool has received %s PSL, by block %d.\n", now.Income-p.Income, now.Tip.Height)
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("the Supernode is started and was not paid yet: smartpool pool status tells later")
		case <-time.After(time.Second):
		}
	}
	return nil
}

type payoutsCmd struct {
	apiFlags
	nodeFlags
	Pool      string `help:"Only of this pool: id or label."`
	Address   string `help:"Only those that pay this address."`
	All       bool   `help:"Also those that were mined or cancelled."`
	Broadcast bool   `help:"Broadcast what can be mined. Anyone may: nobody can change a payout."`
}

// Run lists payouts, and broadcasts those that are due.
func (c *payoutsCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	params := client.PayoutsParams{Address: optional(c.Address)}
	if c.Pool != "" {
		p, err := r.pool(ctx, c.Pool)
		if err != nil {
			return err
		}
		params.Pool = &p.ID
	}
	if pending := client.PayoutsParamsStatusPending; !c.All {
		params.Status = &pending
	}
	list, err := listing[api.Payout](func(cursor *string) (*http.Response, error) {
		params.Cursor = cursor
		return r.Payouts(ctx, &params)
	})
	if err != nil {
		return err
	}
	if c.Broadcast {
		return c.broadcast(ctx, e, r, list)
	}
	if e.json {
		return printJSON(e.out, list)
	}
	var b strings.Builder
	if tellPayouts(&b, list); len(list) == 0 {
		b.WriteString("\nNo payout is waiting. --all shows those that were mined.\n")
	}
	_, err = fmt.Fprint(e.out, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func (c *payoutsCmd) broadcast(ctx context.Context, e *env, r *remote, list []api.Payout) error {
	node, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	sent := 0
	for _, po := range list {
		if po.Status != "pending" || po.From.Height > r.status.Tip.Height+1 {
			continue
		}
		d, err := fetch[api.PayoutDetail](r.Payout(ctx, po.TxID))
		if err != nil {
			return err
		}
		raw, err := hex.DecodeString(d.Hex)
		if err != nil {
			return fmt.Errorf("the daemon's payout %s is no transaction: run the same release as it", po.TxID)
		}
		if _, err := node.SendRaw(ctx, raw); err != nil {
			return fmt.Errorf("payout %s: %w", po.TxID, err)
		}
		sent++
		e.note("Broadcast %s: %s PSL to %d addresses.", po.TxID, po.Amount, po.Outputs)
	}
	if e.json {
		return printJSON(e.out, map[string]int{"broadcast": sent})
	}
	_, err = fmt.Fprintf(e.out, "%d broadcast.\n", sent)
	return err
}
