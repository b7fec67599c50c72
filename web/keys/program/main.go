//go:build js && wasm

// Program is the dashboard's program for PastelID keys, compiled to WebAssembly. It runs in a worker of its own, for which it sets the global
// object pastelidKeys. Each of its functions returns an object: what its comment says, or {error: text for people}.
package main

import (
	"errors"
	"syscall/js"

	"github.com/pastelnetwork/smartpool/web/keys"
)

// The largest arguments, in bytes. A key file may be larger by one: package pastelid says that it is too large.
const (
	maxPassphrase = 4 << 10
	maxFile       = 16<<10 + 1
)

func main() {
	box := &keys.Box{}
	js.Global().Set("pastelidKeys", map[string]any{
		// make(passphrase: Uint8Array): {pastelid, file: Uint8Array}
		"make": function(func(args []js.Value) (map[string]any, error) {
			passphrase, err := taken(args, 0, maxPassphrase)
			if err != nil {
				return nil, err
			}
			defer clear(passphrase)
			id, file, err := box.Make(passphrase)
			if err != nil {
				return nil, err
			}
			out := js.Global().Get("Uint8Array").New(len(file))
			js.CopyBytesToJS(out, file)
			return map[string]any{"pastelid": id, "file": out}, nil
		}),
		// open(file, passphrase: Uint8Array): {pastelid}
		"open": function(func(args []js.Value) (map[string]any, error) {
			file, err := taken(args, 0, maxFile)
			if err != nil {
				return nil, err
			}
			passphrase, err := taken(args, 1, maxPassphrase)
			if err != nil {
				return nil, err
			}
			defer clear(passphrase)
			id, err := box.Open(file, passphrase)
			return map[string]any{"pastelid": id}, err
		}),
		// read(text): {pastelid, facts: [{name, value}], made: seconds since 1970, pledge: whether it is a pledge's}
		"read": function(func(args []js.Value) (map[string]any, error) {
			s, err := keys.Read(text(args))
			if err != nil {
				return nil, err
			}
			var facts []any
			for _, f := range s.Facts {
				facts = append(facts, map[string]any{"name": f.Name, "value": f.Value})
			}
			return map[string]any{"pastelid": s.PastelID, "facts": facts, "made": s.Made, "pledge": s.Pledge}, nil
		}),
		// sign(text): {signature}
		"sign": function(func(args []js.Value) (map[string]any, error) {
			signature, err := box.Sign(text(args))
			return map[string]any{"signature": signature}, err
		}),
	})
	select {}
}

// function makes a function of JavaScript.
func function(f func(args []js.Value) (map[string]any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		out, err := f(args)
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		return out
	})
}

// taken copies the bytes of an argument and erases the argument.
func taken(args []js.Value, i, most int) ([]byte, error) {
	if i >= len(args) || !args[i].InstanceOf(js.Global().Get("Uint8Array")) {
		return nil, errors.New("an argument is missing")
	}
	if n := args[i].Length(); n > most {
		return nil, &keys.Refusal{Text: "This is too long to be a passphrase or a key file. Choose another."}
	}
	b := make([]byte, args[i].Length())
	js.CopyBytesToGo(b, args[i])
	args[i].Call("fill", 0)
	return b, nil
}

// text returns the argument if it is a text; nothing that can be signed is empty. What reads it refuses long ones.
func text(args []js.Value) string {
	if len(args) == 0 || args[0].Type() != js.TypeString {
		return ""
	}
	return args[0].String()
}
