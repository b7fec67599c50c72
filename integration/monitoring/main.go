// Command monitoring writes the dashboard for Grafana, docs/monitoring/smartpool.dashboard.json. Run it in the repository after a change of
// dashboard.go: go run ./integration/monitoring
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// written is where the dashboard is, in the repository.
var written = filepath.Join("docs", "monitoring", "smartpool.dashboard.json")

func main() {
	text, err := dashboardJSON()
	if err == nil {
		err = os.WriteFile(written, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}
