package pool

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// TestScenarios plays the files in testdata/scenarios: commands in, events and state out. Every ticket is real: the test signs
// it, puts it into a transaction, mines that in a raw block and parses the block. After a change run with -rewrite and read the
// difference.
//
// Commands collect transactions for the next block; mine makes it. A file names its people, coins and pools.
//
//	network KEY=NUMBER...                   restarts with other limits; fork-NAME is the height of a fork, -1 for none
//	ready [factor=1.2] [required=1000] NAME=PSL...   opens the pool acme, gives each NAME a coin NAME1, pledges it, activates in block 2
//	people NAME...                          registers a PastelID and makes a wallet for each, mines
//	coins owner=NAME NAME=PSL...            gives coins to a wallet
//	init pool= operator= supernode= required= factor= fee= period= [address=]
//	part pool= member= coin= coins= [reward=] [signer=] [id-signer=] [age=SECONDS]
//	amend pool= member= coin= coins= [reward=] ...   the same ticket, for a member with a pledge there
//	again                                   posts the last ticket once more
//	activate pool= [members=(NAME,...)] [signer=]
//	reward pool= amount=PSL                 an output of the next coinbase
//	donate pool= amount=PSL                 an output of an ordinary transaction
//	spend coin= [to=(NAME:OWNER:PSL,...)]   spends a coin and makes others
//	payout pool= [n=0]                      mines the n-th pending payout of the pool
//	take-escrow pool=                       spends tracked escrow without a payout
//	clock add=SECONDS                       makes the times of blocks later by this much from here on
//	mine [blocks=1] [quiet]                 makes the block and empty ones after it; quiet omits rewards
//	until height=                           mines empty blocks up to a height
//	state pool=                             prints the pool: how much of each pledge's offer counts, and what it held at the last settlement
//	person NAME...                          prints reputations
//	undo blocks=                            takes blocks back
func TestScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
		w := newWorld(t, newRegtest(t))
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			out := w.play(t, d)
			if err := w.s.Check(); err != nil {
				t.Fatal(err)
			}
			return out
		})
	})
}

type world struct {
	t    *testing.T
	d    *datadriven.TestData
	omit string // a fork that is never scheduled, whatever the file says

	mined func(*Prepared, *Update) // hears of every block, if set

	s       *State
	txs     []pastel.Tx
	rewards []pastel.TxOut
	undos   []*Undo
	nonce   uint32
	shift   uint32 // seconds that blocks are later than their heights say

	names map[string]string // of PastelIDs, scripts and pools, for people
	ids   map[string]*pastelid.PrivateKey
	keys  map[string]*pastel.PrivateKey
	coins map[string]pastel.OutPoint
	owner map[string]string // of coins
	pools map[string]*ticket.Init
	last  *ticket.Ticket
}

func newWorld(t *testing.T, s *State) *world {
	return &world{
		t: t, s: s, names: map[string]string{}, ids: map[string]*pastelid.PrivateKey{}, keys: map[string]*pastel.PrivateKey{},
		coins: map[string]pastel.OutPoint{}, owner: map[string]string{}, pools: map[string]*ticket.Init{},
	}
}

// play carries out a command.
func (w *world) play(t *testing.T, d *datadriven.TestData) string {
	w.t, w.d = t, d
	return w.run()
}

func (w *world) run() string {
	switch w.d.Cmd {
	case "network":
		w.network()
	case "ready":
		w.ready()
	case "clock":
		w.shift += uint32(w.number("add"))
	case "people":
		w.register(w.d.CmdArgs)
		return w.mine(1)
	case "coins":
		w.giveCoins()
	case "init":
		w.init()
	case "part", "amend":
		w.part()
	case "again":
		w.post(w.last)
	case "activate":
		w.activate()
	case "reward":
		w.rewards = append(w.rewards, w.escrowOutput())
	case "donate":
		w.tx(nil, w.escrowOutput())
	case "spend":
		w.spend()
	case "payout":
		n := 0
		w.d.MaybeScanArgs(w.t, "n", &n)
		pending := w.s.pools[w.pool().SmartPoolID].pending
		if n >= len(pending) {
			w.d.Fatalf(w.t, "there are only %d payouts", len(pending))
		}
		w.txs = append(w.txs, *pending[n].tx)
	case "take-escrow":
		w.tx([]pastel.OutPoint{w.s.pools[w.pool().SmartPoolID].escrow.first[0].out})
	case "mine":
		n := 1
		w.d.MaybeScanArgs(w.t, "blocks", &n)
		return w.mine(n)
	case "until":
		var h int
		w.d.ScanArgs(w.t, "height", &h)
		return w.mine(h - int(w.s.tip.Height))
	case "state":
		return w.state()
	case "person":
		return w.persons()
	case "undo":
		return w.undo()
	default:
		w.t.Fatalf("%s: no such command", w.d.Cmd)
	}
	return ""
}

