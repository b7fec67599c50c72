//go:build unix

package daemon_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
)

// hooked makes a hook that reads what it is told, runs some lines and appends it to a file, and returns both.
func hooked(t *testing.T, between string) (program, told string) {
	t.Helper()
	folder := t.TempDir()
	program, told = filepath.Join(folder, "hook"), filepath.Join(folder, "told")
	lines := "#!/bin/sh\nmessage=$(cat)\n" + between + "\nprintf '%s\\n' \"$message\" >> " + told + "\n"
	if err := os.WriteFile(program, []byte(lines), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, told
}

// messages returns what a hook was told.
func messages(t *testing.T, told string) (list []notify.Message) {
	t.Helper()
	text, err := os.ReadFile(told)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var m notify.Message
		if json.Unmarshal(line, &m) == nil {
			list = append(list, m)
		}
	}
	return list
}

// begun waits until the hooks' subscriptions have begun.
func (r *running) begun(database string) {
	r.t.Helper()
	db := openSQL(r.t, database)
	defer db.Close()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM subscriptions WHERE to_url LIKE 'hook:%' AND since < 2147483647").Scan(&n); err == nil && n > 0 {
			return
		}
	}
	r.t.Fatal("no hook has begun")
}

// A hook is run for each alert, by the daemon's settings alone: it ends with them, and the API neither makes, tests nor removes one.
func TestHooksAreRunForAlerts(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.submit(life(t)[:150])
			program, told := hooked(t, "")
			cfg := n.settings(t.TempDir(), open(t))
			cfg.Hook = program
			d := start(t, cfg)
			d.synced(n)
			d.begun(cfg.Database)
			n.submit(life(t)[150:250])
			kinds := map[notify.Kind]bool{}
			for deadline := time.Now().Add(patience); !kinds["pool.replenishing"] || !kinds["payout.paid"]; time.Sleep(20 * time.Millisecond) {
				for _, m := range messages(t, told) {
					kinds[m.Kind] = true
				}
				if time.Now().After(deadline) {
					t.Fatalf("told of %v", kinds)
				}
			}
			list, err := d.Alerts().List(t.Context())
			if err != nil || len(list) != 1 || list[0].To != "hook:"+program {
				t.Fatalf("%+v, %v", list, err)
			}
			for what, err := range map[string]error{"test": d.Alerts().Test(t.Context(), list[0].ID), "remove": d.Alerts().Remove(t.Context(), list[0].ID)} {
				if err == nil || !strings.Contains(err.Error(), "settings") {
					t.Errorf("%s: %v", what, err)
				}
			}
			for _, url := range []string{"hook:" + program, "hook://" + program, "HOOK:" + program} {
				if _, err := d.Alerts().Subscribe(t.Context(), notify.Request{URL: url}); err == nil {
					t.Errorf("%s: subscribed", url)
				}
			}
			d.end()
			cfg.Hook = ""
			d = start(t, cfg)
			d.synced(n)
			for deadline := time.Now().Add(patience); len(list) > 0 || err != nil; time.Sleep(10 * time.Millisecond) {
				if service := d.Alerts(); service != nil {
					list, err = service.List(t.Context())
				}
				if time.Now().After(deadline) {
					t.Fatalf("the hook stays: %+v, %v", list, err)
				}
			}
			d.end()
		})
	}
}

// A daemon that is killed while a hook runs has it run again: at least once.
func TestHookRunsAgainAfterAKill(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:150])
	folder := t.TempDir()
	began, release := filepath.Join(folder, "began"), filepath.Join(folder, "release")
	program, told := hooked(t, "echo >> "+began+"; while [ ! -e "+release+" ]; do sleep 0.05; done")
	cfg := n.settings(t.TempDir(), filepath.Join(folder, "ledger.db"))
	cfg.Hook = program
	d := start(t, cfg)
	d.synced(n)
	d.begun(cfg.Database)
	d.end()
	c := spawn(t, cfg)
	n.submit(life(t)[150:156]) // a payout is settled
	exists := func(path string) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(path); err == nil {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s never came", path)
			}
		}
	}
	exists(began)
	c.kill()
	if list := messages(t, told); len(list) > 0 {
		t.Fatalf("told of %v before it was let go", list)
	}
	if err := os.WriteFile(release, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d = start(t, cfg)
	again := false
	for deadline := time.Now().Add(patience); !again; time.Sleep(20 * time.Millisecond) {
		ids := map[string]int{}
		for _, m := range messages(t, told) {
			ids[m.ID]++
			again = again || ids[m.ID] > 1 // once by the process that the kill left alone, once by the new daemon
		}
		if time.Now().After(deadline) {
			t.Fatalf("told of %v", messages(t, told))
		}
	}
	d.end()
}

// A daemon whose hook could be changed by others, or is not there, does not start.
func TestUnfitHooksAreRefusedAtStart(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	program, _ := hooked(t, "")
	for mode, want := range map[os.FileMode]string{0o600: "chmod u+x", 0o722: "chmod go-w"} {
		if err := os.Chmod(program, mode); err != nil {
			t.Fatal(err)
		}
		cfg := n.settings(t.TempDir(), "")
		cfg.Hook = program
		d := start(t, cfg)
		if err := <-d.done; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%04o: %v", mode, err)
		}
	}
}
