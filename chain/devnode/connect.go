package devnode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/txscript"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

const (
	maxBlockSize   = 2_000_000 // bytes
	maxBlockSigOps = 20_000
	// maxReorgDepth is how many blocks pasteld takes back at most. The rules could one more.
	maxReorgDepth = 99
	// blockSubsidy is what every block makes. pasteld's regtest halves it every 150 blocks, which ends a long development
	// chain's income; its blocks are accepted, as they pay less.
	blockSubsidy = 6250 * pastel.PSL
	// payeeShare is what part of a coinbase the Supernode gets: one in so many.
	payeeShare = 5
)

// SubmitBlock adds a block of anyone to the tree and moves to the best chain. ErrDuplicate for one that is there already;
// *BlockError for one that breaks a rule.
func (n *Node) SubmitBlock(ctx context.Context, raw []byte) error {
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return &BlockError{Reason: "Block decode failed", err: err}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.acceptBlock(ctx, b)
}

// acceptBlock checks a block, puts it on disk and moves to the best chain. If the rules give no answer, the block waits in the
// tree, and the next block or call tries again.
func (n *Node) acceptBlock(ctx context.Context, b *pastel.Block) error {
	if e := n.tree.entries[b.Hash()]; e != nil {
		if !e.valid() {
			return badBlock("duplicate-invalid", "%s", whyInvalid(e))
		}
		return ErrDuplicate
	}
	parent := n.tree.entries[b.Header.Prev]
	if parent == nil && len(n.tree.best) > 0 {
		return badBlock("prev-blk-not-found", "its parent %s is not known", b.Header.Prev)
	}
	if parent != nil {
		if !parent.valid() {
			return badBlock("bad-prevblk", "it builds on an invalid block")
		}
		if err := checkHeader(b, parent); err != nil {
			return err
		}
	}
	if err := n.file.append(recordBlock, b.Bytes()); err != nil {
		return err
	}
	e := n.tree.add(b, parent)
	if err := n.activate(ctx); err != nil {
		return err
	}
	if e.invalid {
		reason, detail, _ := strings.Cut(e.reason, ": ")
		return &BlockError{reason, errors.New(detail)}
	}
	return nil
}

func whyInvalid(e *entry) string {
	for !e.invalid {
		e = e.parent
	}
	return e.reason
}

// replay takes a record of the block file, in the order they were written.
func (n *Node) replay(kind recordKind, data []byte) error {
	switch kind {
	case recordBlock:
		b, err := pastel.ParseBlock(data)
		if err != nil {
			return err
		}
		parent := n.tree.entries[b.Header.Prev]
		if (parent == nil) != (len(n.tree.order) == 0) {
			return fmt.Errorf("block %s has no parent", b.Hash())
		}
		n.tree.add(b, parent).verified = true
	case recordRefused, recordReconsider:
		if len(data) < 32 {
			return errors.New("a record is too short")
		}
		e := n.tree.entries[pastel.BlockHash(data[:32])]
		if e == nil {
			return fmt.Errorf("block %s is not there", pastel.BlockHash(data[:32]))
		}
		if kind == recordReconsider {
			reconsider(&n.tree, e)
		} else {
			e.invalid, e.reason = true, string(data[32:])
			n.tree.scan = true
		}
	case recordVote:
		return n.votes.read(data)
	default:
		return fmt.Errorf("record of kind %d is not known", kind)
	}
	return n.activate(context.Background())
}

// checkHeader checks a block by itself and against its parent.
func checkHeader(b *pastel.Block, parent *entry) error {
	if b.Header.Time <= medianTime(parent) {
		return badBlock("time-too-old", "its time %d is not after the median of the last 11 blocks", b.Header.Time)
	}
	if len(b.Bytes()) > maxBlockSize {
		return badBlock("bad-blk-length", "it has %d bytes, at most %d are allowed", len(b.Bytes()), maxBlockSize)
	}
	want, err := txscript.NewScriptBuilder().AddInt64(int64(parent.height) + 1).Script()
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(b.Txs[0].Inputs[0].ScriptSig, want) {
		return badBlock("bad-cb-height", "its coinbase does not begin with height %d", parent.height+1)
	}
	checks := 0
	for i := range b.Txs {
		tx := &b.Txs[i]
		if err := checkTransparent(tx); err != nil {
			return badBlock("bad-tx", "transaction %s: %w", tx.ID(), err)
		}
		switch err := checkFinal(tx, parent.height+1, medianTime(parent)); {
		case errors.Is(err, errNotFinal):
			return badBlock("bad-txns-nonfinal", "transaction %s: %w", tx.ID(), err)
		case err != nil:
			return badBlock("bad-tx", "transaction %s: %w", tx.ID(), err)
		}
		checks += sigOps(tx)
	}
	if checks > maxBlockSigOps {
		return badBlock("bad-blk-sigops", "its outputs hold %d signature checks, at most %d are allowed", checks, maxBlockSigOps)
	}
	return nil
}

// errNotFinal says that a transaction is too early.
var errNotFinal = errors.New("its lock time is not reached")

