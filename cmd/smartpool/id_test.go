package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestIDShowCut: a PastelID with characters missing is refused in one sentence that says so once.
func TestIDShowCut(t *testing.T) {
	var out bytes.Buffer
	code := run([]string{"id", "show", "jXcut"}, strings.NewReader(""), &out, &out)
	const want = "smartpool: there is no file jXcut, and it is not a PastelID: it has 5 characters, want 86\n"
	if code != exitNo || out.String() != want {
		t.Errorf("exit code %d: %q, want %q", code, &out, want)
	}
}
