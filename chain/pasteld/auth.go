package pasteld

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

const maxCookie = 4 << 10 // bytes

// login is the user and password for HTTP basic authentication.
type login struct{ user, password string }

// auth provides the login: a fixed one, or the one in the node's cookie file, which changes whenever the node starts.
type auth struct {
	file string // empty for a fixed login

	mu   sync.Mutex
	last login // in use; zero until the cookie file has been read
}

func newAuth(cfg Config) (*auth, error) {
	switch {
	case cfg.CookieFile != "" && (cfg.User != "" || cfg.Password != ""):
		return nil, errors.New("node: both a login and a cookie file are set; set only one of them")
	case strings.Contains(cfg.User, ":"):
		return nil, fmt.Errorf("node-user: %.40q contains a colon, which HTTP cannot send; change rpcuser", cfg.User)
	}
	return &auth{file: cfg.CookieFile, last: login{cfg.User, cfg.Password}}, nil
}

// current returns the login in use. It reads the cookie file on first use.
func (a *auth) current() (login, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == "" || a.last != (login{}) {
		return a.last, nil
	}
	var err error
	a.last, err = readCookie(a.file)
	return a.last, err
}

// renew returns the login to use after the node refused one: the same one if there is no other.
func (a *auth) renew(refused login) (login, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == "" || a.last != refused {
		return a.last, nil
	}
	fresh, err := readCookie(a.file)
	if err != nil {
		return refused, err
	}
	a.last = fresh
	return fresh, nil
}

// advice says what to do about a refused login.
func (a *auth) advice() string {
	if a.file != "" {
		return fmt.Sprintf("check that %s is the cookie file of this node", a.file)
	}
	return "check the node's rpcuser and rpcpassword, or use its cookie file"
}

func readCookie(file string) (login, error) {
	b, err := secretfile.Read(file, maxCookie)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return login{}, temporary("the cookie file %s does not exist; start the node or correct the path", file)
	case errors.Is(err, fs.ErrPermission):
		return login{}, fmt.Errorf("cannot read the cookie file (%w); run as the node's user, or use the node's rpcuser and rpcpassword", err)
	case errors.Is(err, secretfile.ErrTooLarge):
		return login{}, fmt.Errorf("the cookie file %s does not contain user:password; use the one that the node writes", file)
	case err != nil:
		return login{}, fmt.Errorf("cannot use the cookie file: %w", err)
	}
	if len(b) == 0 { // the node has just created it
		return login{}, temporary("the cookie file %s is empty; wait until the node has started", file)
	}
	user, password, ok := strings.Cut(strings.TrimRight(string(b), "\r\n"), ":")
	if !ok || user == "" || password == "" || strings.ContainsAny(user+password, "\r\n\x00") {
		return login{}, fmt.Errorf("the cookie file %s does not contain user:password; use the one that the node writes", file)
	}
	return login{user, password}, nil
}
