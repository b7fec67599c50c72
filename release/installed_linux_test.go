//go:build release

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// made keeps the releases that several tests use, by version and platforms. Each is made once, in a copy of the source of its own.
var made struct {
	sync.Mutex
	folders map[string]string
}

var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "smartpool-release-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// output runs a program and requires that it succeeds.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// pristine copies the files that git knows, once: all releases are of the same files, whatever changes meanwhile.
var pristine = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(scratch, "pristine")
	list, err := exec.Command("git", "-C", "..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	for name := range strings.SplitSeq(string(list), "\x00") {
		if name == "" || err != nil {
			continue
		}
		to := filepath.Join(folder, name)
		var content []byte
		if content, err = os.ReadFile(filepath.Join("..", name)); err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, content, 0o600))
		}
	}
	return folder, err
})

// copied returns a folder of its own with these files.
func copied(t *testing.T) string {
	t.Helper()
	from, err := pristine()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp(scratch, "source-")
	if err == nil {
		err = os.CopyFS(folder, os.DirFS(from))
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// released makes a release in a new copy of the source, and returns its folder.
func released(t *testing.T, version string, only ...string) string {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	key := version + strings.Join(only, " ")
	for _, enough := range []string{version, key} { // one for all platforms will do
		if folder, found := made.folders[enough]; found {
			return folder
		}
	}
	folder := makeRelease(t, version, only...)
	if made.folders == nil {
		made.folders = map[string]string{}
	}
	made.folders[key] = folder
	return folder
}

func makeRelease(t *testing.T, version string, only ...string) string {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", "1790000000")
	source := copied(t)
	args := []string{version, "--source", source, "--out", filepath.Join(source, "out")}
	for _, platform := range only {
		args = append(args, "--platform", platform)
	}
	var out, errOut bytes.Buffer
	if code := run(args, &out, &errOut); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &errOut)
	}
	return filepath.Join(source, "out", version)
}

// The same files and version, in two folders and at different times, make the same bytes for each platform.
func TestTwoFoldersMakeTheSameRelease(t *testing.T) {
	first := released(t, "v0.1.0")
	second := makeRelease(t, "v0.1.0")
	want, err := os.ReadDir(first)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != len(platforms)+2+2 { // two packages, the script and the checksums
		t.Errorf("the release has %d files: %v", len(want), want)
	}
	for _, f := range want {
		a, err := os.ReadFile(filepath.Join(first, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(second, f.Name())); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: the bytes differ (%v)", f.Name(), err)
		}
	}
	check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = first
	if out, err := check.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") != len(want)-1 {
		t.Errorf("%v: %s", err, out)
	}
}

// machines is the platform of this machine.
const machines = "linux/" + runtime.GOARCH

// unpacked returns the folder of the archive for this machine.
func unpacked(t *testing.T) string {
	t.Helper()
	name := "smartpool_v0.1.0_linux_" + runtime.GOARCH
	to := t.TempDir()
	output(t, "tar", "-xzf", filepath.Join(released(t, "v0.1.0", machines), name+".tar.gz"), "-C", to)
	return filepath.Join(to, name)
}

