package journey

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A disk that is nearly full is found before the daemon stops storing blocks.
func TestDoctorDiskNearlyFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("only root can mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	x := (&Doctor{Data: dir, Now: time.Now}).examination(t.Context())
	if f := x.space(); f.Result != ResultFailed || !strings.Contains(f.Seen, "is nearly full: 4 MiB are free") || !strings.Contains(f.Do, "Free some space") {
		t.Errorf("a disk of 4 MiB: %+v", f)
	}
	roomy := (&Doctor{Data: filepath.Join(os.TempDir()), Now: time.Now}).examination(t.Context())
	if f := roomy.space(); f.Result == ResultUnknown || f.Seen == "" {
		t.Errorf("the disk of temporary files: %+v", f)
	}
	none := (&Doctor{Data: filepath.Join(dir, "none"), Now: time.Now}).examination(t.Context())
	if f := none.space(); f.Result != ResultUnknown {
		t.Errorf("a folder that does not exist: %+v", f)
	}
}
