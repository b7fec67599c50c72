//go:build !linux

package store_test

import "errors"

func setUnprivileged() error {
	return errors.New("run the tests as an ordinary user: only Linux lets one of root's threads become one")
}