func (w *world) arg(key, otherwise string) string {
	v := otherwise
	w.d.MaybeScanArgs(w.t, key, &v)
	return v
}

func (w *world) number(key string) int64 {
	var n int64
	w.d.ScanArgs(w.t, key, &n)
	return n
}

func (w *world) psl(text string) pastel.Amount {
	a, err := pastel.ParseAmount(text)
	if err != nil {
		w.d.Fatalf(w.t, "%v", err)
	}
	return a
}

func (w *world) address(name string) pastel.Address {
	key := w.keys[name]
	if key == nil {
		w.d.Fatalf(w.t, "nobody is called %q", name)
	}
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: key.KeyHash()}
}

func (w *world) pool() *ticket.Init { return w.poolOf(w.arg("pool", "")) }

func (w *world) poolOf(label string) *ticket.Init {
	x := w.pools[label]
	if x == nil {
		w.d.Fatalf(w.t, "no such pool")
	}
	return x
}

func (w *world) network() {
	params := w.s.params
	shadow := false
	for _, a := range w.d.CmdArgs {
		var n int
		w.d.ScanArgs(w.t, a.Key, &n)
		switch a.Key {
		case "max-pledges":
			params.MaxPledges = n
		case "max-coinbase-outputs":
			params.MaxCoinbaseOutputs = n
		case "payout-expiry":
			params.PayoutExpiry = pastel.Height(n)
		case "coinbase-maturity":
			params.CoinbaseMaturity = pastel.Height(n)
		case "idle-limit":
			params.IdleLimit = pastel.Height(n)
		case "shadow":
			shadow = n == 1
		default:
			w.fork(&params.Forks, a.Key, pastel.Height(n))
		}
	}
	s, err := New(params, shadow)
	if err != nil {
		w.d.Fatalf(w.t, "%v", err)
	}
	w.s = s
}

// fork schedules the fork that a key fork-NAME names.
func (w *world) fork(forks *Forks, key string, h pastel.Height) {
	known := false
	eachFork(func(name string, of func(*Forks) *Fork) {
		if key != "fork-"+name {
			return
		}
		known = true
		switch {
		case name == w.omit:
		case h == pastel.Never:
			*of(forks) = Fork{}
		default:
			*of(forks) = ForkAt(h)
		}
	})
	if !known {
		w.d.Fatalf(w.t, "there is neither a limit nor a fork %s", key)
	}
}

// ready plays the beginning that most scenarios share.
func (w *world) ready() {
	w.register([]datadriven.CmdArg{{Key: "operator"}, {Key: "node"}, {Key: "alice"}, {Key: "bob"}, {Key: "carol"}, {Key: "dave"}})
	var members []datadriven.CmdArg
	for _, a := range w.d.CmdArgs {
		if a.Key != "factor" && a.Key != "required" {
			members = append(members, a)
			tx := w.tx(nil, pastel.TxOut{Value: w.psl(a.Vals[0]), Script: w.address(a.Key).Script()})
			w.nameCoins(tx, []string{a.Key + "1"}, []string{a.Key})
		}
	}
	told := w.mine(1)
	required := int64(1000)
	w.d.MaybeScanArgs(w.t, "required", &required)
	w.open("acme", "operator", "node", required, w.arg("factor", "1.2"), "5", 20)
	told += w.mine(1)
	for _, a := range members {
		w.pledge("acme", a.Key, a.Key+"1", int64(w.psl(a.Vals[0])/pastel.PSL), a.Key, a.Key, a.Key, 0)
	}
	w.start("acme", nil, "operator")
	told += w.mine(1)
	refused := strings.Contains(told, string(TicketRejected)) || strings.Contains(told, " is refused: ")
	if refused && w.omit == "" { // without a fork the older rules may refuse what this program builds
		w.d.Fatalf(w.t, "the common beginning does not succeed:\n%s", told)
	}
}

