package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/store"
)

// childOf names the database that a test's child process writes to.
const childOf = "SMARTPOOL_STORE_CHILD_OF"

// pruning is set if the child prunes history.
const pruning = "SMARTPOOL_STORE_CHILD_PRUNES"

// TestMain also runs the child process.
func TestMain(m *testing.M) {
	if url := os.Getenv(childOf); url != "" {
		fmt.Println(write(url, os.Getenv(pruning) != ""))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// killed is the recorded chain that the child writes: it amends, reduces and closes.
const killed = "dense"

// write continues a recorded chain block by block, and prints every height on a line. At the end it waits to be killed.
func write(url string, prunes bool) error {
	t := new(testing.T) // for functions that take one; their failures end the process
	l := open(t, url)
	if prunes {
		l.store.KeepHistory(keptBlocks)
	}
	blocks := recorded(t, killed)
	fmt.Println(l.Last().Height)
	for i := int(l.Last().Height) + 1; i < len(blocks); i++ {
		if _, err := l.Step(context.Background(), blocks[i].Height-1, blocks[i:i+1]); err != nil {
			return err
		}
		fmt.Println(blocks[i].Height)
		if _, err := l.store.Prune(context.Background()); err != nil {
			return err
		}
	}
	_, err := io.ReadAll(os.Stdin)
	return errors.Join(errors.New("it was not killed"), err)
}

// child is a process that writes a chain to a database.
type child struct {
	cmd   *osexec.Cmd
	lines *bufio.Scanner
	kill  func()
}

func newChild(t testing.TB, url string, settings ...string) *child {
	t.Helper()
	c := &child{cmd: osexec.Command(os.Args[0])}
	c.cmd.Env = append(append(os.Environ(), childOf+"="+url), settings...)
	stdin, err := c.cmd.StdinPipe() // open as long as the child may live
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(stdout)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.kill = func() {
		c.cmd.Process.Kill()
		c.cmd.Wait()
		stdin.Close()
	}
	t.Cleanup(c.kill)
	return c
}

// height reads the next height from the child.
func (c *child) height(t testing.TB) (h int) {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatalf("the child is silent: %v", c.lines.Err())
	}
	if _, err := fmt.Sscan(c.lines.Text(), &h); err != nil {
		t.Fatalf("the child says %q", c.lines.Text())
	}
	return h
}

// reopen opens a database whose writer is dead, as soon as the engine has noticed.
func reopen(t testing.TB, url string) opened {
	t.Helper()
	const patience, pause = 5 * time.Minute, 2 * time.Millisecond
	for giveUp := time.Now().Add(patience); ; time.Sleep(pause) {
		s, err := store.Open(context.Background(), url, regtest(t))
		if err == nil {
			s.Close()
			return open(t, url)
		}
		if !store.Temporary(err) || time.Now().After(giveUp) {
			t.Fatal(err)
		}
	}
}

func TestThereIsOneWriter(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		second := func() error {
			err := refused(t, url, regtest(t))
			isSentence(t, err, "another process writes to this database")
			if !errors.Is(err, store.ErrLocked) || !store.Temporary(err) {
				t.Errorf("%v is not ErrLocked", err)
			}
			return err
		}
		first := open(t, url)
		second()
		first.step(t, -1, recorded(t, killed)[:2])
		first.close(t)
		next := open(t, url)
		if next.Last().Height != 1 {
			t.Error("the second writer does not go on where the first was")
		}
		next.close(t)
		c := newChild(t, url)
		c.height(t)
		second()
		c.kill()
		reopen(t, url)
	})
}

func TestNothingIsLostWhenTheWriterIsKilled(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, killed)
	want, tables := replay(t, blocks), undisturbed(t, blocks)
	onEach(t, func(t *testing.T, url string) {
		kills := 0
		for told := -1; told < len(blocks)-1; kills++ {
			c := newChild(t, url)
			for range 1 + kills*7%83 { // of varying length, so that it is killed anywhere
				if told = c.height(t); told == len(blocks)-1 {
					break
				}
			}
			c.kill()
			l := reopen(t, url)
			if h := int(want.check(t, l)); h < told {
				t.Fatalf("block %d was stored, the database ends at block %d", told, h)
			}
			l.close(t)
		}
		t.Logf("killed %d times", kills)
		compare(t, url, tables)
	})
}
