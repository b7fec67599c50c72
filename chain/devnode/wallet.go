package devnode

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// wallet holds unencrypted keys, for coins of a development chain.
type wallet struct {
	path   string
	net    *pastel.Network
	keys   map[pastel.KeyHash]*walletKey
	order  []*walletKey // the first one receives mined coins
	ids    []*identity
	locked map[pastel.OutPoint]bool // until the node stops, as in pasteld
}

type walletKey struct {
	secret *secp256k1.PrivateKey
	key    *pastel.PrivateKey
}

func (k *walletKey) address() pastel.Address {
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: k.key.KeyHash()}
}

// walletFile is the wallet's file.
type walletFile struct {
	Warning    string         `json:"warning"`
	Keys       []string       `json:"keys"` // hex
	Identities []identityFile `json:"identities"`
}

const maxWallet = 64 << 20 // bytes

const walletWarning = "Keys of a development node. They are not encrypted: never use them for coins of value."

func openWallet(path string, net *pastel.Network) (*wallet, error) {
	w := &wallet{path: path, net: net, keys: map[pastel.KeyHash]*walletKey{}, locked: map[pastel.OutPoint]bool{}}
	data, err := secretfile.Read(path, maxWallet)
	if errors.Is(err, os.ErrNotExist) {
		_, err := w.newKey()
		return w, err
	}
	var file walletFile
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err == nil && len(file.Keys) == 0 {
		err = errors.New("it contains no keys")
	}
	for _, text := range file.Keys {
		if err == nil {
			err = w.addKey(text)
		}
	}
	for _, f := range file.Identities {
		var id *identity
		if err == nil {
			id, err = f.identity()
			w.ids = append(w.ids, id)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; restore it, or remove the folder to start over", path, err)
	}
	return w, nil
}

func (w *wallet) save() error {
	file := walletFile{Warning: walletWarning}
	for _, k := range w.order {
		file.Keys = append(file.Keys, hex.EncodeToString(k.secret.Serialize()))
	}
	for _, id := range w.ids {
		file.Identities = append(file.Identities, id.file())
	}
	data, err := json.MarshalIndent(file, "", "\t")
	if err != nil {
		return err
	}
	return secretfile.Write(w.path, data)
}

func (w *wallet) newKey() (*walletKey, error) {
	secret, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		return nil, err
	}
	if err := w.addKey(hex.EncodeToString(secret.Serialize())); err != nil {
		return nil, err
	}
	return w.order[len(w.order)-1], w.save()
}

func (w *wallet) addKey(text string) error {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 32 {
		return errors.New("a key is not 64 hex digits")
	}
	key, err := pastel.PrivateKeyFromBytes([32]byte(b))
	if err != nil {
		return err
	}
	k := &walletKey{secp256k1.PrivKeyFromBytes(b), key}
	w.keys[key.KeyHash()] = k
	w.order = append(w.order, k)
	return nil
}

// owner returns the key that spends a script; nil if the wallet has none.
func (w *wallet) owner(script []byte) *walletKey {
	hash, ok := pastel.P2PKHHash(script)
	if !ok {
		return nil
	}
	return w.keys[hash]
}

// minerScript returns the script that receives mined coins.
func (w *wallet) minerScript() (pastel.Script, error) {
	if len(w.order) == 0 {
		return nil, errors.New("the wallet holds no keys")
	}
	return w.order[0].address().Script(), nil
}

// identity is a PastelID whose key the wallet holds.
type identity struct {
	seed []byte
	key  *pastelid.PrivateKey
	salt []byte
	pass [32]byte // hash of salt and passphrase

	legRoast string // public key, computed on demand
}

type identityFile struct {
	PastelID string `json:"pastelid"`
	Seed     string `json:"seed"` // hex
	Salt     string `json:"salt"` // hex
	Pass     string `json:"pass"` // hex, hash of salt and passphrase
}
