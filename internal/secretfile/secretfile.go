// Package secretfile reads and writes small files that only their owner may see: tokens, cookies, passphrases, settings. It reads regular
// files only, refuses what other users can read or change, and writes each file whole or not at all.
package secretfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrTooLarge says that a file exceeds its limit.
var ErrTooLarge = errors.New("the file is too large")

// ErrIrregular says that a name is not that of a regular file.
var ErrIrregular = errors.New("not a regular file")

// An ExposedError says that other users can read or change a file, or put files into a folder.
type ExposedError struct{ text string }

func (e *ExposedError) Error() string { return e.text }

// Open opens a regular file for reading. Nothing else is opened: a named pipe or a device could block for ever or never end.
func Open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblocking, 0) // without nonblocking, opening a pipe waits for its writer
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %s is %s", ErrIrregular, path, kind(info.Mode()))
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// ReadAny returns the content of a regular file of at most so many bytes, whoever can read it.
func ReadAny(path string, most int) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, most)
}

// Read returns the content of a regular file of at most so many bytes. It refuses a file that other users can read or change with an
// ExposedError.
func Read(path string, most int) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	return bounded(f, most)
}

// ReadOrReceive is Read that also takes a pipe, such as /dev/stdin or a shell's <(command), and waits until its writer is done.
func ReadOrReceive(path string, most int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return Read(path, most)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, most)
}

func bounded(f *os.File, most int) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%w: %s has more than %d bytes; is it the right one?", ErrTooLarge, f.Name(), most)
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// Private returns an ExposedError if other users can read or change a file.
func Private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return private(path, info)
}

func private(path string, info fs.FileInfo) error {
	if err := owned(path, info); err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if handedOver(path, info) {
		mode &^= 0o040
	}
	if modes && mode&0o077 != 0 {
		return &ExposedError{fmt.Sprintf("%s has mode %04o: other users of this machine can read or change it; run: chmod 600 %s", path, mode, path)}
	}
	return nil
}

// Folder creates a folder for private files if it is missing, with mode 0700. It returns an ExposedError if other users can put files into
// it. They may list it: each file in it is private by itself.
func Folder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return Unshared(path)
}

// Unshared returns an ExposedError if other users can put files into a folder.
func Unshared(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := owned(path, info); err != nil {
		return err
	}
	if mode := info.Mode().Perm(); modes && mode&0o022 != 0 {
		return &ExposedError{fmt.Sprintf("folder %s has mode %04o: other users of this machine can replace the files in it; run: chmod 700 %s", path, mode, path)}
	}
	return nil
}

// Write replaces a file's content as a whole, with mode 0600. It also removes what an earlier Write left behind when it was killed.
func Write(path string, content []byte) error {
	return write(path, content, os.Rename)
}

// Create writes a new file as Write does. It fails with fs.ErrExist if the file exists.
func Create(path string, content []byte) error {
	return write(path, content, func(tmp, path string) error {
		err := os.Link(tmp, path) // unlike a rename, it replaces nothing
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		if _, there := os.Lstat(path); there == nil { // a file system without links
			return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		}
		return os.Rename(tmp, path)
	})
}

func write(path string, content []byte, place func(tmp, path string) error) error {
	sweep(path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+temporary+"*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return place(f.Name(), path)
}

const temporary = ".tmp-"

// abandoned is the age of a temporary file that nobody writes any more.
const abandoned = time.Minute

// sweep removes temporary files of processes that were killed.
func sweep(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return // writing fails for the same reason, and says so
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), filepath.Base(path)+temporary) && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name())) // the next Write tries again
		}
	}
}