// Every module that a program says it contains has its licence in the archive, and stands in the bill of materials.
func TestNoticesAndBillsNameEveryModule(t *testing.T) {
	folder := unpacked(t)
	notices, err := os.ReadFile(filepath.Join(folder, "THIRD-PARTY.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(notices, []byte("\nuPlot\n")) || !bytes.Contains(notices, []byte("\nGo go1.")) {
		t.Error("the notices lack uPlot or Go")
	}
	module := regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)`)
	for _, program := range programs {
		bill, err := os.ReadFile(filepath.Join(folder, program+".cdx.json"))
		if err != nil {
			t.Fatal(err)
		}
		found := module.FindAllStringSubmatch(output(t, "go", "version", "-m", filepath.Join(folder, program)), -1)
		if len(found) < 10 {
			t.Errorf("%s has only %d modules", program, len(found))
		}
		for _, m := range found {
			if !bytes.Contains(notices, []byte("\n"+m[1]+" "+m[2]+"\n")) {
				t.Errorf("%s: the notices lack %s %s", program, m[1], m[2])
			}
			if !bytes.Contains(bill, []byte("pkg:golang/"+m[1]+"@"+m[2])) {
				t.Errorf("%s: the bill of materials lacks %s %s", program, m[1], m[2])
			}
		}
		if out := output(t, filepath.Join(folder, program), "--version"); out != program+" v0.1.0\n" {
			t.Errorf("%s --version: %s", program, out)
		}
	}
}

// inside returns a command that runs in a folder as if it were all there is.
func inside(root string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"}
	return cmd
}

func runs(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// What the container file copies is all that the programs need: they run where nothing else is, as its user.
func TestProgramsNeedNothingElse(t *testing.T) {
	folder, root := unpacked(t), t.TempDir()
	file, err := os.ReadFile(filepath.Join(folder, "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var user uint32
	for line := range strings.Lines(string(file)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 2 && words[0] == "COPY":
			to := filepath.Join(root, words[len(words)-1])
			if err := os.MkdirAll(to, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, name := range words[1 : len(words)-1] {
				output(t, "cp", filepath.Join(folder, name), to)
			}
		case len(words) == 2 && words[0] == "USER":
			id, _, _ := strings.Cut(words[1], ":")
			n, err := strconv.ParseUint(id, 10, 32)
			if err != nil || n == 0 {
				t.Fatalf("%s: the image runs as root", line)
			}
			user = uint32(n)
		}
	}
	if err := errors.Join(os.Chmod(root, 0o755), os.MkdirAll(filepath.Join(root, "tmp"), 0o755), os.Chmod(filepath.Join(root, "tmp"), 0o1777)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"/usr/bin/smartpoold", "--version"}, {"/usr/bin/smartpool", "demo"}} {
		cmd := inside(root, args[0], args[1:]...)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: user, Gid: user}
		if out := runs(t, cmd); args[1] == "demo" && !strings.Contains(out, "patoshi") {
			t.Errorf("demo: %s", out)
		}
	}
}

// The scripts hold to POSIX.
func TestScriptsAreClean(t *testing.T) {
	for _, script := range []string{filepath.Join(released(t, "v0.1.0", machines), "install.sh"), "install.sh", "debian/postinst", "debian/prerm", "debian/postrm"} {
		output(t, "shellcheck", "--shell=sh", script)
	}
}

// bootstrapped is a fresh Debian with systemd and the shells and readers of manuals that people have, and nothing more than those need.
var bootstrapped = sync.OnceValues(func() (string, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	suite := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)`).FindSubmatch(release)
	if suite == nil {
		return "", errors.New("this machine's /etc/os-release names no release of Debian")
	}
	root := filepath.Join(scratch, "debian")
	out, err := exec.Command("debootstrap", "--variant=minbase", "--include=systemd,ca-certificates,bash-completion,zsh,fish,man-db", string(suite[1]), root).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("debootstrap: %w: %s", err, out)
	}
	return root, nil
})

