package ticket

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Limits of a zstd frame (protocol 2, "Envelope").
const (
	frameMagic = 0xfd2fb528
	maxWindow  = 8 << 20
)

// unpackFrame unpacks exactly one zstd frame, which must state its content size, use no dictionary and have nothing after it. It
// checks the header before it unpacks anything, so a bomb costs no memory.
func unpackFrame(b []byte) ([]byte, bool) {
	var h zstd.Header
	if len(b) < 4 || binary.LittleEndian.Uint32(b) != frameMagic || h.Decode(b) != nil {
		return nil, false
	}
	if !h.HasFCS || h.FrameContentSize > maxUnpacked || h.WindowSize > maxWindow || h.DictionaryID != 0 || !oneFrame(b, &h) {
		return nil, false
	}
	d := frameDecoders.Get().(*zstd.Decoder)
	defer frameDecoders.Put(d)
	out, err := d.DecodeAll(b, make([]byte, 0, h.FrameContentSize))
	if err != nil || uint64(len(out)) != h.FrameContentSize {
		return nil, false
	}
	return out, true
}

// oneFrame reports whether the frame at the start of b also ends it. The decoder itself would continue with a next one.
func oneFrame(b []byte, h *zstd.Header) bool {
	rest := b[h.HeaderSize:]
	for last := false; !last; {
		if len(rest) < 3 {
			return false
		}
		head := int(rest[0]) | int(rest[1])<<8 | int(rest[2])<<16
		size := head >> 3
		if kind := head >> 1 & 3; kind == 1 { // a run of one byte
			size = 1
		}
		if last = head&1 == 1; size > len(rest)-3 {
			return false
		}
		rest = rest[3+size:]
	}
	if h.HasCheckSum {
		return len(rest) == 4
	}
	return len(rest) == 0
}

// frameDecoders holds decoders, which keep no state between calls: making one is expensive, and several goroutines may need one at
// the same time. The limit on memory also limits windows, so it is set to the largest window; unpackFrame checks the content size.
var frameDecoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		panic(err) // options are constants
	}
	return d
}}

// packFrame packs bytes into one frame that unpackFrame reads.
func packFrame(b []byte) []byte {
	e := frameEncoders.Get().(*zstd.Encoder)
	defer frameEncoders.Put(e)
	return e.EncodeAll(b, nil)
}

// frameEncoders holds encoders for the same reason. The envelope has a hash, so frames need no checksum.
var frameEncoders = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true), zstd.WithEncoderCRC(false),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(512<<10))
	if err != nil {
		panic(err) // options are constants
	}
	return e
}}
