package ticket

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// ErrStatement is the error that every error of ReadPledge and ReadRegistration wraps.
var ErrStatement = errors.New("not a statement to sign")

// maxStatement is the length of the longest text that is read, in bytes; a pledge statement has at most about 390.
const maxStatement = 512

// pledgeFields are the fields of a pledge statement, after its opening.
var pledgeFields = []string{"net", "pool", "pastelid", "coins", "output", "reward", "time"}

// ReadPledge is the inverse of Part.PledgeStatement: it returns the network and what the statement says of the ticket, which lacks its
// signatures. Every value is well formed and, of all texts, only the statement itself reads as it does. Errors wrap ErrStatement.
func ReadPledge(statement string) (x *Part, net pastel.Network, err error) {
	words := strings.Split(bounded(statement), " ")
	if len(words) != 2+len(pledgeFields) || words[1] != "pledge" {
		return nil, net, fmt.Errorf("%w: it is no pledge statement", ErrStatement)
	}
	value := map[string]string{}
	for i, name := range pledgeFields {
		v, found := strings.CutPrefix(words[2+i], name+"=")
		if !found {
			return nil, net, fmt.Errorf("%w: %s= is not where a pledge statement has it", ErrStatement, name)
		}
		value[name] = v
	}
	version, badVersion := strconv.ParseInt(strings.TrimPrefix(words[0], "smartpool/"), 10, 64)
	if _, known := layoutOf(KindPart, version, AnyVersion); badVersion != nil || !known {
		return nil, net, fmt.Errorf("%w: this program does not know statements of %.20q; use a newer one", ErrStatement, words[0])
	}
	net, badNet := pastel.NetworkByName(value["net"])
	_, badPool := ParsePoolID(value["pool"])
	_, badID := usableID(value["pastelid"])
	psl, badCoins := strconv.ParseInt(value["coins"], 10, 64)
	if badCoins == nil && (psl < 1 || psl > maxCoins) {
		badCoins = fmt.Errorf("%d PSL is not an amount that exists", psl)
	}
	output, badOutput := pastel.ParseOutPoint(value["output"])
	_, badTime := ParseTimeStamp(value["time"])
	if err := cmp.Or(badNet, badPool, badID, badCoins, badOutput, badTime); err != nil {
		return nil, net, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	if err := payable(&net, value["reward"], PoolID(value["pool"])); err != nil {
		return nil, net, fmt.Errorf("%w: rewards cannot go there: %w", ErrStatement, err)
	}
	x = &Part{
		Version: version, SmartPoolID: PoolID(value["pool"]), PastelID: value["pastelid"], PledgedCoins: psl,
		TxID: output.TxID.String(), Vout: int64(output.Vout), RewardAddress: value["reward"], TimeStamp: value["time"],
	}
	if x.PledgeStatement(net.Name) != statement {
		return nil, net, fmt.Errorf("%w: a number is not written as statements have it", ErrStatement)
	}
	return x, net, nil
}

// ReadRegistration returns the personal registration, without a LegRoast key, whose text a PastelID is asked to sign, and the networks that its
// address may belong to: some share their addresses. Of all texts, only the registration's own reads as it does. Errors wrap ErrStatement.
func ReadRegistration(text string) (x *Registration, nets []string, err error) {
	text = bounded(text)
	if len(text) < pastelid.TextSize {
		return nil, nil, fmt.Errorf("%w: it is no registration", ErrStatement)
	}
	none := Registration{Collateral: pastel.OutPoint{Vout: 0xffffffff}}
	id, rest := text[:pastelid.TextSize], text[pastelid.TextSize:]
	// No address contains a 0, with which the collateral that a personal registration lacks begins.
	address, seconds, found := strings.Cut(rest, strings.TrimSuffix(string(none.SignedText()), "0"))
	if !found {
		return nil, nil, fmt.Errorf("%w: it is no registration", ErrStatement)
	}
	_, badID := usableID(id)
	unix, badTime := strconv.ParseInt(seconds, 10, 64)
	if badTime == nil && (unix < 1 || unix > maxUnix) {
		badTime = fmt.Errorf("%d is not a time of these years", unix)
	}
	for _, name := range pastel.Networks() {
		if net, err := pastel.NetworkByName(name); err == nil {
			if _, err := pastel.ParseAddress(&net, address); err == nil {
				nets = append(nets, name)
			}
		}
	}
	var badAddress error
	if len(nets) == 0 {
		badAddress = fmt.Errorf("%.40q is not an address of a network of Pastel", address)
	}
	if err := cmp.Or(badID, badAddress, badTime); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	x = &Registration{PastelID: id, Address: address, Collateral: none.Collateral, Timestamp: unix}
	if !slices.Equal(x.SignedText(), []byte(text)) {
		return nil, nil, fmt.Errorf("%w: a number is not written as registrations have it", ErrStatement)
	}
	return x, nets, nil
}

// maxUnix is the end of the year 9999, in seconds since 1970.
const maxUnix = 253_402_300_799

// bounded returns the text, or none if it is too long to be signed.
func bounded(text string) string {
	if len(text) > maxStatement {
		return ""
	}
	return text
}
