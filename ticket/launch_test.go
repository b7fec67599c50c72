package ticket_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A launch holds for one machine, activation, time, network and PastelID.
func TestLaunch(t *testing.T) {
	t.Parallel()
	key, err := pastelid.FromSeed(bytes.Repeat([]byte{7}, 57))
	if err != nil {
		t.Fatal(err)
	}
	other, err := pastelid.FromSeed(bytes.Repeat([]byte{8}, 57))
	if err != nil {
		t.Fatal(err)
	}
	good := ticket.Launch{
		Activation: pastel.TxID{1}, Key: "02" + strings.Repeat("ab", 32), Time: "2026-11-28T01:02:03Z",
	}
	const want = "smartpool/1 launch net=regtest activation=0000000000000000000000000000000000000000000000000000000000000001 " +
		"key=02abababababababababababababababababababababababababababababababab time=2026-11-28T01:02:03Z"
	if got := good.Statement("regtest"); got != want {
		t.Fatalf("the statement is\n%s, want\n%s", got, want)
	}
	good.Signature = key.SignBase64([]byte(want))
	if err := good.Verify("regtest", key.ID()); err != nil {
		t.Fatal(err)
	}
	if err := good.Verify("main", key.ID()); !errors.Is(err, ticket.ErrLaunchSignature) {
		t.Errorf("another network: %v", err)
	}
	if err := good.Verify("regtest", other.ID()); !errors.Is(err, ticket.ErrLaunchSignature) {
		t.Errorf("another PastelID: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*ticket.Launch)
		want   error
	}{
		"activation":    {func(l *ticket.Launch) { l.Activation[0]++ }, ticket.ErrLaunchSignature},
		"key":           {func(l *ticket.Launch) { l.Key = "03" + l.Key[2:] }, ticket.ErrLaunchSignature},
		"time":          {func(l *ticket.Launch) { l.Time = "2026-11-28T01:02:04Z" }, ticket.ErrLaunchSignature},
		"no signature":  {func(l *ticket.Launch) { l.Signature = "" }, ticket.ErrLaunchSignature},
		"not base64":    {func(l *ticket.Launch) { l.Signature = strings.Repeat("-", len(l.Signature)) }, ticket.ErrLaunchSignature},
		"uppercase key": {func(l *ticket.Launch) { l.Key = strings.ToUpper(l.Key) }, ticket.ErrLaunchKey},
		"whole key":     {func(l *ticket.Launch) { l.Key = "04" + strings.Repeat("ab", 64) }, ticket.ErrLaunchKey},
		"other prefix":  {func(l *ticket.Launch) { l.Key = "04" + l.Key[2:] }, ticket.ErrLaunchKey},
		"short key":     {func(l *ticket.Launch) { l.Key = l.Key[:64] }, ticket.ErrLaunchKey},
		"no key":        {func(l *ticket.Launch) { l.Key = "" }, ticket.ErrLaunchKey},
		"no time":       {func(l *ticket.Launch) { l.Time = "" }, ticket.ErrLaunchTime},
		"no such time":  {func(l *ticket.Launch) { l.Time = "2026-02-30T01:02:03Z" }, ticket.ErrLaunchTime},
	} {
		l := good
		c.change(&l)
		if err := l.Verify("regtest", key.ID()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// The extra configuration holds a launch beside anything else.
func TestLaunchExtra(t *testing.T) {
	t.Parallel()
	l := ticket.Launch{Time: "2026-11-28T01:02:03Z", Signature: "bm8="}
	const own = `"smartpool":{"signature":"bm8=","time":"2026-11-28T01:02:03Z"}`
	for config, want := range map[string]string{
		"":                             "{" + own + "}",
		"{}":                           "{" + own + "}",
		`{"smartpool":7,"a":[1.50]}`:   `{"a":[1.50],` + own + "}",
		`{"Smartpool":{}}`:             `{"Smartpool":{},` + own + "}",
		"null":                         "",
		`[]`:                           "",
		`{"a":1`:                       "",
		`{"smartpool":{"time":"x"}}  `: "{" + own + "}",
	} {
		got, err := l.AddTo(json.RawMessage(config))
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s becomes %s (%v), want %s", config, got, err, want)
		}
		if err == nil {
			var back ticket.Launch
			if !back.ReadExtra(got) || back != l {
				t.Errorf("%s reads back as %+v", got, back)
			}
		}
	}
	for _, config := range []string{
		"", "null", "[]", "{}", `{"smartpool":null}`, `{"smartpool":{}}`, `{"smartpool":{"signature":"a"}}`, `{"SMARTPOOL":{"signature":"a","time":"b"}}`,
		`{"smartpool":{"signature":"a","time":"b","more":1}}`, `{"smartpool":{"signature":"a","Time":"b"}}`, `{"smartpool":{"signature":1,"time":"b"}}`,
		`{"smartpool":{"signature":null,"time":"b"}}`, `{"smartpool":"{}"}`,
	} {
		got := l
		if got.ReadExtra([]byte(config)) || got != l {
			t.Errorf("%s holds a launch: %+v", config, got)
		}
	}
}

// The later of two launches counts, and the same machine may announce itself again.
func TestLaunchReplaces(t *testing.T) {
	t.Parallel()
	present := ticket.Launch{Key: "a", Time: "2026-11-28T01:02:03Z"}
	for next, want := range map[ticket.Launch]bool{
		{Key: "a", Time: "2026-11-28T01:02:03Z"}: true,
		{Key: "b", Time: "2026-11-28T01:02:03Z"}: false,
		{Key: "b", Time: "2026-11-28T01:02:04Z"}: true,
		{Key: "a", Time: "2026-11-28T01:02:02Z"}: false,
	} {
		if next.Replaces(&present) != want {
			t.Errorf("%+v replaces: %v", next, !want)
		}
	}
}
