package replay

import (
	"bufio"
	"bytes"
	"encoding/hex"

	"github.com/pastelnetwork/smartpool/pastel"
)

// enforcing is the default network: so far the only one that enforces the rules.
const enforcing = "regtest"

// genesis maps the hashes of the first blocks of Pastel's networks to their names (pasteld: src/chainparams.cpp).
var genesis = map[string]string{
	"000081da84af725f5b4281b9a42d251f06715f14b86cb4cf9e59c2b9cf88b7eb": "main",
	"0302f1ab449e6424f1ec076a6496b331fa664d8b95d866023ea6675bbb387f53": "testnet",
	"065c1d8ea9abb121b8b12e4e483e46f60e743bb149de4bc82e4dd81598b99338": "regtest",
}

// maxGenesis bounds the line looked at to recognise a chain: Pastel's first blocks have at most 3,400 hex digits.
const maxGenesis = 8 << 10

// recognise names the network whose first block is on the first line, without taking the line from the reader.
func recognise(in *bufio.Reader) (name string, known bool) {
	head, _ := in.Peek(maxGenesis) // an error returns when the line is read
	line, _, _ := bytes.Cut(head, []byte("\n"))
	raw, err := hex.DecodeString(string(bytes.TrimSpace(line)))
	if err != nil {
		return "", false
	}
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return "", false
	}
	name, known = genesis[b.Hash().String()]
	return name, known
}
