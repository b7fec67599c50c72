package nodeapi

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

const cookieUser = "__cookie__"

// WriteCookie generates a password, writes it to a file that only the owner can read, in the format of pasteld's .cookie, and returns it.
func WriteCookie(path string) (password string, err error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	password = hex.EncodeToString(secret)
	if err := secretfile.Write(path, []byte(cookieUser+":"+password)); err != nil {
		return "", fmt.Errorf("write the cookie: %w", err)
	}
	return password, nil
}

// RemoveCookie removes a cookie file, unless it now contains another password: that of another daemon serving there.
func RemoveCookie(path, password string) error {
	found, err := readCookie(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && found != password {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the cookie: %w", err)
	}
	return nil
}

// readCookie returns the password in a cookie file.
func readCookie(path string) (string, error) {
	text, err := secretfile.Read(path, 1024)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the cookie: %w; is smartpoold running with --node-api?", err)
	}
	if err != nil {
		return "", fmt.Errorf("read the cookie: %w", err)
	}
	user, password, ok := strings.Cut(strings.TrimSpace(string(text)), ":")
	if !ok || user != cookieUser || password == "" {
		return "", fmt.Errorf("%s is not a cookie file of smartpoold", path)
	}
	return password, nil
}
