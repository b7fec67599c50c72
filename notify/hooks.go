package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/store"
)

// A hook is a program of the operator's that is run for each alert. It comes from the daemon's settings alone: whoever has the API's token, or can
// write to the database, must not be able to have programs run. In the database a hook is a subscription with a URL of its own scheme, so that its
// messages are stored, ordered, sent again and withdrawn as all others are.
const hookScheme = "hook"

func hookURL(program string) string { return hookScheme + ":" + program }

func isHook(to string) bool { return scheme(to) == hookScheme }

const (
	// hookPatience is how long a hook may run. Then it is killed.
	hookPatience = 30 * time.Second
	// hookDrain is how long what a hook left running may keep its output open.
	hookDrain = time.Second
	// mostOutput is how many bytes of a hook's output are kept for the log.
	mostOutput = 4096
)

// CheckHook says why a program may not be a hook: it must be a file that can be run and that nobody but its owner, root or this user, can change or
// replace.
func CheckHook(program string) error {
	if !filepath.IsAbs(program) || filepath.Clean(program) != program {
		return fmt.Errorf("%.200q is not the whole path of a program; write it from / on", program)
	}
	info, err := os.Stat(program)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist", program)
	}
	if err != nil {
		return err
	}
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", program)
	case info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("%s cannot be run; run: chmod u+x %s", program, program)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s can be changed by other users of this machine; run: chmod go-w %s", program, program)
	case !ownedHook(info):
		return fmt.Errorf("%s belongs to another user, who could change it", program)
	}
	// Whoever can turn a link, or rename a folder, chooses another program, such as a shell, which would run what a message quotes.
	file, err := filepath.EvalSymlinks(program)
	if err != nil {
		return err
	}
	if file != program {
		return fmt.Errorf("%s is a symbolic link, or its path has one; name the file itself: %s", program, file)
	}
	return checkFolders(program)
}

// checkFolders says why others could replace a program: in its folder, or in one above that.
func checkFolders(program string) error {
	for folder := filepath.Dir(program); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		switch {
		case err != nil:
			return err
		case info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0:
			return fmt.Errorf("other users of this machine can replace %s; run: chmod go-w %s", program, folder)
		case !ownedHook(info):
			return fmt.Errorf("%s lies in %s, which belongs to another user, who could replace it", program, folder)
		case folder == filepath.Dir(folder):
			return nil
		}
	}
}

// meetHooks makes the subscriptions of hooks those of the settings.
func (s *Service) meetHooks(x *store.AlertTx) error {
	subs, err := x.Subscriptions()
	if err != nil {
		return err
	}
	left := len(subs)
	known := map[string]bool{}
	for i := range subs {
		switch sub := &subs[i]; {
		case !isHook(sub.URL):
		case slices.Contains(s.cfg.Hooks, strings.TrimPrefix(sub.URL, hookScheme+":")):
			known[sub.URL] = true
		default:
			left--
			if _, err := x.RemoveSubscription(sub.ID); err != nil {
				return err
			}
		}
	}
	for _, program := range s.cfg.Hooks {
		if known[hookURL(program)] {
			continue
		}
		r := Request{URL: hookURL(program), Kinds: Kinds()}
		for i := range settings {
			if err := settings[i].fill(&r); err != nil {
				return err
			}
		}
		sub, added := s.newSubscription(&r)
		if err := s.add(x, &sub, left); err != nil {
			return err
		}
		left++
		added()
	}
	return nil
}

// runHook runs a hook for a message, once no other run of it is under way. It succeeds if the program exits with 0 in time.
func (s *Service) runHook(ctx context.Context, program string, m *message) error {
	if !slices.Contains(s.cfg.Hooks, program) {
		return &sendError{text: "the daemon's settings have no such hook"}
	}
	turn := s.hooks[program]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return &sendError{text: "the hook was still running"}
	}
	if err := CheckHook(program); err != nil {
		return &sendError{text: "the hook may not be run; the daemon's log says why", detail: err.Error()}
	}
	running, cancel := context.WithTimeout(ctx, s.hookPatience)
	defer cancel()
	var out firstBytes
	cmd := exec.CommandContext(running, program)
	cmd.Dir, cmd.Env = "/", hookEnvironment(m)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(m.body), &out, &out
	cmd.WaitDelay = hookDrain
	alone(cmd)
	err := cmd.Run()
	reap(cmd)
	if text := out.line(); text != "" {
		s.cfg.Log.Info("a hook says", "hook", program, "alert", m.id, "output", text)
	}
	var exit *exec.ExitError
	switch {
	case running.Err() != nil && ctx.Err() == nil:
		return &sendError{text: fmt.Sprintf("the hook did not end within %s and was killed", s.hookPatience), unsure: true}
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it ended well, and left something running, which was killed
		return nil
	case errors.As(err, &exit):
		return &sendError{text: "the hook ended with " + exit.String(), unsure: true}
	}
	return &sendError{text: "the hook cannot be run; the daemon's log says why", detail: err.Error()}
}

// hookEnvironment is all that a hook gets of an environment: nothing of the daemon's, which may hold passwords.
func hookEnvironment(m *message) []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	var x Message
	if err := json.Unmarshal(m.body, &x); err != nil {
		return append(env, "SMARTPOOL_ALERT_ID="+m.id, "SMARTPOOL_ALERT_KIND="+string(m.kind))
	}
	for name, value := range map[string]string{
		"ID": m.id, "KIND": string(x.Kind), "POOL": string(x.Pool), "PASTELID": x.PastelID, "HEIGHT": strconv.FormatInt(int64(x.Height), 10),
		"ABOUT": x.About, "WITHDRAWN": strconv.FormatBool(x.Withdrawn), "RESOLVED": strconv.FormatBool(x.Resolved),
	} {
		env = append(env, "SMARTPOOL_ALERT_"+name+"="+value)
	}
	return append(env, "SMARTPOOL_ALERT_TEXT="+strings.ReplaceAll(x.Text, "\x00", ""))
}

// firstBytes keeps the first bytes of an output and takes the rest without keeping it, so that a program that writes much goes on.
type firstBytes struct{ kept []byte }

// Write implements io.Writer.
func (b *firstBytes) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), mostOutput-len(b.kept))]...)
	return len(p), nil
}

// line returns the output on one line that hides nothing.
func (b *firstBytes) line() string {
	const most = 400 // columns
	return visible.Short(strings.Join(strings.Fields(string(b.kept)), " "), most)
}
