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
	// VoteAhead is how many blocks ahead Supernodes vote on whom a block pays. The block after a Supernode's start brings the first vote
	// for it.
	VoteAhead = 10
	// maxVoters is the maximum number of Supernodes that vote for one block.
	maxVoters = 20
)

// vote is whom a block must pay, and how many Supernodes voted for that.
type vote struct {
	payee pastel.Script
	count int
}

// votes are the payment votes by the height they are for. Votes are permanent: neither a reorganization nor the end of the Supernode they
// pay removes them, because pasteld's votes name heights, not blocks.
//
// Here every block gets votes, as on a network of many Supernodes. A network of few pasteld nodes differs: a Supernode paid within 8
// blocks gets no vote, and a miner that knows of no vote pays the Supernode it would have voted for.
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

// newTip does what Supernodes do at a new tip of the best chain: they note which of them are gone, and vote for the block VoteAhead above
// it, unless they voted for it before a reorganization. If the rules give no answer, no Supernode is gone and none votes.
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
		return nil //nolint:nilerr // no answer, no vote
	}
	v := vote{next.standing.payee, voters}
	if err := n.file.append(recordVote, v.record(h)); err != nil {
		return err
	}
	n.votes[h] = v
	return nil
}

// turn is a Supernode that may be voted for.
type turn struct {
	sn       *Supernode
	standing *standing
	last     pastel.Height // the last block that pays it
}

// nextInQueue returns the Supernode whose last payment, made or voted, is the oldest; nil if none can be paid. All enabled regular
// Supernodes vote for it, since those of pools do not vote (integration/pasteld); it gets one vote if there are none.
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

// lastVoted returns the last block that pays a payee by votes, or has paid it as in lastPaid.
func (n *Node) lastVoted(payee pastel.Script, started pastel.Height) pastel.Height {
	tip := n.tree.tip().height
	for h := tip + VoteAhead; h > tip; h-- {
		if string(n.votes[h].payee) == string(payee) {
			return h
		}
	}
	return n.lastPaid(payee, started)
}

// checkPayee checks that a block's coinbase, which creates made, pays a fifth of it to the payee that the votes name (pasteld:
// IsBlockValid). Blocks read from disk were checked when they arrived.
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
	return badBlock("bad-cb-amount", "its coinbase does not pay %s PSL to %s, the payee that the Supernodes voted for", made/payeeShare, to)
}
