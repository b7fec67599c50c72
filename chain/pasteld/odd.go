package pasteld

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// sift reads the entries of a node's list. One that cannot be read hides none of the others: it is left out and counted. If none can be
// read, the list is of another form, and the error is that of the first.
func sift[E, T any](c *Client, method string, entries []json.RawMessage, read func(*E) (T, error)) (list []T, odd int, err error) {
	list = make([]T, 0, len(entries))
	for _, raw := range entries {
		x, wrong := entry(raw, read)
		switch {
		case wrong == nil:
			list = append(list, x)
		case odd == 0:
			err = wrong
			odd++
		default:
			odd++
		}
	}
	if odd > 0 && len(list) == 0 {
		return nil, odd, c.failed(method, err)
	}
	c.report(method, odd, err)
	return list, odd, nil
}

func entry[E, T any](raw json.RawMessage, read func(*E) (T, error)) (x T, err error) {
	var e E
	if string(raw) == "null" {
		return x, fmt.Errorf("an entry is null; check whether this is a Pastel node")
	}
	if err := decode(raw, &e); err != nil {
		return x, err
	}
	if err := complete(reflect.ValueOf(&e)); err != nil {
		return x, err
	}
	return read(&e)
}

// report tells whoever asked for it how many entries of a list cannot be read, and why the first cannot.
func (c *Client) report(method string, odd int, first error) {
	if c.odd != nil {
		c.odd(method, odd, first)
	}
}