// debian returns a fresh Debian of the test's own, in which what documents print can be tried: sudo is there, and an editor, nano, that puts the
// file ~/edited in place of the one it is given.
func debian(t *testing.T) (root string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("run this as root: it makes a root folder and boots it")
	}
	fresh, err := bootstrapped()
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(t.TempDir(), "debian")
	output(t, "cp", "--archive", fresh, root)
	for name, script := range map[string]string{"sudo": `exec "$@"`, "nano": `cat ~/edited >"$1"`} {
		if err := os.WriteFile(filepath.Join(root, "usr/local/bin", name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// listed returns what is in a root folder, without what packages' management keeps of every package and what programs leave while they run.
func listed(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root)
		for _, changing := range []string{"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/log", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd", "/var/cache"} {
			if name == changing {
				return fs.SkipDir
			}
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// compare fails if anything was left behind, or taken away.
func compare(t *testing.T, before, after []string) {
	t.Helper()
	for _, name := range after {
		if !slices.Contains(before, name) {
			t.Errorf("left behind: %s", name)
		}
	}
	for _, name := range before {
		if !slices.Contains(after, name) {
			t.Errorf("taken away: %s", name)
		}
	}
}

// What README and docs/installing.md print for the script is all it takes in a fresh Debian: it installs, the demo plays, shells and man find what
// came along, and everything is removed without a trace. A stand-in for curl takes the files of the release from the folder it is called in.
func TestScriptInFreshDebian(t *testing.T) {
	const curl = `#!/bin/sh
set -e
[ "$*" = "-fsSL -o $3 https://github.com/pastelnetwork/smartpool/releases/download/v0.1.0/${4##*/}" ]
cp "${4##*/}" "$3"
`
	root := debian(t)
	if err := os.WriteFile(filepath.Join(root, "usr/local/bin/curl"), []byte(curl), 0o755); err != nil {
		t.Fatal(err)
	}
	m := boot(t, root)
	before := listed(t, root)
	folder := m.bring(released(t, "v0.1.0", machines))
	for document, heading := range map[string]string{"README.md": "## Install", "docs/installing.md": "## By the script"} {
		for _, line := range printed(t, document, heading) {
			out := m.shell(folder, line)
			if line == "sh install.sh" && !strings.HasPrefix(out, "installed smartpool and smartpoold v0.1.0 in /usr/local/bin, ") {
				t.Errorf("%s: %s", line, out)
			}
			if line == "smartpool demo" && !strings.Contains(out, "patoshi") {
				t.Errorf("%s: %s", line, out)
			}
		}
		m.checkShells("XDG_DATA_DIRS=/usr/local/share:/usr/share")
		m.shell(folder, quotedIn(t, "docs/installing.md", "sh install.sh --remove"))
		compare(t, before, listed(t, root))
	}
}

// machine is a fresh Debian that runs under its own systemd, in namespaces of this machine.
type machine struct {
	t    *testing.T
	root string
	init int // process id of its systemd
	port int
}

// start mounts what a system expects and becomes its systemd, in a control group of its own. A service may not have users of its own where the
// root folder is only chroot's, and gets no credentials where mounts are not shared.
const start = `set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
mount -t tmpfs tmpfs "$1/run"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for device in null zero full random urandom tty; do
	touch "$1/dev/$device"
	mount --bind "/dev/$device" "$1/dev/$device"
done
ln -s pts/ptmx "$1/dev/ptmx"
mkdir "$1/dev/mqueue" "$1/dev/hugepages"
cd "$1"
pivot_root . mnt
umount --lazy /mnt
mount --make-rshared /
exec env -i container=smartpool PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --system --unit=basic.target --log-target=null`

func boot(t *testing.T, root string) *machine {
	t.Helper()
	group := filepath.Join(groups(t), fmt.Sprintf("smartpool-release-%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := os.Open(group)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	cmd := exec.Command("unshare", "--mount", "--uts", "--ipc", "--cgroup", "--pid", "--fork", "--kill-child", "sh", "-c", start, "sh", root)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(folder.Fd()), Pdeathsig: syscall.SIGKILL}
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &complaint, &complaint
	runtime.LockOSThread() // the thread that starts a process with Pdeathsig must live
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		runtime.UnlockOSThread()
		removeGroup(t, group)
	})
	m := &machine{t: t, root: root, port: free(t)}
	wait(t, "the system to start", func() error {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
		if err != nil {
			return fmt.Errorf("%w: %s", err, &complaint)
		}
		if m.init, err = strconv.Atoi(strings.TrimSpace(string(children))); err != nil {
			return err
		}
		state, err := m.command("systemctl", "is-system-running").CombinedOutput()
		if s := strings.TrimSpace(string(state)); s == "running" || s == "degraded" {
			return nil
		}
		return fmt.Errorf("%w: %s", err, state)
	})
	return m
}

// groups returns where the second version of control groups is mounted.
func groups(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if words := strings.Fields(line); words[2] == "cgroup2" {
			return words[1]
		}
	}
	t.Fatal("no cgroup2 file system is mounted")
	return ""
}

// removeGroup removes a control group and those in it, deepest first, once their processes have ended.
func removeGroup(t *testing.T, group string) {
	t.Helper()
	wait(t, "the control groups to empty", func() error {
		var folders []string
		err := filepath.WalkDir(group, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				folders = append(folders, path)
			}
			return err
		})
		slices.Reverse(folders)
		for _, f := range folders {
			err = errors.Join(err, syscall.Rmdir(f))
		}
		return err
	})
}

// wait returns when a condition holds.
func wait(t *testing.T, what string, condition func() error) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waiting for %s: %v", what, err)
		}
	}
}

func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// command returns a command that runs in the machine.
func (m *machine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"--target", strconv.Itoa(m.init), "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wd", name}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "SYSTEMD_PAGER=cat"}
	return cmd
}

func (m *machine) runs(name string, args ...string) string {
	m.t.Helper()
	return runs(m.t, m.command(name, args...))
}

