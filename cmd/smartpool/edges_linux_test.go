package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The command line reaches a daemon through the proxy that the environment names, and its node never.
func TestEdgesHTTPProxies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  []string
		line []string
		want string // what the proxy is asked; empty for nothing
	}{
		{[]string{"HTTPS_PROXY=PROXY", "SMARTPOOL_API=https://pools.example.invalid"}, []string{"pools"}, "CONNECT pools.example.invalid:443"},
		{[]string{"https_proxy=PROXY", "SMARTPOOL_API=https://pools.example.invalid:8443/base"}, []string{"pools"}, "CONNECT pools.example.invalid:8443"},
		{[]string{"HTTP_PROXY=PROXY", "SMARTPOOL_API=http://pools.example.invalid/base/"}, []string{"pools"}, "GET http://pools.example.invalid/base/api/v1/"},
		{[]string{"HTTP_PROXY=PROXY", "NO_PROXY=example.invalid", "SMARTPOOL_API=http://pools.example.invalid"}, []string{"pools"}, ""},
		{[]string{"HTTP_PROXY=PROXY", "SMARTPOOL_API=http://127.0.0.1:1"}, []string{"pools"}, ""},
		{[]string{"HTTP_PROXY=PROXY", "HTTPS_PROXY=PROXY"}, []string{"rpc", "getinfo", "--node", "http://node.example.invalid:19932", "--node-user", "a", "--node-password", "b"}, ""},
		{[]string{"HTTP_PROXY=PROXY", "HTTPS_PROXY=PROXY"}, []string{"rpc", "getinfo", "--node", "https://node.example.invalid:19932", "--node-user", "a", "--node-password", "b"}, ""},
	} {
		asked := make(chan string, 10)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.Method + " " + r.RequestURI
			w.WriteHeader(http.StatusTeapot)
		}))
		cmd := exec.Command(os.Args[0], c.line...)
		cmd.Env = []string{asProgram + "=1", "HOME=" + t.TempDir()}
		for _, v := range c.env {
			cmd.Env = append(cmd.Env, strings.ReplaceAll(v, "PROXY=PROXY", "PROXY="+proxy.URL))
			if v == "https_proxy=PROXY" {
				cmd.Env[len(cmd.Env)-1] = "https_proxy=" + proxy.URL
			}
		}
		out, err := cmd.CombinedOutput()
		proxy.Close()
		close(asked)
		first := <-asked
		if err == nil || !strings.HasPrefix(first, c.want) || c.want == "" && first != "" {
			t.Errorf("%q %q: the proxy is asked %q, want %q: %s", c.env, c.line, first, c.want, out)
		}
	}
}
