package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

// Answers is the file in which this user's commands remember what a person typed on a network: the answers of commands that did not end, and
// what a person gives each time. It never holds a secret, and it may be absent.
type Answers struct{ network, path string }

// unfinished is what a person answered to a command that did not end.
type unfinished struct {
	Since   time.Time         `json:"since"`
	Answers map[string]string `json:"answers"` // by flag
}

// answersFile is the content of the file.
type answersFile struct {
	Version    int                   `json:"version"`
	Network    string                `json:"network"`
	Unfinished map[string]unfinished `json:"unfinished,omitempty"` // by command
	Usual      map[string]string     `json:"usual,omitempty"`      // by flag: what was answered when a command last ended
}

// Limits of the file.
const (
	answersVersion = 1
	maxAnswersFile = 64 << 10 // bytes
	mostCommands   = 16
	mostAnswers    = 32
	longestAnswer  = 1 << 10 // bytes
)

// AnswersOf returns the user's file for a network: answers-NETWORK.json in the folder smartpool of the user's configuration folder. It
// returns nil if there is no such folder.
func AnswersOf(network string) *Answers {
	base, err := os.UserConfigDir()
	if err != nil {
		return nil
	}
	return &Answers{network, filepath.Join(base, "smartpool", "answers-"+network+".json")}
}

// read returns the file's content, which is empty if there is no file.
func (f *Answers) read() (answersFile, error) {
	text, err := secretfile.Read(f.path, maxAnswersFile)
	if errors.Is(err, fs.ErrNotExist) {
		return answersFile{}, nil
	}
	if err != nil {
		return answersFile{}, err
	}
	x, err := parseAnswers(text, f.network)
	if err != nil {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return x, err
}

var (
	commandName = regexp.MustCompile(`^[a-z]{1,16}( [a-z]{1,16}){0,2}$`)
	flagName    = regexp.MustCompile(`^--[a-z][a-z0-9-]{0,31}$`)
)

// parseAnswers reads the content of a network's file. Anybody may have written it, so everything in it is bounded, and nothing in it can be
// taken for more than what a person typed on one line.
func parseAnswers(text []byte, network string) (answersFile, error) {
	var x answersFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&x); err != nil {
		return answersFile{}, fmt.Errorf("%w: %w", errGarbled, err)
	}
	wrong := ""
	switch _, more := d.Token(); {
	case !errors.Is(more, io.EOF):
		wrong = "something follows the document"
	case x.Version != answersVersion:
		wrong = fmt.Sprintf("it has version %d, want %d", x.Version, answersVersion)
	case x.Network != network:
		wrong = "it is another network's"
	case len(x.Unfinished) > mostCommands:
		wrong = fmt.Sprintf("it has more than %d commands", mostCommands)
	default:
		wrong = oddAnswers(x.Usual)
	}
	for command, u := range x.Unfinished {
		if !commandName.MatchString(command) {
			wrong = "it names something that is no command"
		} else if odd := oddAnswers(u.Answers); odd != "" {
			wrong = odd
		}
	}
	if wrong != "" {
		return answersFile{}, fmt.Errorf("%w: %s", errGarbled, wrong)
	}
	return x, nil
}

// oddAnswers says what is wrong with answers; "" if nothing is.
func oddAnswers(answers map[string]string) string {
	if len(answers) > mostAnswers {
		return fmt.Sprintf("it has more than %d answers", mostAnswers)
	}
	for flag, answer := range answers {
		switch {
		case !flagName.MatchString(flag):
			return "it names something that is no flag"
		case !plainAnswer(answer):
			return fmt.Sprintf("its answer for %s is not one line of at most %d bytes", flag, longestAnswer)
		}
	}
	return ""
}

// plainAnswer reports whether an answer can be remembered: a line of what can be seen.
func plainAnswer(s string) bool {
	return s != "" && len(s) <= longestAnswer && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !visible.Rune(r) })
}

// change rewrites the file while no other command does. A file that cannot be read is written over: it held nothing but conveniences.
func (f *Answers) change(ctx context.Context, edit func(*answersFile)) error {
	if err := secretfile.Folder(filepath.Dir(f.path)); err != nil {
		return err
	}
	return whileLocked(ctx, f.path, func() error {
		x, err := f.read()
		if err != nil {
			x = answersFile{}
		}
		x.Version, x.Network = answersVersion, f.network
		edit(&x)
		if len(x.Unfinished) == 0 && len(x.Usual) == 0 {
			if err := os.Remove(f.path); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		}
		text, err := json.MarshalIndent(x, "", " ")
		if err != nil {
			return err
		}
		return secretfile.Write(f.path, append(text, '\n'))
	})
}
