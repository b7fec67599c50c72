package devnode

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// blockFile stores every block that arrived, every verdict on a block and every payment vote, in the order of events. Reading it from
// the start rebuilds the same tree. A record is
//
//	4  length of what follows the checksum, little endian
//	4  CRC-32C of it
//	1  kind
//	.. data
//
// A crash may leave the last record incomplete. Anything else that cannot be read is damage.
type blockFile struct{ f *os.File }

type recordKind byte

const (
	recordBlock      recordKind = 1 // a block
	recordRefused    recordKind = 2 // hash of an invalid block, and the reason
	recordReconsider recordKind = 3 // hash of a block that is valid again
	recordVote       recordKind = 4 // whom a block must pay (votes.go)
)

const maxRecord = 64 << 20 // bytes

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openBlockFile passes every record to replay, and opens the file for appending.
func openBlockFile(path string, replay func(recordKind, []byte) error) (*blockFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	good, err := readRecords(f, replay)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w; remove the folder to start over", path, err)
	}
	return &blockFile{f}, nil
}

// readRecords returns where the last complete record ends.
func readRecords(f io.ReadSeeker, replay func(recordKind, []byte) error) (good int64, err error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, err
	}
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return good, tornOr(err)
		}
		size := int64(binary.LittleEndian.Uint32(head[:]))
		if size < 1 || size > maxRecord {
			return good, fmt.Errorf("damaged at byte %d", good)
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(r, data); err != nil {
			return good, tornOr(err)
		}
		next := good + 8 + size
		if crc32.Checksum(data, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
			if next == end {
				return good, nil
			}
			return good, fmt.Errorf("damaged at byte %d", good)
		}
		if err := replay(recordKind(data[0]), data[1:]); err != nil {
			return good, fmt.Errorf("record at byte %d: %w", good, err)
		}
		good = next
	}
}

// tornOr distinguishes the end of a file, even inside a record, from a read error.
func tornOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func (b *blockFile) append(kind recordKind, data []byte) error {
	rec := make([]byte, 8, 9+len(data))
	rec = append(append(rec, byte(kind)), data...)
	binary.LittleEndian.PutUint32(rec, uint32(1+len(data)))
	binary.LittleEndian.PutUint32(rec[4:], crc32.Checksum(rec[8:], castagnoli))
	if _, err := b.f.Write(rec); err != nil {
		return fmt.Errorf("write to the block file: %w; free some space and restart the node", err)
	}
	return nil
}

func (b *blockFile) close() error { return errors.Join(b.f.Sync(), b.f.Close()) }
