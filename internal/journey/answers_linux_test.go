package journey

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Nothing in the place of the file, of its lock or of its folder makes a command wait, give answers to others or take others' answers.
func TestAnswersFileIsNotBelieved(t *testing.T) {
	t.Parallel()
	good := `{"version":1,"network":"regtest","usual":{"--key":"/planted"}}`
	for name, c := range map[string]struct {
		put  func(path string) error
		read bool // the file is refused
		kept bool // a new answer is remembered
	}{
		"nothing":        {func(string) error { return nil }, false, true},
		"a pipe":         {func(path string) error { return syscall.Mkfifo(path, 0o600) }, true, true},
		"a device":       {func(path string) error { return os.Symlink("/dev/zero", path) }, true, true},
		"for others":     {func(path string) error { return os.WriteFile(path, []byte(good), 0o644) }, true, true},
		"a huge file":    {func(path string) error { return os.WriteFile(path, make([]byte, maxAnswersFile+1), 0o600) }, true, true},
		"a piped lock":   {func(path string) error { return syscall.Mkfifo(path+".lock", 0o600) }, false, false},
		"a linked lock":  {func(path string) error { return os.Symlink(path+".elsewhere", path+".lock") }, false, false},
		"an open folder": {func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "smartpool")
			f := &Answers{"regtest", filepath.Join(folder, "answers-regtest.json")}
			if err := errors.Join(os.Mkdir(folder, 0o700), c.put(f.path)); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				x, err := f.read()
				if (err != nil) != c.read || len(x.Usual) > 0 {
					t.Errorf("it reads %v, %v", x.Usual, err)
				}
				ended <- f.change(t.Context(), func(x *answersFile) { x.Usual = map[string]string{"--fee": "5"} })
			}()
			select {
			case err := <-ended:
				if (err == nil) != c.kept {
					t.Errorf("remembering: %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatal("the command hangs")
			}
			text, err := os.ReadFile(f.path)
			if c.kept != (err == nil && strings.Contains(string(text), "--fee")) || strings.Contains(string(text), "planted") {
				t.Errorf("the file is %q, %v", text, err)
			}
			if _, err := os.Lstat(f.path + ".elsewhere"); err == nil {
				t.Error("a file appeared elsewhere")
			}
		})
	}
}
