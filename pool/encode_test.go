package pool

import (
	"bytes"
	"sync"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Encoding only reads, so that several may encode one state at once; the race detector tells.
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
