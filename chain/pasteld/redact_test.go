package pasteld

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A short password does not black out letters of an error.
func TestOnlyWholeSecretsAreBlackedOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, secret, want string }{
		{"Invalid amount: 1 of 11", "1", "Invalid amount: 1 of 11"},
		{"such a key has a name", "a", "such a key has a name"},
		{`rpcpassword=a is not allowed`, "a", `rpcpassword=*** is not allowed`},
		{`Invalid masternode key "a"`, "a", `Invalid masternode key "***"`},
		{"cannot reach http://u:1@127.0.0.1", "1", "cannot reach http://u:***@127.0.0.1"},
		{"the pass of the passphrase is pass", "pass", "the *** of the passphrase is ***"},
		{"horses for a horse", "horse", "horses for a ***"},
		{"horse", "horse", "***"},
		{"horse_1 horse-1 (horse) horse.", "horse", "horse_1 ***-1 (***) ***."},
		{"ähorse horseß", "horse", "ähorse horseß"},
		{"aaa", "aa", "aaa"},
		{"'aa' aa", "aa", "'***' aa"},
		{"x91qsFh3kyt2Cx 91qsFh3kyt2C", "91qsFh3kyt2C", "x***x ***"},
		{"a", "a", "***"},
		{"say correct+horse and correct%20horse", "correct horse", "say *** and ***"},
		{`say \"quoted\" or "quoted"`, `"quoted"`, `say *** or ***`},
		{"nothing", "", "nothing"},
		{"*", "*", "***"},
	} {
		if got := redact(c.text, []string{c.secret}); got != c.want {
			t.Errorf("%q in %q: got %q, want %q", c.secret, c.text, got, c.want)
		}
	}
	if got := redact("phrase and passphrase", []string{"phrase", "passphrase"}); got != "*** and ***" {
		t.Errorf("of two secrets one hides the other: %q", got)
	}
}

// If a node echoes a request's head or line, errors show neither the password nor its encodings.
func TestEchoedLoginIsBlackedOut(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got := read(t, r)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"result":null,"error":{"code":-1,"message":%q},"id":%s}`,
			fmt.Sprintf("%s and http://%s:%s@host and rpcpassword=%s", r.Header.Get("Authorization"), user, password, password), got.ID)
	})
	err := c.Call(t.Context(), "x", nil)
	if err == nil || strings.Count(err.Error(), "***") != 3 || strings.Contains(err.Error(), "pass-word") {
		t.Errorf("got %v", err)
	}
}
