package devnode

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

const (
	// VoteAhead is how many blocks ahead Supernodes vote whom a block pays: after a Supernode started, the next block brings its first vote.
	VoteAhead = 10
	// maxVoters is how many Supernodes vote for one block at most.
	maxVoters = 20
)

// vote is whom a block has to pay, and how many Supernodes want that.
type vote struct {
	payee pastel.Script
	count int
}

// votes are the payment votes by the height they are for. A vote stands once it is made: neither a reorganization nor the end of the
// Supernode it pays takes it back, as pasteld's votes name heights, not blocks.
//
// Here every block gets votes, as it does on a network of many Supernodes, which the node's own stand for. A few pasteld nodes alone do
// other: a Supernode that is paid within 8 blocks gets no vote, and a miner who knows of none pays whom it would have voted for.
type votes map[pastel.Height]vote

// A vote's record in the block file is
//
//	4  height of the block that it is for, little endian
//	1  how many Supernodes vote
//	.. script of the payee
func (v vote) record(h pastel.Height) []byte {
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(h)), byte(v.count)), v.payee...)
}

func (vs votes) read(record []byte) error {
	if len(record) < 6 {
		return errors.New("a vote is too short")
	}
	vs[pastel.Height(binary.LittleEndian.Uint32(record))] = vote{slices.Clone(record[5:]), int(record[4])}
	return nil
}

// newTip does what Supernodes do when the best chain has a new tip: they see who of them is gone, and vote for the block that is
// VoteAhead above it, unless they did before a reorganization. Where the rules give no answer nobody is gone and nobody votes.
func (n *Node) newTip(ctx context.Context) error {
	if err := n.retire(ctx); err != nil {
		return err
	}
	h := n.tree.tip().height + VoteAhead
	if _, voted := n.votes[h]; voted {
		return nil
	}
	next, voters, err := n.nextInQueue(ctx)
	if err != nil || next == nil {
		return nil //nolint:nilerr // without an answer there is no vote
	}
	v := vote{next.standing.payee, voters}
	if err := n.file.append(recordVote, v.record(h)); err != nil {
		return err
	}
	n.votes[h] = v
	return nil
}

// turn is a Supernode that can be voted for.
type turn struct {
	sn       *Supernode
	standing *standing
	last     pastel.Height // that pays it
}

// nextInQueue returns the Supernode whose last payment, made or voted, is the oldest; nil if none can be paid. It gets the votes of the
// regular Supernodes that are enabled, as pools' do not vote (integration/pasteld), or one if there are none.
func (n *Node) nextInQueue(ctx context.Context) (next *turn, voters int, err error) {
	var turns []turn
	for _, sn := range n.sns.list {
		st, err := n.standing(ctx, sn)
		if err != nil {
			return nil, 0, err
		}
		if st.status == enabledStatus && sn.Collateral.Vout != poolIndex {
			voters++
		}
		if st.payable {
			turns = append(turns, turn{sn, st, n.lastVoted(st.payee, sn.Started)})
		}
	}
	if len(turns) == 0 {
		return nil, voters, nil
	}
	first := slices.MinFunc(turns, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.last, b.last), a.sn.Collateral.Compare(b.sn.Collateral))
	})
	return &first, min(max(voters, 1), maxVoters), nil
}

// lastVoted is the last block that pays a payee by votes or did pay it, as lastPaid has it.
func (n *Node) lastVoted(payee pastel.Script, started pastel.Height) pastel.Height {
	tip := n.tree.tip().height
	for h := tip + VoteAhead; h > tip; h-- {
		if string(n.votes[h].payee) == string(payee) {
			return h
		}
	}
	return n.lastPaid(payee, started)
}

// checkPayee checks that a block's coinbase, which makes a sum, pays a fifth of it to whom the votes name (pasteld: IsBlockValid). What is
// read from disk was checked when it came.
func (n *Node) checkPayee(e *entry, made pastel.Amount) error {
	v, voted := n.votes[e.height]
	if !voted || n.file == nil {
		return nil
	}
	for _, out := range e.block.Txs[0].Outputs {
		if out.Value == made/payeeShare && string(out.Script) == string(v.payee) {
			return nil
		}
	}
	to := "a script without an address"
	if a, ok := pastel.AddressFromScript(v.payee); ok {
		to = a.Encode(&n.net)
	}
	return badBlock("bad-cb-amount", "its coinbase does not pay %s PSL to %s, whom the Supernodes voted for", made/payeeShare, to)
}
