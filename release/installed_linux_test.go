//go:build release

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// debian makes a fresh Debian with systemd, and nothing more than that needs.
func debian(t *testing.T) (root string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("run this as root: it makes a root folder and boots it")
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	suite := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)`).FindSubmatch(release)
	if suite == nil {
		t.Fatal("this machine's /etc/os-release names no release of Debian")
	}
	root = filepath.Join(t.TempDir(), "debian")
	output(t, "debootstrap", "--variant=minbase", "--include=systemd", string(suite[1]), root)
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
		for _, changing := range []string{"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/log", "/var/lib/dpkg", "/var/lib/systemd", "/var/cache"} {
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

// The script installs in a fresh Debian, the demo plays there, and the programs are removed without a trace.
func TestScriptInFreshDebian(t *testing.T) {
	root := debian(t)
	before := listed(t, root)
	if err := os.CopyFS(filepath.Join(root, "tmp", "release"), os.DirFS(released(t, "v0.1.0", machines))); err != nil {
		t.Fatal(err)
	}
	out := runs(t, inside(root, "/bin/sh", "/tmp/release/install.sh", "--from", "/tmp/release"))
	if !strings.Contains(out, "installed smartpool and smartpoold v0.1.0 in /usr/local/bin\ntry it") {
		t.Errorf("install: %s", out)
	}
	runs(t, inside(root, "/usr/local/bin/smartpool", "demo"))
	runs(t, inside(root, "/bin/sh", "/tmp/release/install.sh", "--remove"))
	compare(t, before, listed(t, root))
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

// install copies a package into the machine and installs it.
func (m *machine) install(version string) {
	m.t.Helper()
	name := fmt.Sprintf("smartpool_%s_%s.deb", version, runtime.GOARCH)
	content, err := os.ReadFile(filepath.Join(released(m.t, version, machines), name))
	if err == nil {
		err = os.WriteFile(filepath.Join(m.root, "var/tmp", name), content, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.runs("dpkg", "--install", "/var/tmp/"+name)
}

// status is what the daemon says of itself.
type status struct {
	Version string `json:"version"`
	Tip     struct {
		Height int `json:"height"`
	} `json:"tip"`
}

// until waits for the daemon to say something.
func (m *machine) until(what string, holds func(status) bool) (s status) {
	m.t.Helper()
	wait(m.t, what, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/api/v1/status", m.port), http.NoBody)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			state, _ := m.command("systemctl", "status", "--no-pager", "smartpoold").CombinedOutput()
			return fmt.Errorf("%w: %s", err, state)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err == nil {
			err = json.Unmarshal(text, &s)
		}
		if err == nil && !holds(s) {
			err = fmt.Errorf("%s", text)
		}
		return err
	})
	return s
}

// A fresh Debian gets the package; the service runs as the unit confines it, survives kill -9, and keeps its data through an upgrade. Then
// everything is removed without a trace.
func TestPackageInFreshDebian(t *testing.T) {
	root := debian(t)
	m := boot(t, root)
	before := listed(t, root)
	m.install("v0.1.0")
	if out, err := m.command("systemctl", "is-enabled", "smartpoold").CombinedOutput(); err == nil || !strings.Contains(string(out), "disabled") {
		t.Errorf("before it has settings, the service is enabled: %s", out)
	}
	if out := m.runs("systemd-analyze", "verify", "smartpoold.service"); strings.TrimSpace(out) != "" {
		t.Errorf("verify: %s", out)
	}
	m.runs("systemd-analyze", "security", "--no-pager", "--threshold=20", "smartpoold.service") // of 100, which is no confinement at all

	rpc := free(t)
	settings := filepath.Join(root, "etc/smartpool/smartpoold.yaml")
	if info, err := os.Stat(settings); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(settings, fmt.Appendf(nil, "dev: true\ndev-mine: 100ms\napi: 127.0.0.1:%d\ndev-rpc: 127.0.0.1:%d\nmetrics: \"\"\nnode-user: a\nnode-password: secret\n",
		m.port, rpc), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			journal, _ := m.command("sh", "-c", "systemctl status --no-pager --full smartpoold; journalctl --no-pager --quiet --unit=smartpoold").CombinedOutput()
			t.Logf("%s", journal)
		}
	})
	m.runs("systemctl", "enable", "--now", "smartpoold")
	was := m.until("blocks", func(s status) bool { return s.Version == "v0.1.0" && s.Tip.Height > 3 })
	m.checkConfined()

	m.runs("systemctl", "kill", "--signal=KILL", "smartpoold")
	wait(t, "the service to start again", func() error {
		if out := m.runs("systemctl", "show", "--property=NRestarts", "smartpoold"); strings.TrimSpace(out) == "NRestarts=0" {
			return errors.New(out)
		}
		return nil
	})
	was = m.until("blocks after kill -9", func(s status) bool { return s.Tip.Height > was.Tip.Height })

	m.install("v0.1.1")
	m.until("blocks after an upgrade", func(s status) bool { return s.Version == "v0.1.1" && s.Tip.Height > was.Tip.Height })

	m.runs("dpkg", "--remove", "smartpool")
	if out, err := m.command("systemctl", "is-active", "smartpoold").CombinedOutput(); err == nil {
		t.Errorf("the service outlives its package: %s", out)
	}
	if _, err := os.Stat(filepath.Join(root, "var/lib/private/smartpool/regtest.db")); err != nil {
		t.Errorf("removing the package, not purging it, took the data: %v", err)
	}
	m.runs("dpkg", "--purge", "smartpool")
	compare(t, before, listed(t, root))
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
