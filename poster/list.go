package poster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// maxList bounds a list of PastelIDs, in bytes: ten thousand and their comments.
const maxList = 1 << 20

// ReadList reads a file of PastelIDs, one a line. What follows # is a comment. The error names the line that is wrong.
func ReadList(path string) (map[pastelid.PastelID]bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it is only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("%s is not a regular file", path))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err != nil {
		return nil, err
	}
	list, err := parseList(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

func parseList(text []byte) (map[pastelid.PastelID]bool, error) {
	if len(text) > maxList {
		return nil, fmt.Errorf("it has more than %d bytes; split nothing, but remove those that are registered", maxList)
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
			return nil, fmt.Errorf("line %d: %.40q is %w", n, line, err)
		}
		list[id] = true
	}
	return list, lines.Err()
}
