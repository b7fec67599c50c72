package devnode

import (
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
)

// params are the parameters of a call. Missing ones at the end have defaults.
type params []json.RawMessage

func (p params) has(i int) bool { return i < len(p) && string(p[i]) != "null" }

func (p params) text(i int) (string, error) {
	var s string
	if !p.has(i) || json.Unmarshal(p[i], &s) != nil {
		return "", rpcErrorf(codeMisc, "JSON value is not a string as expected")
	}
	return s, nil
}

func (p params) textOr(i int, otherwise string) (string, error) {
	if !p.has(i) {
		return otherwise, nil
	}
	return p.text(i)
}

func (p params) integer(i int, otherwise int64) (int64, error) {
	if !p.has(i) {
		return otherwise, nil
	}
	v, err := strconv.ParseInt(string(p[i]), 10, 64)
	if err != nil {
		return 0, rpcErrorf(codeMisc, "JSON value is not an integer as expected")
	}
	return v, nil
}

func (p params) boolean(i int, otherwise bool) (bool, error) {
	if !p.has(i) {
		return otherwise, nil
	}
	var v bool
	if json.Unmarshal(p[i], &v) != nil {
		return false, rpcErrorf(codeMisc, "JSON value is not a boolean as expected")
	}
	return v, nil
}

// flag reads a boolean, which older callers send as 0 or 1.
func (p params) flag(i int) (bool, error) {
	v, err := p.integer(i, 0)
	if err != nil {
		return p.boolean(i, false)
	}
	return v != 0, nil
}

func (p params) hex(i int) ([]byte, error) {
	s, err := p.text(i)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, rpcErrorf(codeParameter, "parameter %d must be hexadecimal string (not '%s')", i+1, s)
	}
	return b, nil
}

func (p params) txID(i int) (pastel.TxID, error) {
	if _, err := p.hex(i); err != nil {
		return pastel.TxID{}, err
	}
	s, err := p.text(i)
	if err != nil {
		return pastel.TxID{}, err
	}
	return txID(s)
}

func txID(s string) (pastel.TxID, error) {
	id, err := pastel.ParseTxID(s)
	if err != nil {
		return id, rpcErrorf(codeParameter, "parameter must be of length 64 (not %d) and lowercase", len(s))
	}
	return id, nil
}

func (p params) blockHash(i int) (pastel.BlockHash, error) {
	id, err := p.txID(i)
	return pastel.BlockHash(id), err
}

// amount reads an exact amount in PSL.
func (p params) amount(i int) (pastel.Amount, error) { return amountOf(p[i]) }

func amountOf(raw json.RawMessage) (pastel.Amount, error) {
	a, err := pastel.ParseAmount(string(raw))
	if err != nil || a < 0 {
		return 0, rpcErrorf(codeType, "Invalid amount")
	}
	return a, nil
}

func (p params) address(i int, net *pastel.Network, wrong *rpcError) (pastel.Address, error) {
	s, err := p.text(i)
	if err != nil {
		return pastel.Address{}, err
	}
	a, err := pastel.ParseAddress(net, s)
	if err != nil {
		return a, wrong
	}
	return a, nil
}

// psl prints an amount in PSL with five decimals, as pasteld does.
type psl pastel.Amount

// MarshalJSON implements json.Marshaler.
func (a psl) MarshalJSON() ([]byte, error) {
	b := []byte{}
	v := int64(a)
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	b = strconv.AppendInt(b, v/int64(pastel.PSL), 10)
	rest := strconv.Itoa(int(int64(pastel.PSL) + v%int64(pastel.PSL)))
	return append(append(b, '.'), rest[1:]...), nil
}
