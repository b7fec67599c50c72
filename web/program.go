package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// The program for PastelID keys (web/keys), which runs in a worker. make generate compiles it and copies Go's loader from the same version of Go.
const (
	keysProgram = "keys.wasm.gz"
	keysWorker  = "keys-worker.js"
	keysLoader  = "wasm_exec.js"
)

// policies are those of scripts that run apart from pages. The worker that holds keys runs the program that the page gives it; nothing in it can
// load anything or send anything. No page may run such programs.
var policies = map[string]string{keysWorker: "default-src 'none'; script-src 'wasm-unsafe-eval'"}

// assets returns the files of the folder by name, with the loader in front of the script that needs it, because a worker under its policy loads
// no other script.
func assets() map[string][]byte {
	all := embedded("assets")
	all[keysWorker] = bytes.Join([][]byte{all[keysLoader], all[keysWorker]}, nil)
	delete(all, keysLoader)
	return all
}

// fingerprint returns the SHA-256 of the program for keys, in hex.
var fingerprint = sync.OnceValues(func() (string, error) {
	file, err := files.Open("assets/" + keysProgram)
	if err != nil {
		return "", err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, unpacked) //nolint:gosec // the file is part of this program
	return hex.EncodeToString(sum.Sum(nil)), err
})

// packed serves an asset that is kept gzip'd, and unpacks it for clients that do not accept that.
func (s *Site) packed(w http.ResponseWriter, r *http.Request, a asset) {
	w.Header().Add("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.Write(a.body) //nolint:errcheck // the client is gone
		return
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(a.body))
	if err == nil && r.Method != http.MethodHead {
		_, err = io.Copy(w, unpacked) //nolint:gosec // the file is part of this program
	}
	if err != nil {
		s.cfg.Log.Debug("cannot send a program", "name", a.name, "err", err) // the client is gone
	}
}

// acceptsGzip reports whether a list of codings (RFC 9110, 12.5.3) names gzip, with a weight other than zero.
func acceptsGzip(lists []string) bool {
	for coding := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, found := strings.Cut(weight, "=")
			value, err := strconv.ParseFloat(strings.TrimSpace(q), 32)
			return !found || err == nil && value > 0
		}
	}
	return false
}
