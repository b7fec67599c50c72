package pasteld

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// maxFrame limits a part of a message, in bytes; a block hash takes 32. The available libraries allocate whatever a peer announces.
const maxFrame = 4 << 10

// Flags of a frame (ZMTP 3.0, https://rfc.zeromq.org/spec/23).
const (
	flagMore    = 1
	flagLong    = 2
	flagCommand = 4
)

var errPeer = errors.New("the peer is not a ZMTP 3 publisher without security")

// subscriber is the receiving end of a publisher, reduced to what a bell needs: it skips the contents of messages.
type subscriber struct{ r *bufio.Reader }

// subscribe greets a publisher and asks for messages that begin with topic.
//
//	64  greeting: ff, 8 bytes, 7f, version 3.0, mechanism NULL in 20, 0 for a client, 31 zeros
//	    command READY with the property Socket-Type
//	    message of byte 1 and the topic
func subscribe(rw io.ReadWriter, topic string) (*subscriber, error) {
	greeting := [64]byte{0: 0xff, 8: 1, 9: 0x7f, 10: 3}
	copy(greeting[12:], "NULL")
	ready := "\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB"
	hello := greeting[:]
	hello = append(hello, flagCommand, byte(len(ready)))
	hello = append(hello, ready...)
	if _, err := rw.Write(hello); err != nil {
		return nil, err
	}
	s := &subscriber{bufio.NewReader(rw)}
	var got [64]byte
	if _, err := io.ReadFull(s.r, got[:]); err != nil {
		return nil, err
	}
	if got[0] != 0xff || got[9] != 0x7f || got[10] < 3 || !bytes.Equal(got[12:32], greeting[12:32]) {
		return nil, errPeer
	}
	flags, size, err := s.frame()
	if err != nil {
		return nil, err
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(s.r, body); err != nil {
		return nil, err
	}
	if flags&flagCommand == 0 || !bytes.HasPrefix(body, []byte(ready[:6])) {
		return nil, errPeer
	}
	wish := append([]byte{0, byte(1 + len(topic)), 1}, topic...)
	_, err = rw.Write(wish)
	return s, err
}

// frame reads the head of a frame: flags and the size of the body.
func (s *subscriber) frame() (flags byte, size int, err error) {
	flags, err = s.r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	var b [8]byte
	field := b[7:]
	if flags&flagLong != 0 {
		field = b[:]
	}
	if _, err := io.ReadFull(s.r, field); err != nil {
		return 0, 0, err
	}
	n := binary.BigEndian.Uint64(b[:])
	if n > maxFrame || flags >= 2*flagCommand {
		return 0, 0, errPeer
	}
	return flags, int(n), nil
}

// next returns once a whole message has arrived.
func (s *subscriber) next() error {
	for {
		flags, size, err := s.frame()
		if err != nil {
			return err
		}
		if _, err := s.r.Discard(size); err != nil {
			return err
		}
		if flags&(flagMore|flagCommand) == 0 {
			return nil
		}
	}
}
