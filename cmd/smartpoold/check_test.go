package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
)

// A check says that a sound database is sound, and exits with 1 and the row's name if one is not.
func TestCheck(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := filepath.Join(data, "regtest.db")
	ledgertest.Open(t, ledgertest.Recorded(t, "life"), 300, file)
	args := []string{"check", "--network", "regtest", "--data", data}
	code, out, errOut := call(args...)
	if code != exitOK || !strings.HasPrefix(out, "Block 300 (") || !strings.Contains(out, "all 1 pools") {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE network SET members = members + 1"); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut = call(args...); code != exitFailed || !strings.HasPrefix(out, "network: Members is ") || !strings.Contains(errOut, "smartpoold rebuild") {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
	code, out, errOut = call(append(args, "--json")...)
	var x checkResult
	if err := json.Unmarshal([]byte(out), &x); err != nil || code != exitFailed || x.Height != 300 || len(x.Differences) != 1 || x.Differences[0].Row != "network" {
		t.Errorf("exit code %d, %v, %s%s", code, err, out, errOut)
	}
	if code, _, errOut = call("check", "--network", "regtest", "--data", t.TempDir()); code != exitFailed || !strings.Contains(errOut, "does not exist yet") {
		t.Errorf("without a database: exit code %d, %s", code, errOut)
	}
}
