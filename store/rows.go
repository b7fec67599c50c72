package store

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// together returns how many of the next blocks are written together. Only the last of them has claims, because it may have very many.
func together(list []*pool.Update) int {
	rows := 0
	for i, u := range list {
		if rows += 1 + len(u.Accepted) + len(u.Events); rows >= mostRows || len(u.Credits)+len(u.Settled) > 0 {
			return i + 1
		}
	}
	return len(list)
}

// rows are those of blocks that are written together.
type rows struct {
	blocks, events, pledges, tickets, claims bulk
}

func newRows() *rows {
	return &rows{
		blocks:  newBulk("blocks", "height hash time digest undo"),
		events:  newBulk("events", "height position type pool pastelid pledge amount coins json"),
		pledges: newBulk("pledges", "seq pool pastelid address joined"),
		tickets: newBulk("pledge_tickets", "pledge height position reward offered ticket output_txid output_vout"),
		claims:  newBulk("claims", "height position pool pastelid address output credited paid"),
	}
}

// blocks writes blocks that follow each other, and the pools that opened in them; without blocks, the pools that are left.
func (w *writer) blocks(list []*pool.Update, keep pastel.Height) error {
	opened := len(w.opened)
	if n := len(list); n > 0 {
		for opened = 0; opened < len(w.opened) && w.opened[opened].InitHeight <= list[n-1].Height; opened++ {
		}
	}
	if err := w.number(list, w.opened[:opened]); err != nil {
		return err
	}
	w.opened = w.opened[opened:]
	r := newRows()
	for _, u := range list {
		if err := w.block(u, r, u.Height > keep); err != nil {
			return fmt.Errorf("block %d: %w", u.Height, err)
		}
	}
	for _, b := range []*bulk{&w.numbers.fresh, &r.blocks, &r.pledges, &r.tickets, &r.claims, &r.events} {
		if err := w.write(b); err != nil {
			return err
		}
	}
	for _, u := range list {
		for i := range u.Events {
			if err := w.ends(&u.Events[i]); err != nil {
				return err
			}
		}
	}
	w.numbers.bare()
	return w.checkOnes()
}

// number finds or makes the numbers of everything that the blocks name, and writes the pools that opened.
func (w *writer) number(list []*pool.Update, opened []*pool.Head) error {
	var pools []string
	var names naming
	open := func(to pastel.Height) {
		for ; len(opened) > 0 && opened[0].InitHeight <= to; opened = opened[1:] {
			p := opened[0]
			names.add(p.InitHeight, p.Operator.String(), p.Supernode.String(), w.address(p.FeeAddress), w.address(ticket.EscrowAddress(p.ID)))
		}
	}
	mention := func(id ticket.PoolID) {
		if id != "" {
			pools = append(pools, string(id))
		}
	}
	all := opened
	for _, u := range list {
		open(u.Height)
		for i := range u.Accepted {
			a := &u.Accepted[i]
			mention(a.Pool)
			names.add(u.Height, a.PastelID.String(), w.owner(a), w.address(a.Reward))
		}
		for i := range u.Events {
			mention(u.Events[i].Pool)
			names.add(u.Height, u.Events[i].PastelID)
		}
		for i := range u.Credits {
			c := &u.Credits[i]
			mention(c.Pool)
			names.add(u.Height, w.creditor(c), w.address(c.To))
		}
		for i := range u.Settled {
			mention(u.Settled[i].Pool)
			for _, out := range u.Settled[i].Outputs {
				names.add(u.Height, w.address(out.To))
			}
		}
	}
	open(math.MaxInt32)
	if err := w.name(&names); err != nil {
		return err
	}
	for _, p := range all {
		if err := w.insertPool(p); err != nil {
			return fmt.Errorf("pool %s: %w", p.ID, err)
		}
	}
	return w.find(findPools, pools, w.numbers.before.pools, w.numbers.pools)
}

// address encodes an address, of which claims name each several times, only once.
func (w *writer) address(a pastel.Address) string {
	text, found := w.numbers.addresses[a]
	if !found {
		text = a.Encode(&w.net.Network)
		w.numbers.addresses[a] = text
	}
	return text
}

func (w *writer) owner(a *pool.Accepted) string {
	return w.address(pastel.Address{Kind: pastel.AddressP2PKH, Hash: a.Owner})
}

// creditor returns the PastelID that a credit is for; empty if only the address is known.
func (w *writer) creditor(c *pool.Credit) string {
	if c.PastelID == (pastelid.PastelID{}) {
		return ""
	}
	text, found := w.numbers.people[c.PastelID]
	if !found {
		text = c.PastelID.String()
		w.numbers.people[c.PastelID] = text
	}
	return text
}

