//go:build !linux

package store_test

import "errors"

func filesAsNobody() error {
	return errors.New("run the tests as an ordinary user: only Linux lets a thread of root's be one")
}
