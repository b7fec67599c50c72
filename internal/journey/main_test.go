package journey

import (
	"fmt"
	"os"
	"testing"
)

// TestMain keeps what commands remember apart from what this user's commands remember.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "smartpool")
	if err == nil {
		err = os.Setenv("XDG_CONFIG_HOME", folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}
