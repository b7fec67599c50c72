package main

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// Numbers and durations of every command are what people write, in decimal and with a unit.
func TestSettingsOfCommandsAreNumbers(t *testing.T) {
	t.Parallel()
	list, names := leaves()
	seen := 0
	for i, leaf := range list {
		for _, f := range leaf.Flags {
			kind := f.Target.Type()
			for kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			var refused []string
			want := ""
			switch {
			case kind == reflect.TypeFor[time.Duration]():
				refused, want = []string{"5", "1e3", "soon", ""}, "with a unit"
			case kind.Kind() >= reflect.Int && kind.Kind() <= reflect.Float64:
				refused, want = []string{"0x10", "1e3", "1.5", "99999999999999999999", "many", ""}, "number"
			}
			for _, value := range refused {
				seen++
				code, _, notes := call("", append(strings.Fields(names[i]), "--"+f.Name+"="+value)...)
				if code != exitUsage || !strings.Contains(notes, want) || !strings.Contains(notes, "--"+f.Name) {
					t.Errorf("smartpool %s --%s=%s: exit code %d, %q", names[i], f.Name, value, code, notes)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d values were tried", seen)
	}
}

// Addresses of daemon and node are refused with the value seen, but without passwords, before anything is asked.
func TestSettingsOfCommandsAreAddresses(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"127.0.0.1:9734", "localhost:9734", "ftp://127.0.0.1", "http://", "http://:9734", "http://h:0", "http://h:65536", "http://h:", "http://h/?x=TopSecret", "http://h/#TopSecret",
		"http://u:TopSecret@h", "http://u:Top/TopSecret@h", "u:TopSecret@h", "http://a b", "",
	} {
		for _, line := range [][]string{{"pools", "--api=" + value}, {"digest", "--api=" + value}, {"alerts", "list", "--token=" + strings.Repeat("a", 32), "--api=" + value}} {
			code, out, notes := call("", line...)
			if code == exitOK || strings.Contains(out+notes, "TopSecret") || !strings.Contains(notes, "URL") && !strings.Contains(notes, "port") {
				t.Errorf("%q: exit code %d, %s", line, code, notes)
			}
		}
		line := []string{"rpc", "getinfo", "--node=" + value}
		if code, out, notes := call("", line...); code != exitUsage || strings.Contains(out+notes, "TopSecret") || !strings.Contains(notes, "node: ") {
			t.Errorf("%q: exit code %d, %s", line, code, notes)
		}
	}
}

// A token goes to no other machine unencrypted, however the address is written.
func TestSettingsOfTokens(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"http://192.0.2.7:9734", " http://192.0.2.7:9734", "HTTP://192.0.2.7:9734/", "http://localhost.example.org", "\thttp://[2001:db8::1]:9734"} {
		if code, _, notes := call("", "alerts", "list", "--token="+strings.Repeat("a", 32), "--api="+value); code != exitUsage || !strings.Contains(notes, "unencrypted") {
			t.Errorf("%q: exit code %d, %s", value, code, notes)
		}
	}
}

// An empty variable counts as not set, and white space around a value is no part of it.
func TestSettingsOfCommandsFromTheEnvironment(t *testing.T) {
	x := startDev(t)
	for _, empty := range []string{"", " ", "\r\n"} {
		t.Setenv("SMARTPOOL_API", empty)
		if _, _, notes := call("", "pools"); !strings.Contains(notes, "127.0.0.1:9734") && !strings.Contains(notes, "no response") && notes != "" {
			t.Errorf("%q: %s", empty, notes)
		}
	}
	t.Setenv("SMARTPOOL_API", " "+strings.ToUpper(x.at.API)+"/ \r\n")
	t.Setenv("SMARTPOOL_NODE", " "+x.at.DevRPC+"\n")
	t.Setenv("SMARTPOOL_NODE_COOKIE", x.at.DevCookie+"\r\n")
	if code, _, notes := call("", "pools"); code != exitOK {
		t.Error(notes)
	}
	if code, _, notes := call("", "rpc", "getblockcount"); code != exitOK {
		t.Error(notes)
	}
}
