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
	// maxReorgDepth is how many blocks pasteld takes back at most. The rules can take back one more.
	maxReorgDepth = 99
	// blockSubsidy is what each block creates. pasteld's regtest halves it every 150 blocks, which would end a long development chain's
	// income. Blocks recorded from pasteld are valid here, because they create less.
	blockSubsidy = 6250 * pastel.PSL
	// payeeShare is the Supernode's part of a coinbase: one in this many.
	payeeShare = 5
)

// SubmitBlock adds a block to the tree and moves to the best chain. It returns ErrDuplicate for a known block, and *BlockError for a block
// that breaks a rule.
func (n *Node) SubmitBlock(ctx context.Context, raw []byte) error {
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return &BlockError{Reason: "Block decode failed", err: err}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.acceptBlock(ctx, b)
}

// acceptBlock checks a block, writes it to disk and moves to the best chain. If the rules give no answer, the block waits in the tree, and
// the next block or call tries again.
func (n *Node) acceptBlock(ctx context.Context, b *pastel.Block) error {
	if e := n.tree.entries[b.Hash()]; e != nil {
		if !e.valid() {
			return badBlock("duplicate-invalid", "%s", whyInvalid(e))
		}
		return ErrDuplicate
	}
	parent := n.tree.entries[b.Header.Prev]
	if parent == nil && len(n.tree.best) > 0 {
		return badBlock("prev-blk-not-found", "its parent %s is unknown", b.Header.Prev)
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

// replay takes a record of the block file; records come in the order they were written.
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
			return fmt.Errorf("block %s is missing", pastel.BlockHash(data[:32]))
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
		return fmt.Errorf("unknown record kind %d", kind)
	}
	return n.activate(context.Background())
}

// checkHeader checks a block by itself and against its parent.
func checkHeader(b *pastel.Block, parent *entry) error {
	if b.Header.Time <= medianTime(parent) {
		return badBlock("time-too-old", "its time %d is not after the median time of the last 11 blocks", b.Header.Time)
	}
	if len(b.Bytes()) > maxBlockSize {
		return badBlock("bad-blk-length", "it has %d bytes, more than the limit of %d", len(b.Bytes()), maxBlockSize)
	}
	want, err := txscript.NewScriptBuilder().AddInt64(int64(parent.height) + 1).Script()
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(b.Txs[0].Inputs[0].ScriptSig, want) {
		return badBlock("bad-cb-height", "its coinbase does not start with height %d", parent.height+1)
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
		return badBlock("bad-blk-sigops", "its outputs contain %d signature checks, more than the limit of %d", checks, maxBlockSigOps)
	}
	return nil
}

// errNotFinal says that a transaction's lock time is in the future.
var errNotFinal = errors.New("its lock time has not been reached")

// checkFinal checks that a block at height h may contain a transaction. time is the median time of the 11 blocks before it.
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

// medianTime returns the median time of the 11 blocks that end with e.
func medianTime(e *entry) uint32 {
	var times []uint32
	for ; e != nil && len(times) < 11; e = e.parent {
		times = append(times, e.block.Header.Time)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// activate moves to the best chain, block by block. It marks and skips blocks that turn out to be invalid. An error means that the rules
// gave no answer or the branch is too deep; the chain is then shorter, but agrees with the rules.
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
			n.tree.scan = true // blocks that were not connected still wait
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

// moveTo takes back the blocks above fork and connects others, as far as they are valid.
func (n *Node) moveTo(ctx context.Context, fork pastel.Height, up []*entry) error {
	for n.tree.tip() != nil && n.tree.tip().height > fork {
		e := n.tree.tip()
		if n.rules != nil {
			if err := n.rules.Disconnect(ctx, e.block.Hash()); err != nil {
				n.unsure = true
				return fmt.Errorf("the rules did not take back block %d: %w", e.height, err)
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

// refuse marks a block as invalid, permanently unless it is reconsidered.
func (n *Node) refuse(e *entry, reason string) error {
	e.invalid, e.reason = true, reason
	n.tree.scan = true
	if n.file == nil {
		return nil // the mark is being read from disk
	}
	hash := e.block.Hash()
	return n.file.append(recordRefused, append(hash[:], reason...))
}

// connect appends a block to the best chain, or changes nothing.
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

// spendAll applies what a block on top of the best chain spends and creates. It makes all checks but the smart pool rules.
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
				return view, nil, badBlock("bad-txns-BIP30", "transaction %s is already in the chain", tx.ID())
			}
			view.now[out] = &coin{tx.Outputs[v], e.height, i == 0}
		}
	}
	var made pastel.Amount
	for _, out := range e.block.Txs[0].Outputs {
		made += out.Value
	}
	if e.parent != nil && made > blockSubsidy+fees {
		return view, nil, badBlock("bad-cb-amount", "its coinbase creates %s PSL, but subsidy and fees are %s PSL", made, blockSubsidy+fees)
	}
	if err := n.checkPayee(e, made); err != nil {
		return view, nil, err
	}
	return view, spent, nil
}

// askRules has the rules connect a block. They come last because they store what they accept.
func (n *Node) askRules(ctx context.Context, e *entry) error {
	if n.rules == nil {
		return nil
	}
	err := n.rules.Connect(ctx, e.block.Bytes())
	var refused *chain.RefusedError
	if errors.As(err, &refused) && refused.Reason != chain.RefusedBlock { // otherwise the rules are elsewhere, and the block is not bad
		return &BlockError{"smartpool-" + refused.Reason, err}
	}
	if err != nil {
		n.unsure = true
		return fmt.Errorf("the rules did not answer about block %d: %w", e.height, err)
	}
	return nil
}

// spend removes a valid transaction's inputs from a view, and returns its fee and the outputs spent.
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
			return 0, nil, fmt.Errorf("%s is a coinbase of block %d, which matures at block %d", prev, c.height, c.height+n.net.CoinbaseMaturity)
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
		return 0, nil, fmt.Errorf("its outputs total %s PSL, but its inputs only %s PSL", out, in)
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

// inputError says that an output is spent or never existed.
type inputError struct{ out pastel.OutPoint }

func (e *inputError) Error() string { return fmt.Sprintf("%s is spent or unknown", e.out) }

// scriptError says that a script failed.
type scriptError struct{ err error }

func (e *scriptError) Error() string { return e.err.Error() }
func (e *scriptError) Unwrap() error { return e.err }

// disconnect takes back the last block. Its transactions return to the mempool.
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

// goBelow takes back blocks down to a block's parent, without asking the rules.
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
	if err := n.refuse(e, "it was invalidated manually"); err != nil {
		return err
	}
	return n.activate(ctx)
}

// Reconsider removes the marks of a block, its ancestors and its descendants, and moves to the best chain.
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