func (w *writer) block(u *pool.Update, r *rows, keepUndo bool) error {
	var undo []byte
	if keepUndo {
		undo = u.Undo.Encode()
	}
	if err := w.put(&r.blocks, int64(u.Height), u.Block[:], int64(u.Time), u.Digest[:], undo); err != nil {
		return err
	}
	for i := range u.Accepted {
		if err := w.accepted(&u.Accepted[i], r, u.Height, i); err != nil {
			return fmt.Errorf("pledge %d: %w", u.Accepted[i].Seq, err)
		}
	}
	if err := w.claims(u, r); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	for i := range u.Events {
		if err := w.event(&u.Events[i], r, i); err != nil {
			return fmt.Errorf("event %d, %s: %w", i, u.Events[i].Type, err)
		}
	}
	return nil
}

// accepted adds a join or amend ticket, and the pledge that a join creates.
func (w *writer) accepted(a *pool.Accepted, r *rows, h pastel.Height, i int) error {
	if !a.Amends {
		in, err := w.numbers.pool(a.Pool)
		if err != nil {
			return err
		}
		owner := w.numbers.name(w.owner(a))
		if err := w.put(&r.pledges, int64(a.Seq), in, w.numbers.name(a.PastelID.String()), owner, int32(h)); err != nil {
			return err
		}
	}
	reward := w.numbers.name(w.address(a.Reward))
	return w.put(&r.tickets, int64(a.Seq), int32(h), int32(i), reward, a.Offered, a.Ticket[:], a.Output.TxID[:], int64(a.Output.Vout))
}

// onlyPaid is the position of the first claim in a block that was paid, but not credited.
const onlyPaid = 1 << 30

// claims adds what the block credited and what its payouts pay. An output belongs to the first credit of the block that its pool gave to its
// address, or has a row of its own.
func (w *writer) claims(u *pool.Update, r *rows) error {
	outputs := make(map[ticket.PoolID]map[pastel.Address]int32, len(u.Settled))
	paid := make(map[ticket.PoolID][]pool.Payment, len(u.Settled))
	for i := range u.Settled {
		po := &u.Settled[i]
		of := make(map[pastel.Address]int32, len(po.Outputs))
		for n, out := range po.Outputs {
			of[out.To] = int32(n)
		}
		outputs[po.Pool], paid[po.Pool] = of, po.Outputs
	}
	for i := range u.Credits {
		c := &u.Credits[i]
		in, err := w.numbers.pool(c.Pool)
		if err != nil {
			return err
		}
		var output sql.NullInt32
		var amount sql.NullInt64
		if n, found := outputs[c.Pool][c.To]; found {
			output, amount = sql.NullInt32{Int32: n, Valid: true}, integer(int64(paid[c.Pool][n].Amount))
			delete(outputs[c.Pool], c.To)
		}
		who, to := w.numbers.name(w.creditor(c)), w.numbers.name(w.address(c.To))
		if err := w.put(&r.claims, int32(u.Height), int32(i), in, who, to, output, int64(c.Amount), amount); err != nil {
			return err
		}
	}
	if err := w.earnings(u); err != nil {
		return err
	}
	position := int32(onlyPaid)
	for i := range u.Settled {
		n, err := w.settled(&u.Settled[i], r, outputs[u.Settled[i].Pool], position)
		if err != nil {
			return fmt.Errorf("payout %s: %w", u.Settled[i].Tx.ID(), err)
		}
		position += n
	}
	return nil
}

