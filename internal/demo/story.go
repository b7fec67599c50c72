package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// last is a block by which the pool is certainly paid out.
const last = 500

func (s *stage) play(ctx context.Context) error {
	_, _ = fmt.Fprintln(s.out, "The whole life of a smart pool, on a development chain. Its coins have no value.")
	for _, act := range []func(context.Context) error{
		s.prepare, s.openPool, s.pledges, s.activate, s.launch, s.earn, s.moveAndLeave, s.amendAndReduce, s.firstPayout, s.replenish, s.dissolve, s.account,
	} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// raise is how much more Alice offers later, in PSL. She has these coins from the beginning.
const raise = 100

// prepare mines coins and registers everyone.
func (s *stage) prepare(ctx context.Context) error {
	s.chapter("A node, a daemon and six people")
	s.say("node    %s, Pastel's regtest, with the smart pool rules enforced", s.server.URL)
	s.say("daemon  smartpoold follows the node and keeps the ledger in %s", s.dir)
	if err := s.mine(ctx, int(s.Net.CoinbaseMaturity)+5); err != nil {
		return err
	}
	s.at("the miner's first coins are spendable")
	for _, p := range s.Everybody() {
		if err := s.Enrol(ctx, p); err != nil {
			return fmt.Errorf("register %s: %w", p.Name, err)
		}
	}
	for _, m := range s.Members {
		if err := s.Fund(ctx, m); err != nil {
			return fmt.Errorf("fund %s: %w", m.Name, err)
		}
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	for _, m := range s.Members {
		if err := s.Settle(ctx, m); err != nil {
			return err
		}
	}
	s.at("an operator, a Supernode and five members have registered PastelIDs; each member owns coins, but none owns enough for a Supernode")
	return nil
}

// openPool posts the init ticket.
func (s *stage) openPool(ctx context.Context) error {
	s.chapter("The operator opens a pool")
	if err := s.Open(ctx, "demo"); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.expect(pool.Subscribing); err != nil {
		return err
	}
	s.at("%s opens %s", actors.Company, s.Pool)
	s.say("The pool needs %d PSL, wants a cushion up to %d PSL, and charges %s %% of the rewards.", actors.Required, actors.Target, actors.Fee)
	return nil
}

// pledges has four members pledge.
func (s *stage) pledges(ctx context.Context) error {
	s.chapter("Members pledge coins and keep them")
	for _, m := range s.Members[:4] {
		if err := s.Pledge(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	p, err := s.pool()
	if err != nil {
		return err
	}
	if p.Offered != actors.Target || len(p.Pledges) != 4 {
		return fmt.Errorf("%d pledges of %d PSL are in; expected 4 of %d", len(p.Pledges), p.Offered, actors.Target)
	}
	s.at("four signed statements are on the chain; every coin stays in its owner's wallet")
	for _, m := range s.Members[:4] {
		s.say("  %-6s pledges %4d PSL at %s", m.Name, m.Coins, m.Address.Encode(&s.Net))
	}
	return nil
}

// activate posts the activation ticket with the list of members.
func (s *stage) activate(ctx context.Context) error {
	s.chapter("The pool is complete and starts")
	if err := s.Activate(ctx, s.Members[:4]); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.expect(pool.Active); err != nil {
		return err
	}
	p, err := s.pool()
	if err != nil {
		return err
	}
	s.at("the operator's activation ticket lists all four: the pool backs a Supernode with %d PSL", p.Counted)
	return nil
}

// launch starts the Supernode, and a fifth member joins the waiting line.
func (s *stage) launch(ctx context.Context) error {
	if err := s.Launch(ctx); err != nil {
		return err
	}
	emil := s.Members[4]
	if err := s.Pledge(ctx, emil); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.roleIs(emil, pool.Standby); err != nil {
		return err
	}
	s.at("the Supernode runs: Supernodes now vote to pay it, %d blocks ahead", devnode.VoteAhead)
	s.at("Emil pledges, too; the pool is full, so he is on standby")
	if err := s.mine(ctx, devnode.VoteAhead); err != nil {
		return err
	}
	p, err := s.pool()
	if err != nil {
		return err
	}
	if p.Escrowed == 0 {
		return fmt.Errorf("the Supernode was not paid")
	}
	s.at("the first vote pays off: %s PSL go into an escrow that nobody holds a key for", p.Escrowed)
	return nil
}

// earn mines up to the first settlement.
func (s *stage) earn(ctx context.Context) error {
	s.chapter("Rewards are earned, then settled")
	p, err := s.pool()
	if err != nil {
		return err
	}
	if err := s.mine(ctx, int(p.NextSettlement-1-s.height())); err != nil {
		return err
	}
	if p, err = s.pool(); err != nil {
		return err
	}
	s.at("earnings since activation, in proportion to coins:")
	for _, pl := range p.Pledges {
		s.say("  %-12s %4d PSL  %-9s %14s PSL", s.nameOf(pl.PastelID.String()), pl.Counted, pl.Role, terminal.PSL(pl.Accrued))
	}
	s.say("  %-12s            %s %% fee %14s PSL", s.Operator.Name, actors.Fee, terminal.PSL(p.Accrued))
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if p, err = s.pool(); err != nil {
		return err
	}
	if len(p.Pending) != 1 {
		return fmt.Errorf("%d payouts were settled; expected 1", len(p.Pending))
	}
	s.at("settlement: every node now computes the same payout transaction, byte for byte")
	s.tell(&p.Pending[0])
	return nil
}

// tell describes a payout.
func (s *stage) tell(po *pool.Payout) {
	s.say("  %s", po.Tx.ID())
	for _, o := range po.Outputs {
		s.say("  pays %-12s %14s PSL", s.ownerOf(o.To), terminal.PSL(o.Amount))
	}
	s.say("  It can be mined from block %d on, once the rewards in it have matured.", po.ValidFrom)
}

// moveAndLeave has Bruno move coins within his address, and Chen leave.
func (s *stage) moveAndLeave(ctx context.Context) error {
	s.chapter("Coins move")
	bruno, chen, emil := s.Members[1], s.Members[2], s.Members[4]
	if err := s.Move(ctx, bruno, bruno.Address); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.Settle(ctx, bruno); err != nil {
		return err
	}
	if err := s.roleIs(bruno, pool.Member); err != nil {
		return err
	}
	s.at("Bruno moves his coins within his own address: his pledge follows them, and he loses nothing")
	before, err := s.pledgeOf(chen)
	if err != nil {
		return err
	}
	if err := s.Leave(ctx, chen); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.Settle(ctx, chen); err != nil {
		return err
	}
	if err := s.roleIs(emil, pool.Member); err != nil {
		return err
	}
	if err := s.expect(pool.Active); err != nil {
		return err
	}
	in, err := s.pledgeOf(emil)
	if err != nil {
		return err
	}
	s.at("Chen spends his coins elsewhere and thereby leaves: his %s PSL not yet settled go to those who stay and the operator", before.Accrued)
	s.at("Emil steps in within the same block, with %d of his 300 PSL: the Supernode never stops", in.Counted)
	return nil
}

// amendAndReduce has Alice offer more than counts, and Emil less.
func (s *stage) amendAndReduce(ctx context.Context) error {
	s.chapter("One member offers more, another less")
	alice, emil := s.Members[0], s.Members[4]
	alice.Coins += raise
	if err := s.Pledge(ctx, alice); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	const full = 300 // Alice's original pledge
	if err := s.counts(alice, full, alice.Coins); err != nil {
		return err
	}
	s.at("Alice amends her pledge: she offers %d PSL, of which %d count, because the pool is full; the rest waits until a member leaves",
		alice.Coins, full)
	in, err := s.pledgeOf(emil)
	if err != nil {
		return err
	}
	if err := s.Take(ctx, emil, in.Offered-in.Counted); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.Settle(ctx, emil); err != nil {
		return err
	}
	if err := s.counts(emil, in.Counted, in.Counted); err != nil {
		return err
	}
	s.at("Emil spends the %d PSL that do not count: his pledge is reduced to %d PSL and earns as before", in.Offered-in.Counted, in.Counted)
	return nil
}

// firstPayout mines until the first payout is mined.
func (s *stage) firstPayout(ctx context.Context) error {
	s.chapter("The payout is mined")
	p, err := s.pool()
	if err != nil {
		return err
	}
	po := p.Pending[0]
	if err := s.mine(ctx, int(po.ValidFrom-s.height())); err != nil {
		return err
	}
	if p, err = s.pool(); err != nil {
		return err
	}
	for _, left := range p.Pending {
		if left.Tx.ID() == po.Tx.ID() {
			return fmt.Errorf("payout %s was not mined in block %d", po.Tx.ID(), s.height())
		}
	}
	s.at("%s is mined, unchanged", po.Tx.ID())
	for _, m := range append([]*actors.Party{s.Operator}, s.Members...) {
		sum, err := s.received(ctx, m)
		if err != nil {
			return err
		}
		s.say("  %-12s has received %14s PSL", m.Name, terminal.PSL(sum))
	}
	return nil
}

// replenish has Dora leave, so that too little remains, and Chen return.
func (s *stage) replenish(ctx context.Context) error {
	s.chapter("Too little remains, and a member returns")
	chen, dora := s.Members[2], s.Members[3]
	if err := s.Leave(ctx, dora); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.expect(pool.Replenishing); err != nil {
		return err
	}
	p, err := s.pool()
	if err != nil {
		return err
	}
	if err := s.counts(s.Members[0], s.Members[0].Coins, s.Members[0].Coins); err != nil {
		return err
	}
	s.at("Dora leaves. All that Alice offers counts immediately, but %d PSL are less than the %d that a Supernode needs", p.Counted,
		actors.Required)
	s.say("The Supernode keeps running, but gets no votes until someone joins; after block %d the pool would be dissolved.", p.Deadline)
	if err := s.Pledge(ctx, chen); err != nil {
		return err
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.expect(pool.Active); err != nil {
		return err
	}
	s.at("Chen pledges again: the pool is active, and the Supernode gets votes again")
	if err := s.mine(ctx, devnode.VoteAhead); err != nil {
		return err
	}
	switch paid, err := s.paid(ctx); {
	case err != nil:
		return err
	case !paid:
		return fmt.Errorf("the Supernode is still not paid")
	}
	s.at("the first of them pays off; only the block in between had no vote")
	return nil
}

// dissolve has Alice and Bruno leave, and waits until everything is paid out.
func (s *stage) dissolve(ctx context.Context) error {
	s.chapter("The pool ends")
	for _, m := range s.Members[:2] {
		if err := s.Leave(ctx, m); err != nil {
			return err
		}
	}
	if err := s.mine(ctx, 1); err != nil {
		return err
	}
	if err := s.expect(pool.Replenishing); err != nil {
		return err
	}
	s.at("Alice and Bruno leave, and nobody steps in; earlier votes still pay off")
	if err := s.mine(ctx, actors.Subscription+1); err != nil {
		return err
	}
	if err := s.expect(pool.Dissolved); err != nil {
		return err
	}
	s.at("the pool is dissolved; no coins need to be returned, because they never left their owners")
	for s.height() < last {
		p, err := s.pool()
		if err != nil {
			return err
		}
		if len(p.Pending) == 0 && p.NextSettlement < 0 {
			s.at("the last payout is mined, a hundred blocks after the last settlement, and the pool is closed")
			return s.expect(pool.Closed)
		}
		if err := s.mine(ctx, 1); err != nil {
			return err
		}
	}
	return fmt.Errorf("the dissolved pool is not paid out by block %d", s.height())
}

// account checks the daemon's ledger against raw blocks and wallets. The pool must have closed with what is left in escrow.
func (s *stage) account(ctx context.Context) error {
	s.chapter("Where every patoshi went")
	b, err := s.audit(ctx)
	if err != nil {
		return err
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return err
	}
	var paid pastel.Amount
	s.say("%-34s %14s PSL", fmt.Sprintf("paid to escrow, in %d blocks", b.rewards), terminal.PSL(b.income))
	for _, m := range append([]*actors.Party{s.Operator}, s.Members...) {
		sum := b.paid[m.Reward]
		wallet, err := s.received(ctx, m)
		if err != nil {
			return err
		}
		if wallet != sum {
			return fmt.Errorf("%s was paid %s PSL, but the wallet has %s PSL", m.Name, sum, wallet)
		}
		paid += sum
		s.say("%-34s %14s PSL", "paid to "+m.Name, terminal.PSL(sum))
	}
	s.say("%-34s %14s PSL", "left in escrow, too little to pay", terminal.PSL(b.escrowed))
	for to, sum := range b.paid {
		if s.ownerOf(to) == "" {
			return fmt.Errorf("%s PSL went to %s, which belongs to no participant", sum, to.Encode(&s.Net))
		}
	}
	switch {
	case b.income != paid+b.escrowed:
		return fmt.Errorf("%s PSL came in, but %s PSL are accounted for", b.income, paid+b.escrowed)
	case kept.income != b.income || kept.paid != paid || kept.left != b.escrowed:
		return fmt.Errorf("the daemon's database has %s PSL paid to escrow, %s PSL paid out and %s PSL left, but the blocks %s, %s and %s PSL",
			kept.income, kept.paid, kept.left, b.income, paid, b.escrowed)
	case b.escrowed > s.params.Dust:
		return fmt.Errorf("%s PSL remain in escrow, which is more than dust", b.escrowed)
	}
	s.say("Income equals what %d payouts paid plus what is left, to the patoshi, according to %d raw blocks. The daemon's database agrees.",
		b.payouts, s.height()+1)
	s.say("It took %v.", time.Since(s.began).Round(100*time.Millisecond))
	return nil
}

// expect checks the pool's status.
func (s *stage) expect(want pool.Status) error {
	p, err := s.pool()
	if err == nil && p.Status != want {
		err = fmt.Errorf("the pool is %s at block %d; expected %s", p.Status, s.height(), want)
	}
	return err
}

func (s *stage) pledgeOf(m *actors.Party) (pool.Pledge, error) {
	p, err := s.pool()
	if err != nil {
		return pool.Pledge{}, err
	}
	for _, pl := range p.Pledges {
		if pl.PastelID.String() == m.ID {
			return pl, nil
		}
	}
	return pool.Pledge{}, fmt.Errorf("%s has no pledge", m.Name)
}

// counts checks how much of a member's pledge counts, and how much it offers.
func (s *stage) counts(m *actors.Party, counted, offered int64) error {
	pl, err := s.pledgeOf(m)
	if err == nil && (pl.Counted != counted || pl.Offered != offered) {
		err = fmt.Errorf("%s has %d of %d PSL counted at block %d; expected %d of %d", m.Name, pl.Counted, pl.Offered, s.height(), counted, offered)
	}
	return err
}

func (s *stage) roleIs(m *actors.Party, want pool.Role) error {
	pl, err := s.pledgeOf(m)
	if err == nil && pl.Role != want {
		err = fmt.Errorf("%s is %s; expected %s", m.Name, pl.Role, want)
	}
	return err
}

// received returns what a party's reward address has received, according to the wallet.
func (s *stage) received(ctx context.Context, p *actors.Party) (sum pastel.Amount, err error) {
	list, err := s.Client.Unspent(ctx, 0, p.Reward)
	for _, u := range list {
		sum += u.Value
	}
	return sum, err
}

func (s *stage) nameOf(id string) string {
	for _, m := range s.Members {
		if m.ID == id {
			return m.Name
		}
	}
	return id
}

func (s *stage) ownerOf(a pastel.Address) string {
	for _, p := range append([]*actors.Party{s.Operator}, s.Members...) {
		if p.Reward == a {
			return p.Name
		}
	}
	return ""
}