func (w *world) register(names []datadriven.CmdArg) {
	for _, a := range names {
		seed := sha512.Sum512([]byte(a.Key))
		id, err := pastelid.FromSeed(seed[:57])
		if err != nil {
			w.t.Fatal(err)
		}
		key, err := pastel.PrivateKeyFromBytes(sha256.Sum256([]byte(a.Key)))
		if err != nil {
			w.t.Fatal(err)
		}
		w.ids[a.Key], w.keys[a.Key] = id, key
		w.names[id.ID().String()] = a.Key
		w.names[pastel.P2PKH(key.KeyHash()).String()] = a.Key
		outs, err := ticket.NewRegistration(id, "", w.address(a.Key).Encode(&w.s.params.Network), int64(w.time())).Outputs(w.s.params.RegistrationFee(w.height()))
		if err != nil {
			w.t.Fatal(err)
		}
		w.tx(nil, append(outs, pastel.TxOut{})...)
	}
}

func (w *world) giveCoins() {
	owner := w.arg("owner", "")
	var outs []pastel.TxOut
	var named []string
	for _, a := range w.d.CmdArgs {
		if a.Key != "owner" {
			named = append(named, a.Key)
			outs = append(outs, pastel.TxOut{Value: w.psl(a.Vals[0]), Script: w.address(owner).Script()})
		}
	}
	w.nameCoins(w.tx(nil, outs...), named, slices.Repeat([]string{owner}, len(named)))
}

func (w *world) nameCoins(tx *pastel.Tx, named, owners []string) {
	for i, name := range named {
		w.coins[name] = pastel.OutPoint{TxID: tx.ID(), Vout: uint32(i)}
		w.owner[name] = owners[i]
	}
}

// tx adds a transaction to the block; without inputs it spends something unknown to the rules.
func (w *world) tx(ins []pastel.OutPoint, outs ...pastel.TxOut) *pastel.Tx {
	w.nonce++
	if ins == nil {
		ins = []pastel.OutPoint{{TxID: pastel.TxID{0xff}, Vout: w.nonce}}
	}
	list := make([]pastel.TxIn, len(ins))
	for i, out := range ins {
		list[i] = pastel.TxIn{PrevOut: out, Sequence: 0xffffffff}
	}
	if len(outs) == 0 {
		outs = []pastel.TxOut{{}}
	}
	tx := pastel.NewTx(true, list, outs)
	w.txs = append(w.txs, *tx)
	return tx
}

func (w *world) height() pastel.Height { return w.s.tip.Height + 1 }

// time returns the next block's time: one block every 150 seconds, plus what the clock command adds.
func (w *world) time() uint32 { return 1_700_000_000 + 150*uint32(w.height()) + w.shift }

func (w *world) post(t *ticket.Ticket) {
	w.last = t
	w.nonce++
	c, err := ticket.NewContract(t, fmt.Sprintf("key %d", w.nonce), int64(w.time()))
	if err != nil {
		w.t.Fatal(err)
	}
	outs, err := c.Outputs(w.s.params.ContractFee, true)
	if err != nil {
		w.t.Fatal(err)
	}
	w.tx(nil, append(outs, pastel.TxOut{})...)
}

func (w *world) init() {
	w.open(w.arg("pool", ""), w.arg("operator", ""), w.arg("supernode", ""), w.number("required"), w.arg("factor", "1.2"), w.arg("fee", "5"), w.number("period"))
}

