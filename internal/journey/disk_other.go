//go:build !unix

package journey

import "errors"

// freeSpace is not known here.
func freeSpace(string) (uint64, error) {
	return 0, errors.New("this system does not say it")
}
