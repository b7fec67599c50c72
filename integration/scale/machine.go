package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/prometheus/procfs"
)

// machine says where figures come from.
type machine struct {
	CPU    string
	Cores  int
	Memory uint64 // bytes
	Go     string
	Commit string // of the sources, with "-dirty" if they differ from it
}

func thisMachine(ctx context.Context) (machine, error) {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version(), Commit: "unknown"}
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return m, err
	}
	cpus, err := proc.CPUInfo()
	if err != nil {
		return m, err
	}
	if len(cpus) > 0 {
		m.CPU = cpus[0].ModelName
	}
	mem, err := proc.Meminfo()
	if err != nil {
		return m, err
	}
	if mem.MemTotal != nil {
		m.Memory = *mem.MemTotal << 10
	}
	if out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12").Output(); err == nil {
		m.Commit = strings.TrimSpace(string(out))
	}
	return m, nil
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %.0f GB of memory, %s, commit %s", m.CPU, m.Cores, float64(m.Memory)/(1<<30), m.Go, m.Commit)
}
