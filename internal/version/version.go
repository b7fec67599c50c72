// Package version says which version of smartpool a program is.
package version

import "runtime/debug"

// stamped is set by the linker when a release is made: -X github.com/pastelnetwork/smartpool/internal/version.stamped=v0.1.0
var stamped string

// String returns the version of a release, such as v0.1.0; else what the go command recorded, which is a version after go install
// …@v0.1.0, or "(devel)".
func String() string {
	if stamped != "" {
		return stamped
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
