package devnode

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

var walletMethods = map[string]method{
	"getnewaddress":   {"wallet", "[account]", "Creates an address.", getNewAddress, false},
	"validateaddress": {"util", "address", "Information about an address.", validateAddress, false},
	"getbalance":      {"wallet", "[account] [minconf]", "Coins that the wallet can spend, in PSL.", getBalance, false},
	"getwalletinfo":   {"wallet", "", "The wallet's state. Its keys are never encrypted.", getWalletInfo, false},
	"listunspent":     {"wallet", "[minconf] [maxconf] [addresses]", "Outputs that the wallet can spend.", listUnspent, false},
	"lockunspent":     {"wallet", "unlock [outputs]", "Locks [{txid, vout}] so that the wallet does not spend them, or unlocks them.", lockUnspent, false},
	"listlockunspent": {"wallet", "", "Outputs locked by lockunspent.", listLockUnspent, false},
	"sendtoaddress":   {"wallet", "address amount [comment] [comment-to]", "Pays an amount of PSL.", sendToAddress, false},
	"dumpprivkey":     {"wallet", "address", "The private key of an address.", dumpPrivKey, false},
	"signmessage":     {"wallet", "address message", "Signs a message with an address's key.", signMessage, false},
	"verifymessage":   {"util", "address signature message", "Verifies a message's signature.", verifyMessage, false},
}

func getNewAddress(_ context.Context, n *Node, _ params) (any, error) {
	k, err := n.wallet.newKey()
	if err != nil {
		return nil, err
	}
	return k.address().Encode(&n.net), nil
}

func validateAddress(_ context.Context, n *Node, p params) (any, error) {
	text, err := p.text(0)
	if err != nil {
		return nil, err
	}
	type answer struct {
		Valid      bool    `json:"isvalid"`
		Address    string  `json:"address,omitempty"`
		Script     string  `json:"scriptPubKey,omitempty"`
		Mine       *bool   `json:"ismine,omitempty"`
		Watch      *bool   `json:"iswatchonly,omitempty"`
		IsScript   *bool   `json:"isscript,omitempty"`
		PubKey     string  `json:"pubkey,omitempty"`
		Compressed bool    `json:"iscompressed,omitempty"`
		Account    *string `json:"account,omitempty"`
	}
	a, err := pastel.ParseAddress(&n.net, text)
	if err != nil {
		return answer{}, nil
	}
	key := n.wallet.owner(a.Script())
	mine, watch, script := key != nil, false, a.Kind == pastel.AddressP2SH
	out := answer{Valid: true, Address: text, Script: hex.EncodeToString(a.Script()), Mine: &mine, Watch: &watch, IsScript: &script}
	if mine {
		out.PubKey, out.Compressed = hex.EncodeToString(key.secret.PubKey().SerializeCompressed()), true
		out.Account = new(string)
	}
	return out, nil
}

func (n *Node) balance(least pastel.Height) (sum pastel.Amount) {
	for _, u := range n.unspentCoins(least, true) {
		sum += u.coin.Value
	}
	return sum
}

func getBalance(_ context.Context, n *Node, p params) (any, error) {
	least, err := p.integer(1, 1)
	if err != nil {
		return nil, err
	}
	return psl(n.balance(pastel.Height(least))), nil
}

func getWalletInfo(_ context.Context, n *Node, _ params) (any, error) {
	const version = 60_000 // pasteld: wallet/wallet.h, FEATURE_COMPRPUBKEY
	return struct {
		Version int `json:"walletversion"`
		Balance psl `json:"balance"`
	}{version, psl(n.balance(1))}, nil
}

func listUnspent(_ context.Context, n *Node, p params) (any, error) {
	least, err := p.integer(0, 1)
	if err != nil {
		return nil, err
	}
	most, err := p.integer(1, 9_999_999)
	if err != nil {
		return nil, err
	}
	var only []string
	if p.has(2) && json.Unmarshal(p[2], &only) != nil {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, addresses must be an array of strings")
	}
	for _, text := range only {
		if _, err := pastel.ParseAddress(&n.net, text); err != nil {
			return nil, rpcErrorf(codeNotFound, "Invalid Pastel address: %s", text)
		}
	}
	type coinJSON struct {
		ID            string        `json:"txid"`
		Vout          uint32        `json:"vout"`
		Generated     bool          `json:"generated"`
		Address       string        `json:"address"`
		Script        string        `json:"scriptPubKey"`
		Amount        psl           `json:"amount"`
		AmountPat     pastel.Amount `json:"amountPat"`
		Confirmations pastel.Height `json:"confirmations"`
		Spendable     bool          `json:"spendable"`
	}
	list := []coinJSON{}
	for _, u := range n.unspentCoins(pastel.Height(least), false) {
		address := n.wallet.owner(u.coin.Script).address().Encode(&n.net)
		if int64(u.confirmations) > most || len(only) > 0 && !slices.Contains(only, address) {
			continue
		}
		list = append(list, coinJSON{
			u.out.TxID.String(), u.out.Vout, u.coin.coinbase, address, hex.EncodeToString(u.coin.Script),
			psl(u.coin.Value), u.coin.Value, u.confirmations, true,
		})
	}
	return list, nil
}

