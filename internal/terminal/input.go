package terminal

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/pastelnetwork/smartpool/internal/pasted"
)

// Input reads at most so many bytes from the file named what, or from standard input if what is -. If what is hex and no such file exists,
// it returns what itself. It trims white space, and the marks at the start of files.
func (t *Terminal) Input(what string, most int) ([]byte, error) {
	if what == "-" {
		return readBounded(t.In, most)
	}
	f, err := os.Open(what) // a pipe is welcome: what is read here is public
	if err != nil {
		if text := pasted.Hex(what); text != "" {
			if _, bad := hex.DecodeString(text); bad == nil {
				return []byte(text), nil
			}
		}
		return nil, UsageError{Err: err}
	}
	defer func() { _ = f.Close() }()
	return readBounded(f, most)
}

func readBounded(r io.Reader, most int) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("the input is larger than %d bytes", most)
	}
	return bytes.TrimSpace(pasted.File(text)), err
}
