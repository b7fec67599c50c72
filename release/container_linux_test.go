//go:build release

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// podmanForRoot is podman for tests, without what root may not or need not ask for.
const podmanForRoot = `#!/bin/sh
set -e
verb=$1
shift
if [ "$verb" = run ]; then
	for arg; do
		shift
		case $arg in
		--userns | keep-id) ;;
		*) set -- "$@" "$arg" ;;
		esac
	done
	set -- --cgroups disabled --network host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@"
fi
exec podman --storage-driver vfs "$verb" "$@"
`

// alone keeps images and containers in a folder of the test's own. Where the first version of control groups is mounted beside the second,
// containers find the second alone.
const alone = `mkdir -p /var/lib/containers
mount --bind "$STORE" /var/lib/containers
mount -t tmpfs tmpfs /run
umount --recursive /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
`

// What docs/installing.md prints makes an image of an unpacked archive, without a registry, and runs it: the daemon answers, and keeps its files in
// the folder that was mounted, as the user that was named.
func TestContainerRuns(t *testing.T) {
	folder := filepath.Dir(unpacked(t))
	store, err := os.MkdirTemp(scratch, "containers-")
	if err != nil {
		t.Fatal(err)
	}
	wrapper := filepath.Join(store, "podman")
	if err := os.WriteFile(wrapper, []byte(podmanForRoot), 0o700); err != nil {
		t.Fatal(err)
	}
	port := free(t)
	lines := strings.NewReplacer("podman ", wrapper+" ", "9734", strconv.Itoa(port), "--node http://HOST:9932",
		fmt.Sprintf("--dev --dev-mine 100ms --dev-rpc 127.0.0.1:%d --metrics ''", free(t))).Replace(strings.Join(printed(t, "docs/installing.md", "## In a container"), "\n"))
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec", alone+lines)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "STORE="+store)
	said, err := os.Create(filepath.Join(store, "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	defer func() {
		_ = cmd.Process.Kill()
		<-ended
	}()
	wait(t, "the container to answer", func() error {
		select {
		case <-ended:
			text, err := os.ReadFile(said.Name())
			t.Fatalf("the container ended: %v: %s", err, text)
		default:
		}
		s, err := answer(port)
		if err == nil && (s.Version != "v0.1.0" || s.Tip.Height < 3) {
			err = fmt.Errorf("%+v", s)
		}
		return err
	})
	if _, err := os.Stat(filepath.Join(folder, "data", "regtest.db")); err != nil {
		t.Error(err)
	}
}