type outPointJSON struct {
	ID   string  `json:"txid"`
	Vout *uint32 `json:"vout"`
}

func lockUnspent(_ context.Context, n *Node, p params) (any, error) {
	unlock, err := p.boolean(0, false)
	if err != nil {
		return nil, err
	}
	if !p.has(1) {
		if !unlock {
			return nil, rpcErrorf(codeParameter, "Invalid parameter, name the outputs to lock")
		}
		n.wallet.locked = map[pastel.OutPoint]bool{}
		return true, nil
	}
	var list []outPointJSON
	if json.Unmarshal(p[1], &list) != nil {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, expected object")
	}
	var outs []pastel.OutPoint
	for _, o := range list {
		id, err := txID(o.ID)
		if err != nil || o.Vout == nil {
			return nil, rpcErrorf(codeParameter, "Invalid parameter, expected hex txid and vout")
		}
		outs = append(outs, pastel.OutPoint{TxID: id, Vout: *o.Vout})
	}
	for _, o := range outs {
		if unlock {
			delete(n.wallet.locked, o)
		} else {
			n.wallet.locked[o] = true
		}
	}
	return true, nil
}

func listLockUnspent(_ context.Context, n *Node, _ params) (any, error) {
	var outs []pastel.OutPoint
	for o := range n.wallet.locked {
		outs = append(outs, o)
	}
	slices.SortFunc(outs, pastel.OutPoint.Compare)
	list := []outPointJSON{}
	for _, o := range outs {
		list = append(list, outPointJSON{o.TxID.String(), &o.Vout})
	}
	return list, nil
}

func sendToAddress(ctx context.Context, n *Node, p params) (any, error) {
	a, err := p.address(0, &n.net, rpcErrorf(codeNotFound, "Invalid Pastel address"))
	if err != nil {
		return nil, err
	}
	value, err := p.amount(1)
	if err != nil {
		return nil, err
	}
	if value == 0 {
		return nil, rpcErrorf(codeType, "Invalid amount for send")
	}
	tx, err := n.pay(ctx, []pastel.TxOut{{Value: value, Script: a.Script()}}, nil)
	if err != nil {
		return nil, err
	}
	return tx.ID().String(), nil
}

// keyOf returns the key of one of the wallet's addresses.
func (n *Node) keyOf(p params) (*walletKey, error) {
	a, err := p.address(0, &n.net, rpcErrorf(codeType, "Invalid address"))
	if err != nil {
		return nil, err
	}
	if a.Kind != pastel.AddressP2PKH {
		return nil, rpcErrorf(codeType, "Address does not refer to key")
	}
	k := n.wallet.owner(a.Script())
	if k == nil {
		return nil, rpcErrorf(codeWallet, "Private key not available")
	}
	return k, nil
}

func dumpPrivKey(_ context.Context, n *Node, p params) (any, error) {
	k, err := n.keyOf(p)
	if err != nil {
		return nil, err
	}
	return k.key.WIF(&n.net), nil
}

func signMessage(_ context.Context, n *Node, p params) (any, error) {
	text, err := p.text(1)
	if err != nil {
		return nil, err
	}
	k, err := n.keyOf(p)
	if err != nil {
		return nil, err
	}
	return k.key.SignMessage(text), nil
}

func verifyMessage(_ context.Context, n *Node, p params) (any, error) {
	a, err := p.address(0, &n.net, rpcErrorf(codeType, "Invalid address"))
	if err != nil {
		return nil, err
	}
	sig, err := p.text(1)
	if err != nil {
		return nil, err
	}
	text, err := p.text(2)
	if err != nil {
		return nil, err
	}
	if a.Kind != pastel.AddressP2PKH {
		return nil, rpcErrorf(codeType, "Address does not refer to key")
	}
	raw, err := base64.StdEncoding.DecodeString(sig)
	if err != nil {
		return nil, rpcErrorf(codeNotFound, "Malformed base64 encoding")
	}
	return pastel.VerifyMessage(a, raw, []byte(text)) == nil, nil
}