// checkFinal checks that a block of height h may hold a transaction; time is the median of the 11 blocks before it.
func checkFinal(tx *pastel.Tx, h pastel.Height, time uint32) error {
	if tx.ExpiryHeight != 0 && int64(tx.ExpiryHeight) < int64(h) {
		return fmt.Errorf("it expired at block %d", tx.ExpiryHeight)
	}
	const lockTimeIsHeight = 500_000_000
	reached := int64(tx.LockTime) < int64(h)
	if tx.LockTime >= lockTimeIsHeight {
		reached = tx.LockTime < time
	}
	final := func(in pastel.TxIn) bool { return in.Sequence == 0xffffffff }
	if !reached && slices.IndexFunc(tx.Inputs, func(in pastel.TxIn) bool { return !final(in) }) >= 0 {
		return fmt.Errorf("%w: it is %d", errNotFinal, tx.LockTime)
	}
	return nil
}

// medianTime is the median time of the last 11 blocks that end with e.
func medianTime(e *entry) uint32 {
	var times []uint32
	for ; e != nil && len(times) < 11; e = e.parent {
		times = append(times, e.block.Header.Time)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// activate moves to the best chain, block by block; a block that turns out to be invalid is marked and left out. An error means
// that the rules gave no answer or the branch is too deep: the chain is then shorter, but in agreement with the rules.
func (n *Node) activate(ctx context.Context) error {
	if n.unsure {
		if err := n.bringRules(ctx); err != nil {
			return err
		}
		n.unsure = false
	}
	for {
		target := n.tree.candidate()
		if target == n.tree.tip() {
			n.tree.settled()
			return nil
		}
		fork, up := n.tree.path(target)
		if depth := pastel.Height(len(n.tree.best)) - 1 - fork; depth > maxReorgDepth && fork >= 0 {
			return fmt.Errorf("%w: block %d forks off at block %d", ErrDeepReorg, target.height, fork)
		}
		n.tree.settled()
		err := n.moveTo(ctx, fork, up)
		if err != nil {
			n.tree.scan = true // what was not connected still waits
		}
		n.pool.revalidate(n)
		if err == nil && n.file != nil {
			err = n.newTip(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// moveTo takes blocks above fork back and connects others, as far as they are valid.
func (n *Node) moveTo(ctx context.Context, fork pastel.Height, up []*entry) error {
	for n.tree.tip() != nil && n.tree.tip().height > fork {
		e := n.tree.tip()
		if n.rules != nil {
			if err := n.rules.Disconnect(ctx, e.block.Hash()); err != nil {
				n.unsure = true
				return fmt.Errorf("the rules do not take block %d back: %w", e.height, err)
			}
		}
		n.disconnect(e)
	}
	for _, e := range up {
		err := n.connect(ctx, e)
		var invalid *BlockError
		if errors.As(err, &invalid) {
			return n.refuse(e, err.Error())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse marks a block as invalid, for good unless someone has it reconsidered.
func (n *Node) refuse(e *entry, reason string) error {
	e.invalid, e.reason = true, reason
	n.tree.scan = true
	if n.file == nil {
		return nil // what is on disk is being read
	}
	hash := e.block.Hash()
	return n.file.append(recordRefused, append(hash[:], reason...))
}

// connect appends a block to the best chain, or leaves everything as it was.
func (n *Node) connect(ctx context.Context, e *entry) error {
	view, spent, err := n.spendAll(e)
	if err != nil {
		return err
	}
	if err := n.askRules(ctx, e); err != nil {
		return err
	}
	view.apply()
	e.verified, e.spent = true, spent
	n.tree.best = append(n.tree.best, e)
	for i := range e.block.Txs {
		n.txs[e.block.Txs[i].ID()] = txPlace{e, i}
	}
	return nil
}

// spendAll checks all but the smart pool rules of a block on top of the best chain: what its transactions spend and make.
func (n *Node) spendAll(e *entry) (coinView, []spentOutput, error) {
	view := coinView{base: n.coins, now: map[pastel.OutPoint]*coin{}}
	fees := pastel.Amount(0)
	var spent []spentOutput
	scripts := blockScripts
	if e.verified {
		scripts = noScripts
	}
	for i := range e.block.Txs {
		tx := &e.block.Txs[i]
		if i > 0 {
			fee, outs, err := n.spend(&view, tx, e.height, scripts)
			if err != nil {
				return view, nil, badBlock("bad-tx", "transaction %s: %w", tx.ID(), err)
			}
			fees += fee
			spent = append(spent, outs...)
		}
		for v := range tx.Outputs {
			out := pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}
			if view.get(out) != nil {
				return view, nil, badBlock("bad-txns-BIP30", "transaction %s is in the chain already", tx.ID())
			}
			view.now[out] = &coin{tx.Outputs[v], e.height, i == 0}
		}
	}
	var made pastel.Amount
	for _, out := range e.block.Txs[0].Outputs {
		made += out.Value
	}
	if e.parent != nil && made > blockSubsidy+fees {
		return view, nil, badBlock("bad-cb-amount", "its coinbase makes %s PSL, subsidy and fees are %s PSL", made, blockSubsidy+fees)
	}
	if err := n.checkPayee(e, made); err != nil {
		return view, nil, err
	}
	return view, spent, nil
}

// askRules has the rules connect the block. They decide after everything else, as they keep what they accept.
func (n *Node) askRules(ctx context.Context, e *entry) error {
	if n.rules == nil {
		return nil
	}
	err := n.rules.Connect(ctx, e.block.Bytes())
	var refused *chain.RefusedError
	if errors.As(err, &refused) && refused.Reason != chain.RefusedBlock { // else the rules are at another place, the block is not bad
		return &BlockError{"smartpool-" + refused.Reason, err}
	}
	if err != nil {
		n.unsure = true
		return fmt.Errorf("the rules give no answer about block %d: %w", e.height, err)
	}
	return nil
}

// spend takes the inputs of a transaction from a view, unless it is not valid, and returns its fee and what they were.
func (n *Node) spend(view *coinView, tx *pastel.Tx, h pastel.Height, scripts scriptRules) (pastel.Amount, []spentOutput, error) {
	var in, out pastel.Amount
	spent := make([]spentOutput, len(tx.Inputs))
	outs := make([]pastel.TxOut, len(tx.Inputs))
	taken := make(map[pastel.OutPoint]bool, len(tx.Inputs))
	for i := range tx.Inputs {
		prev := tx.Inputs[i].PrevOut
		c := view.get(prev)
		switch {
		case c == nil || taken[prev]:
			return 0, nil, &inputError{prev}
		case c.coinbase && h-c.height < n.net.CoinbaseMaturity:
			return 0, nil, fmt.Errorf("%s is a coinbase of block %d and matures at block %d", prev, c.height, c.height+n.net.CoinbaseMaturity)
		}
		spent[i] = spentOutput{prev, *c}
		outs[i] = c.TxOut
		in += c.Value
		taken[prev] = true
	}
	for _, o := range tx.Outputs {
		out += o.Value
	}
	if in < out || in > pastel.MaxMoney {
		return 0, nil, fmt.Errorf("its outputs are %s PSL, its inputs only %s PSL", out, in)
	}
	if scripts != noScripts {
		if err := verifyScripts(tx, outs, scripts); err != nil {
			return 0, nil, &scriptError{err}
		}
	}
	for prev := range taken {
		view.now[prev] = nil
	}
	return in - out, spent, nil
}

// inputError says that an output is spent or was never there.
type inputError struct{ out pastel.OutPoint }

func (e *inputError) Error() string { return fmt.Sprintf("%s is spent or unknown", e.out) }

// scriptError says that a script did not succeed.
type scriptError struct{ err error }

func (e *scriptError) Error() string { return e.err.Error() }
func (e *scriptError) Unwrap() error { return e.err }

// disconnect takes the last block back; its transactions return to the mempool.
func (n *Node) disconnect(e *entry) {
	for _, s := range e.spent {
		if n.txs[s.out.TxID].entry != e {
			n.coins[s.out] = s.coin
		}
	}
	for i := range e.block.Txs {
		id := e.block.Txs[i].ID()
		delete(n.txs, id)
		for v := range e.block.Txs[i].Outputs {
			delete(n.coins, pastel.OutPoint{TxID: id, Vout: uint32(v)})
		}
	}
	e.spent = nil
	n.tree.best = n.tree.best[:len(n.tree.best)-1]
	n.pool.bringBack(e.block)
}

// goBelow takes blocks back, down to a block's parent, without asking the rules.
func (n *Node) goBelow(e *entry) {
	for n.tree.tip().height >= e.height {
		n.disconnect(n.tree.tip())
	}
}

// Invalidate marks a block of the tree as invalid, as if it broke a rule, and moves to the best chain without it.
func (n *Node) Invalidate(ctx context.Context, hash pastel.BlockHash) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.tree.entries[hash]
	switch {
	case e == nil:
		return fmt.Errorf("block %s: %w", hash, chain.ErrNotFound)
	case e.parent == nil:
		return errors.New("the genesis block cannot be invalidated")
	case n.tree.contains(e) && n.tree.tip().height-e.height >= maxReorgDepth:
		return ErrDeepReorg
	}
	if err := n.refuse(e, "it was invalidated by hand"); err != nil {
		return err
	}
	return n.activate(ctx)
}

// Reconsider takes the mark of a block, its ancestors and descendants back and moves to the best chain.
func (n *Node) Reconsider(ctx context.Context, hash pastel.BlockHash) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.tree.entries[hash]
	if e == nil {
		return fmt.Errorf("block %s: %w", hash, chain.ErrNotFound)
	}
	if err := n.file.append(recordReconsider, hash[:]); err != nil {
		return err
	}
	reconsider(&n.tree, e)
	return n.activate(ctx)
}

func reconsider(t *tree, e *entry) {
	t.scan = true
	family := map[*entry]bool{}
	for a := e; a != nil; a = a.parent {
		a.invalid, a.reason = false, ""
	}
	for _, d := range t.order {
		if d == e || family[d.parent] {
			family[d] = true
			d.invalid, d.reason = false, ""
		}
	}
}
