package devnode

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

const (
	defaultWinners = 10     // blocks back from the tip
	maxWinners     = 10_000 // limit of the same
	winnersAhead   = 20     // votes are accepted for up to so many blocks above the tip
)

// winner is the outcome of a block's votes.
type winner struct {
	height pastel.Height
	votes  string
}

// winnerList is an object with heights as keys, in the list's order.
type winnerList []winner

// MarshalJSON implements json.Marshaler.
func (l winnerList) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, w := range l {
		text, err := json.Marshal(w.votes)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\"%d\":%s", w.height, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// winners returns the votes for the last blocks and for those to come.
func (n *Node) winners(p params) (any, error) {
	if len(p) > 3 {
		return nil, rpcErrorf(codeParameter, "Correct usage is 'masternode winners ( \"count\" \"filter\" )'")
	}
	back, err := p.number(1, defaultWinners)
	if err != nil {
		return nil, err
	}
	if back < 0 || back > maxWinners {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, count is 0 to %d blocks", maxWinners)
	}
	filter, err := p.textOr(2, "")
	if err != nil {
		return nil, err
	}
	tip := n.tree.tip().height
	list := winnerList{}
	for h := tip - pastel.Height(back); h < tip+winnersAhead; h++ {
		if text := n.votesText(h); strings.Contains(text, filter) {
			list = append(list, winner{h, text})
		}
	}
	return list, nil
}

// votesText is pasteld's text for a block's votes: the payee, and how many Supernodes voted for it.
func (n *Node) votesText(h pastel.Height) string {
	v, voted := n.votes[h]
	to, known := pastel.AddressFromScript(v.payee)
	if !voted || !known {
		return "Unknown"
	}
	return fmt.Sprintf("%s:%d", to.Encode(&n.net), v.count)
}

// winner returns the Supernode that would be voted for now.
func (n *Node) winner(ctx context.Context, ahead pastel.Height) (any, error) {
	next, _, err := n.nextInQueue(ctx)
	if err != nil {
		return nil, err
	}
	if next == nil {
		return "unknown", nil
	}
	payee := ""
	if to, ok := pastel.AddressFromScript(next.standing.payee); ok {
		payee = to.Encode(&n.net)
	}
	now := n.now().Unix()
	return struct {
		Height   pastel.Height `json:"height"`
		Address  string        `json:"IP:port"`
		Protocol int           `json:"protocol"`
		Out      string        `json:"outpoint"`
		Payee    string        `json:"payee"`
		Seen     int64         `json:"lastseen"`
		Active   int64         `json:"activeseconds"`
	}{
		n.tree.tip().height + ahead, next.sn.Address, protocolVersion, fmt.Sprintf("%s-%d", next.sn.TxID, next.sn.Vout), payee, now,
		now - next.sn.Time,
	}, nil
}

// countSupernodes counts the Supernodes in the list, or in part of it.
func (n *Node) countSupernodes(ctx context.Context, p params) (any, error) {
	if len(p) > 2 {
		return nil, rpcErrorf(codeParameter, "Too many parameters")
	}
	mode, err := p.textOr(1, "")
	if err != nil {
		return nil, err
	}
	all, enabled, qualified := len(n.sns.list), 0, 0
	for _, sn := range n.sns.list {
		st, err := n.standing(ctx, sn)
		if err != nil {
			return nil, err
		}
		if st.status == enabledStatus {
			enabled++
		}
		if st.payable {
			qualified++
		}
	}
	switch mode {
	case "", "current":
		return all, nil
	case "enabled":
		return enabled, nil
	case "qualify":
		return qualified, nil
	case "all":
		return fmt.Sprintf("Total: %d. From them: Current: %d; Enabled: %d; Qualify: %d", all, all, enabled, qualified), nil
	}
	return nil, nil // pasteld answers nothing
}

// number reads an integer, which callers may send as text.
func (p params) number(i int, otherwise int64) (int64, error) {
	if v, err := p.integer(i, otherwise); err == nil {
		return v, nil
	}
	s, err := p.text(i)
	if err != nil {
		return 0, rpcErrorf(codeMisc, "JSON value is not an integer as expected")
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, rpcErrorf(codeMisc, "JSON value is not an integer as expected")
	}
	return v, nil
}