// bring copies a release into the machine.
func (m *machine) bring(folder string) (inside string) {
	m.t.Helper()
	inside = "/var/tmp/" + filepath.Base(folder)
	if err := os.CopyFS(filepath.Join(m.root, inside), os.DirFS(folder)); err != nil {
		m.t.Fatal(err)
	}
	return inside
}

// shell runs a line in a folder of the machine, as a person would.
func (m *machine) shell(folder, line string) string {
	m.t.Helper()
	return m.runs("sh", "-c", `cd "$1" && eval "$2"`, "sh", folder, line)
}

// status is what the daemon says of itself.
type status struct {
	Version string `json:"version"`
	Tip     struct {
		Height int `json:"height"`
	} `json:"tip"`
}

// answer asks a daemon of this machine how it is.
func answer(port int) (s status, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/api/v1/status", port), http.NoBody)
	if err != nil {
		return s, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// until waits for the daemon to say something.
func (m *machine) until(what string, holds func(status) bool) (s status) {
	m.t.Helper()
	wait(m.t, what, func() (err error) {
		if s, err = answer(m.port); err == nil && !holds(s) {
			err = fmt.Errorf("%+v", s)
		}
		return err
	})
	return s
}

// A fresh Debian gets the package by what docs/installing.md prints; the service runs as the unit confines it and survives kill -9. Then
// everything is removed without a trace.
func TestPackageInFreshDebian(t *testing.T) {
	root := debian(t)
	m := boot(t, root)
	m.prepare()
	before := listed(t, root)
	m.follow(m.bring(released(t, "v0.1.0", machines)), "v0.1.0")
	m.checkConfined()
	m.checkShells()
	was := m.until("blocks", func(s status) bool { return s.Version == "v0.1.0" && s.Tip.Height > 3 })

	m.runs("systemctl", "kill", "--signal=KILL", "smartpoold")
	wait(t, "the service to start again", func() error {
		if out := m.runs("systemctl", "show", "--property=NRestarts", "smartpoold"); strings.TrimSpace(out) == "NRestarts=0" {
			return errors.New(out)
		}
		return nil
	})
	m.until("blocks after kill -9", func(s status) bool { return s.Tip.Height > was.Tip.Height })
	m.remove(before)
}

// The package of an earlier commit is upgraded by what docs/installing.md prints, and the service goes on with all its data: the ledger, the token
// and the subscriptions, which no chain brings back.
func TestUpgradeFromAnEarlierCommit(t *testing.T) {
	root := debian(t)
	m := boot(t, root)
	m.prepare()
	before := listed(t, root)
	m.follow(m.bring(earlier(t)), "v0.0.1")
	was := m.until("blocks", func(s status) bool { return s.Version == "v0.0.1" && s.Tip.Height > 3 })
	api := fmt.Sprintf("http://127.0.0.1:%d", m.port)
	asked := []string{"alerts", "list", "--json", "--api", api, "--token-file", "/var/lib/smartpool/api.token"}
	m.runs("smartpool", "alerts", "add", "https://example.org/hook", "--api", api, "--token-file", "/var/lib/smartpool/api.token")
	token, block, list := m.runs("cat", "/var/lib/smartpool/api.token"), m.block(was.Tip.Height), m.runs("smartpool", asked...)

	line := quotedIn(t, "docs/installing.md", "sudo apt install ./smartpool_VERSION_amd64.deb")
	m.shell(m.bring(released(t, "v0.1.0", machines)), line)
	m.until("blocks after an upgrade", func(s status) bool { return s.Version == "v0.1.0" && s.Tip.Height > was.Tip.Height })
	if now := m.runs("cat", "/var/lib/smartpool/api.token"); now != token {
		t.Error("the token is another one")
	}
	if now := m.block(was.Tip.Height); now != block {
		t.Errorf("block %d was %s, is %s", was.Tip.Height, block, now)
	}
	if now := m.runs("smartpool", asked...); now != list || !strings.Contains(now, "example.org") {
		t.Errorf("the subscriptions were %s, are %s", list, now)
	}
	m.checkConfined()
	m.remove(before)
}

// block returns a block and its ledger digest, as the API answers.
func (m *machine) block(height int) (answer string) {
	m.t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/api/v1/blocks/%d", m.port, height))
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct{ Hash, Digest string }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.Hash == "" || said.Digest == "" {
		m.t.Fatalf("block %d: %s, %+v, %v", height, resp.Status, said, err)
	}
	return said.Hash + " " + said.Digest
}

// prepare lays out what the editor will write: settings of a development node that mines by itself.
func (m *machine) prepare() {
	m.t.Helper()
	text := fmt.Appendf(nil, "dev: true\ndev-mine: 100ms\napi: 127.0.0.1:%d\ndev-rpc: 127.0.0.1:%d\nmetrics: \"\"\nnode-user: a\nnode-password: secret\n", m.port, free(m.t))
	if err := os.WriteFile(filepath.Join(m.root, "root/edited"), text, 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if m.t.Failed() {
			journal, _ := m.command("sh", "-c", "systemctl status --no-pager --full smartpoold; journalctl --no-pager --quiet --unit=smartpoold").CombinedOutput()
			m.t.Logf("%s", journal)
		}
	})
}

// follow installs a package and starts its service by what docs/installing.md prints, and checks the unit between.
func (m *machine) follow(folder, version string) {
	m.t.Helper()
	for _, line := range printed(m.t, "docs/installing.md", "## As a service on Debian") {
		line = strings.ReplaceAll(line, "v0.1.0", version)
		if strings.Contains(line, "--follow") { // for ever
			wait(m.t, "the journal to name the version", func() error {
				if out := m.shell(folder, strings.Replace(line, "--follow", "--no-pager", 1)); !strings.Contains(out, version) {
					return errors.New(out)
				}
				return nil
			})
			continue
		}
		m.shell(folder, line)
		if strings.Contains(line, "apt install") {
			m.checkUnit()
		}
	}
}

// checkUnit looks at the service before it starts.
func (m *machine) checkUnit() {
	m.t.Helper()
	if out, err := m.command("systemctl", "is-enabled", "smartpoold").CombinedOutput(); err == nil || !strings.Contains(string(out), "disabled") {
		m.t.Errorf("before it has settings, the service is enabled: %s", out)
	}
	if out := m.runs("systemd-analyze", "verify", "smartpoold.service"); strings.TrimSpace(out) != "" {
		m.t.Errorf("verify: %s", out)
	}
	m.runs("systemd-analyze", "security", "--no-pager", "--threshold=20", "smartpoold.service") // of 100, which is no confinement at all
	if info, err := os.Stat(filepath.Join(m.root, "etc/smartpool/smartpoold.yaml")); err != nil || info.Mode() != 0o600 {
		m.t.Errorf("%v, %v", info, err)
	}
}

// remove removes and purges the package by what docs/installing.md prints.
func (m *machine) remove(before []string) {
	m.t.Helper()
	m.shell("/", "yes | "+quotedIn(m.t, "docs/installing.md", "sudo apt remove smartpool"))
	if out, err := m.command("systemctl", "is-active", "smartpoold").CombinedOutput(); err == nil {
		m.t.Errorf("the service outlives its package: %s", out)
	}
	for _, kept := range []string{"var/lib/private/smartpool/regtest.db", "etc/smartpool/smartpoold.yaml"} {
		if _, err := os.Stat(filepath.Join(m.root, kept)); err != nil {
			m.t.Errorf("removing the package, not purging it, took %v", err)
		}
	}
	m.shell("/", "yes | "+quotedIn(m.t, "docs/installing.md", "sudo apt purge smartpool"))
	compare(m.t, before, listed(m.t, m.root))
}

// checkConfined looks at the process itself: whose it is, what it may do, and what others can read.
func (m *machine) checkConfined() {
	m.t.Helper()
	pid := strings.TrimSpace(m.runs("systemctl", "show", "--property=MainPID", "--value", "smartpoold"))
	text := m.runs("cat", "/proc/"+pid+"/status")
	for _, want := range []string{`(?m)^Uid:\t[1-9]\d{4,}\t`, `(?m)^CapBnd:\t0+$`, `(?m)^CapEff:\t0+$`, `(?m)^NoNewPrivs:\t1$`, `(?m)^Seccomp:\t2$`, `(?m)^Umask:\t0077$`} {
		if !regexp.MustCompile(want).MatchString(text) {
			m.t.Errorf("%s does not match %s", want, text)
		}
	}
	data := filepath.Join(m.root, "var/lib/private/smartpool")
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // SQLite's files come and go
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			m.t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		m.t.Error(err)
	}
}
