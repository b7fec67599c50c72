package poster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// maxList bounds a list of PastelIDs, in bytes: ten thousand and their comments.
const maxList = 1 << 20

// ReadList reads a file of PastelIDs, one a line. What follows # is a comment. The error names the line that is wrong.
func ReadList(path string) (map[pastelid.PastelID]bool, error) {
	text, err := readList(path)
	if err != nil {
		return nil, err
	}
	return parseList(path, text)
}

// listFile is a list that is parsed again only if its file has changed: whoever asks for a registration has it read, and the keys of a long list
// cost as much to check as two thousand signatures. It is safe for concurrent use.
type listFile struct {
	path string

	mu   sync.Mutex
	text []byte // nil until it is read
	list map[pastelid.PastelID]bool
	err  error // of parsing the text
}

// has reports whether the file lists a PastelID now. Its errors are those of ReadList.
func (f *listFile) has(id pastelid.PastelID) (bool, error) {
	text, err := readList(f.path)
	if err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.text == nil || !bytes.Equal(text, f.text) {
		f.text = text
		f.list, f.err = parseList(f.path, text)
	}
	return f.list[id], f.err
}

func readList(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it is only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("%s is not a regular file", path))
	}
	return io.ReadAll(io.LimitReader(f, maxList+1))
}

func parseList(path string, text []byte) (map[pastelid.PastelID]bool, error) {
	if len(text) > maxList {
		return nil, fmt.Errorf("%s has more than %d bytes; remove PastelIDs that are registered", path, maxList)
	}
	list := map[pastelid.PastelID]bool{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, err := pastelid.Parse(line)
		if err == nil && !pastelid.ValidKey(id) {
			err = errors.New("not an Ed448 key")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %.40q is %w", path, n, line, err)
		}
		list[id] = true
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}