func (w *world) open(label, by, node string, required int64, factorText, feeText string, period int64) {
	net := w.s.params.Name
	operator, supernode := w.ids[by], w.ids[node]
	factor, err := ticket.ParseDecimal(factorText)
	if err != nil {
		w.t.Fatal(err)
	}
	fee, err := ticket.ParseDecimal(feeText)
	if err != nil {
		w.t.Fatal(err)
	}
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SubscriptionPeriod: period, RequiredCoins: required, Factor: factor, Fee: fee,
		SupernodePastelID: supernode.ID().String(), Company: "Acme", OperatorPastelID: operator.ID().String(),
		OperatorFeeAddress: w.address(by).Encode(&w.s.params.Network),
	}
	x.SmartPoolID = x.IDFor(label)
	x.AgreementSignature = operator.SignBase64([]byte(x.AgreementStatement(net)))
	x.SmartPoolSignature = supernode.SignBase64([]byte(x.SmartPoolStatement(net)))
	w.pools[label] = x
	w.names[string(x.SmartPoolID)] = label
	w.names[ticket.EscrowAddress(x.SmartPoolID).Script().String()] = "escrow of " + label
	w.post(x.Ticket())
}

func (w *world) part() {
	member, coin := w.arg("member", ""), w.arg("coin", "")
	var age int64
	w.d.MaybeScanArgs(w.t, "age", &age)
	w.pledge(w.arg("pool", ""), member, coin, w.number("coins"), w.arg("reward", member), w.arg("id-signer", member), w.arg("signer", w.owner[coin]), age)
}

func (w *world) pledge(pool, member, coin string, coins int64, reward, idSigner, signer string, age int64) {
	out := w.coins[coin]
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: w.poolOf(pool).SmartPoolID, PastelID: w.ids[member].ID().String(), PledgedCoins: coins,
		TxID: out.TxID.String(), Vout: int64(out.Vout), RewardAddress: w.address(reward).Encode(&w.s.params.Network),
		TimeStamp: ticket.FormatTimeStamp(int64(w.time()) - age + int64(len(w.txs))),
	}
	text := x.PledgeStatement(w.s.params.Name)
	x.PledgeSignature = w.ids[idSigner].SignBase64([]byte(text))
	x.AddressSignature = w.keys[signer].SignMessage(text)
	w.post(x.Ticket())
}

func (w *world) activate() {
	var members []string
	for _, a := range w.d.CmdArgs {
		if a.Key == "members" {
			members = a.Vals
		}
	}
	w.start(w.arg("pool", ""), members, w.arg("signer", w.names[w.pool().OperatorPastelID]))
}

func (w *world) start(pool string, members []string, signer string) {
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: w.poolOf(pool).SmartPoolID}
	for _, name := range members {
		x.Participants = append(x.Participants, ticket.Participant{
			PastelID: w.ids[name].ID().String(), Address: w.address(name).Encode(&w.s.params.Network),
		})
	}
	x.OperatorSignature = w.ids[signer].SignBase64([]byte(x.OperatorStatement(w.s.params.Name)))
	w.post(x.Ticket())
}

func (w *world) escrowOutput() pastel.TxOut {
	return pastel.TxOut{Value: w.psl(w.arg("amount", "")), Script: ticket.EscrowAddress(w.pool().SmartPoolID).Script()}
}

func (w *world) spend() {
	var named, owners []string
	var outs []pastel.TxOut
	var ins []pastel.OutPoint
	for _, a := range w.d.CmdArgs {
		switch a.Key {
		case "coin":
			for _, name := range a.Vals {
				ins = append(ins, w.coins[name])
			}
		case "to":
			for _, v := range a.Vals {
				f := strings.Split(v, ":")
				named, owners = append(named, f[0]), append(owners, f[1])
				outs = append(outs, pastel.TxOut{Value: w.psl(f[2]), Script: w.address(f[1]).Script()})
			}
		}
	}
	w.nameCoins(w.tx(ins, outs...), named, owners)
}