// earnings writes where each pool's credits of a block lie.
func (w *writer) earnings(u *pool.Update) error {
	var list []db.InsertEarningParams
	of := make(map[ticket.PoolID]int)
	for i := range u.Credits {
		id := u.Credits[i].Pool
		n, found := of[id]
		if !found {
			in, err := w.numbers.pool(id)
			if err != nil {
				return err
			}
			n = len(list)
			of[id] = n
			list = append(list, db.InsertEarningParams{Pool: in.Int32, Height: int32(u.Height), First: int32(i)})
		}
		list[n].Last = int32(i)
	}
	for _, e := range list {
		if err := w.q.InsertEarning(w.ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// settled writes a payout, and adds the outputs that belong to no credit of its block, from a position on. It returns their number.
func (w *writer) settled(po *pool.Payout, r *rows, left map[pastel.Address]int32, position int32) (n int32, err error) {
	in, err := w.numbers.pool(po.Pool)
	if err != nil {
		return 0, err
	}
	var total pastel.Amount
	for i, out := range po.Outputs {
		total += out.Amount
		if _, found := left[out.To]; found {
			to := w.numbers.name(w.address(out.To))
			err := w.put(&r.claims, int32(po.Settled), position+n, in, sql.NullInt32{}, to, int32(i), sql.NullInt64{}, int64(out.Amount))
			if err != nil {
				return 0, err
			}
			n++
		}
	}
	txid := po.Tx.ID()
	x := db.InsertPayoutParams{
		Pool: in.Int32, Settled: int32(po.Settled), Txid: txid[:], Change: int64(po.Change), Total: int64(total), Outputs: int32(len(po.Outputs)),
		FirstPaid: sql.NullInt32{Int32: position, Valid: n > 0},
	}
	for i := range po.Tx.Inputs {
		out := &po.Tx.Inputs[i].PrevOut
		x.Inputs = binary.LittleEndian.AppendUint32(append(x.Inputs, out.TxID[:]...), out.Vout)
	}
	return n, w.q.InsertPayout(w.ctx, x)
}

func text(s string) sql.NullString        { return sql.NullString{String: s, Valid: s != ""} }
func integer(n int64) sql.NullInt64       { return sql.NullInt64{Int64: n, Valid: true} }
func after(h pastel.Height) sql.NullInt64 { return sql.NullInt64{Int64: int64(h), Valid: h >= 0} }
func at(h pastel.Height) sql.NullInt32    { return sql.NullInt32{Int32: int32(h), Valid: true} }

// event adds an event. The outputs of payout.settled are claims.
func (w *writer) event(e *pool.Event, r *rows, i int) error {
	in, err := w.numbers.pool(e.Pool)
	if err != nil {
		return err
	}
	bare := *e
	bare.Outputs = nil
	canonical, err := bare.MarshalJSON()
	if err != nil {
		return err
	}
	var pledge, amount, coins sql.NullInt64
	has := e.Type.Row().Has
	if e.Type == pool.PledgeReduced {
		coins = integer(e.Coins)
	}
	if has&pool.HasOwner != 0 {
		pledge = integer(int64(e.Pledge))
	}
	if has&pool.HasAmount != 0 {
		amount = integer(int64(e.Amount))
	}
	of := w.numbers.name(e.PastelID)
	return w.put(&r.events, int32(e.Height), int32(i), string(e.Type), in, of, pledge, amount, coins, string(canonical))
}

// ends marks what an event ends.
func (w *writer) ends(e *pool.Event) error {
	var result sql.Result
	var err error
	num := w.numbers.pools[string(e.Pool)]
	switch e.Type {
	case pool.PledgeLeft, pool.PledgeReleased:
		result, err = w.q.EndPledge(w.ctx, db.EndPledgeParams{
			Seq: int64(e.Pledge), Ended: at(e.Height), Outcome: text(string(e.Type)), Forfeited: integer(int64(e.Forfeited)),
		})
	case pool.PayoutPaid:
		result, err = w.q.PayPayout(w.ctx, db.PayPayoutParams{Pool: num, Txid: e.TxID[:], Paid: at(e.Height)})
	case pool.PayoutCancelled:
		result, err = w.q.CancelPayout(w.ctx, db.CancelPayoutParams{Pool: num, Txid: e.TxID[:], Cancelled: at(e.Height)})
	default:
		return nil
	}
	return w.one(result, err, func() string { return fmt.Sprintf("block %d: %s in pool %s", e.Height, e.Type, e.Pool) })
}

// insertPool writes a pool that opened, under the next number.
func (w *writer) insertPool(p *pool.Head) error {
	if err := w.last(&w.numbers.lastPool, w.q.LastPool); err != nil {
		return err
	}
	w.numbers.lastPool++
	name := func(text string) int32 { return w.numbers.names[text] }
	x := db.InsertPoolParams{
		Num: w.numbers.lastPool, ID: string(p.ID), Status: p.Status.String(), Company: storable.Replace(p.Company), Operator: name(p.Operator.String()),
		Supernode: name(p.Supernode.String()), FeeAddress: name(w.address(p.FeeAddress)), Escrow: name(w.address(ticket.EscrowAddress(p.ID))),
		Required: p.Required, Target: p.Target, Factor: p.Factor, Fee: p.Fee, Period: int64(p.Period), Opened: int64(p.InitHeight),
		OpenedTx: p.InitTx[:], Activated: after(p.Activated), ActivationTx: activation(p), Deadline: after(p.Deadline), Ended: after(p.Ended),
		Counted: p.Counted, Offered: p.Offered, Skeleton: visible.Skeleton(p.Company), Shelf: shelfOf(p, w.net), Low: count(p.Low),
		Broken: count(p.Broken), Members: int64(p.Members), Standby: int64(p.Standby), Plain: int64(p.Plain), Room: room(p),
		Escrowed: int64(p.Escrowed), Claimed: int64(p.Claimed), Pending: int64(p.Pending),
	}
	w.numbers.pools[string(p.ID)] = w.numbers.lastPool
	return w.q.InsertPool(w.ctx, x)
}

func (w *writer) updatePool(p *pool.Head) error {
	result, err := w.q.UpdatePool(w.ctx, db.UpdatePoolParams{
		ID: string(p.ID), Status: p.Status.String(), Activated: after(p.Activated), ActivationTx: activation(p), Deadline: after(p.Deadline),
		Ended: after(p.Ended), Counted: p.Counted, Offered: p.Offered, Shelf: shelfOf(p, w.net), Low: count(p.Low), Broken: count(p.Broken),
		Members: int64(p.Members), Standby: int64(p.Standby), Plain: int64(p.Plain), Room: room(p), Escrowed: int64(p.Escrowed),
		Claimed: int64(p.Claimed), Pending: int64(p.Pending),
	})
	return w.one(result, err, func() string { return "pool " + string(p.ID) })
}

// activation returns the transaction that activated a pool; nil before.
func activation(p *pool.Head) []byte {
	if p.Activated < 0 {
		return nil
	}
	return p.ActivationTx[:]
}
