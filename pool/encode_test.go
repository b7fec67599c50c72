package pool

import (
	"bytes"
	"sync"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Encode only reads, so several goroutines can encode one state at once. The race detector would notice a write.
func TestEncodeReadsOnly(t *testing.T) {
	t.Parallel()
	blocks, _ := recorded(t, "life")
	s := newRegtest(t)
	for h, b := range blocks[:250] {
		if _, err := s.Apply(Prepare(&s.params, pastel.Height(h), b)); err != nil {
			t.Fatal(err)
		}
	}
	want := s.Encode()
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			if !bytes.Equal(s.Encode(), want) {
				t.Error("the encoding changes")
			}
		})
	}
	readers.Wait()
}