// mine makes the block and parses its bytes, as a node would send them.
func (w *world) mine(n int) string {
	var b strings.Builder
	for range n {
		outs := append([]pastel.TxOut{{Value: 1}}, w.rewards...)
		script := []byte{4, byte(w.height()), byte(w.height() >> 8), byte(w.nonce), byte(w.nonce >> 8)}
		coinbase := pastel.NewTx(true, []pastel.TxIn{{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: script}}, outs)
		header := pastel.BlockHeader{Version: 4, Prev: w.s.tip.Hash, Time: w.time()}
		block, err := pastel.ParseBlock(pastel.NewBlock(header, append([]pastel.Tx{*coinbase}, w.txs...)).Bytes())
		if err != nil {
			w.t.Fatal(err)
		}
		w.rewards, w.txs = nil, nil
		in := Prepare(&w.s.params, w.height(), block)
		u, err := w.s.Apply(in)
		if err != nil {
			text := err.Error()
			for id, name := range w.names {
				text = strings.ReplaceAll(text, id, name)
			}
			text, _, _ = strings.Cut(text, " (")
			_, detail, _ := strings.Cut(err.Error(), ": ")
			_, detail, _ = strings.Cut(detail, ": ")
			fmt.Fprintf(&b, "%s is refused: %s\n", text, detail)
			return w.plain(b.String())
		}
		if w.mined != nil {
			w.mined(in, u)
		}
		w.undos = append(w.undos, u.Undo)
		for _, e := range u.Events {
			if !w.d.HasArg("quiet") || e.Type != RewardReceived {
				fmt.Fprintf(&b, "%d  %s\n", e.Height, w.tell(e))
			}
		}
	}
	return b.String()
}

// plain replaces ids with names.
func (w *world) plain(s string) string {
	for id, name := range w.names {
		s = strings.ReplaceAll(s, id, name)
	}
	return s
}

func (w *world) tell(e Event) string {
	parts := []string{string(e.Type)}
	if e.Pool != "" {
		parts = append(parts, w.names[string(e.Pool)])
	}
	if e.PastelID != "" {
		parts = append(parts, w.names[e.PastelID])
	}
	switch has := e.Type.Row().Has; {
	case has&HasOffered != 0:
		counts := fmt.Sprintf("%d of %d PSL", e.Coins, e.Offered)
		if has&HasRole != 0 {
			counts += fmt.Sprintf(" as %s", e.Role)
		}
		if has&HasForfeited != 0 {
			counts += fmt.Sprintf(", forfeits %s", e.Forfeited)
		}
		parts = append(parts, counts)
	case has&HasCoins != 0:
		parts = append(parts, fmt.Sprintf("%d PSL", e.Coins))
	case has&HasAmount != 0:
		parts = append(parts, e.Amount.String())
	case has&HasReputation != 0:
		parts = append(parts, fmt.Sprint(e.Points))
	case has&HasReason != 0:
		parts = append(parts, string(e.Reason))
	case has&HasPayout != 0:
		for _, o := range e.Outputs {
			parts = append(parts, fmt.Sprintf("%s:%s", w.names[o.To.Script().String()], o.Amount))
		}
		parts = append(parts, fmt.Sprintf("change:%s", e.Change))
	}
	return strings.Join(parts, " ")
}

func (w *world) state() string {
	p, ok := w.s.Pool(w.pool().SmartPoolID)
	if !ok {
		return "no such pool\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d of %d PSL, escrow %s, carry %s, operator %s\n", p.Status, p.Counted, p.Target, p.Escrowed, p.Carry, p.Accrued)
	for _, pl := range p.Pledges {
		fmt.Fprintf(&b, "  %s %d of %d PSL, held %d, %s, accrued %s\n", w.names[pl.PastelID.String()], pl.Counted, pl.Offered, pl.Held, pl.Role, pl.Accrued)
	}
	for _, c := range p.Claims {
		fmt.Fprintf(&b, "  owes %s %s\n", w.names[c.To.Script().String()], c.Amount)
	}
	for _, po := range p.Pending {
		fmt.Fprintf(&b, "  payout of block %d, valid from %d to %d\n", po.Settled, po.ValidFrom, po.ValidTo)
	}
	return b.String()
}

func (w *world) persons() string {
	var b strings.Builder
	for _, a := range w.d.CmdArgs {
		points, _, _ := w.s.Reputation(w.ids[a.Key].ID())
		fmt.Fprintf(&b, "%s %d\n", a.Key, points)
	}
	return b.String()
}

func (w *world) undo() string {
	for range w.number("blocks") {
		if err := w.s.Revert(w.undos[len(w.undos)-1]); err != nil {
			w.t.Fatal(err)
		}
		w.undos = w.undos[:len(w.undos)-1]
	}
	return fmt.Sprintf("tip is block %d\n", w.s.tip.Height)
}
