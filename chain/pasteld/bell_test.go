package pasteld

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

func bellAt(t *testing.T, ctx context.Context, address string) <-chan struct{} {
	t.Helper()
	c := dialless(t, Config{URL: "http://127.0.0.1:1"})
	return must[<-chan struct{}](t)(c.Bell(ctx, "tcp://"+address))
}

// publisher listens on loopback.
func publisher(t *testing.T) zmq4.Socket {
	t.Helper()
	pub := zmq4.NewPub(t.Context())
	t.Cleanup(func() { pub.Close() })
	if err := pub.Listen("tcp://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return pub
}

// awaitSubscription returns once a publisher has a subscriber.
func awaitSubscription(t *testing.T, pub zmq4.Socket) {
	t.Helper()
	topics, ok := pub.(zmq4.Topics)
	if !ok {
		t.Fatal("this publisher does not say what is subscribed to")
	}
	for !slices.Contains(topics.Topics(), "hashblock") {
		time.Sleep(time.Millisecond)
	}
}

// The other side is an independent implementation.
func TestBell(t *testing.T) {
	t.Parallel()
	pub := publisher(t)
	bell := bellAt(t, t.Context(), pub.Addr().String())
	<-bell // on connecting
	awaitSubscription(t, pub)
	for i := range byte(3) {
		if err := pub.SendMulti(zmq4.NewMsgFrom([]byte("hashblock"), make([]byte, 32), []byte{i, 0, 0, 0})); err != nil {
			t.Fatal(err)
		}
		<-bell
	}
}

// hello is a publisher's greeting.
func hello() []byte {
	b := make([]byte, 64)
	b[0], b[9], b[10] = 0xff, 0x7f, 3
	copy(b[12:], "NULL")
	return append(b, "\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB"...)
}

// Many blocks while no one receives make one ring, and delay nothing.
func TestBellDropsRings(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	bell := bellAt(t, ctx, listener.Addr().String())
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	sent := hello()
	for range 10000 {
		sent = append(sent, "\x01\x09hashblock\x00\x01x"...)
	}
	if _, err := conn.Write(sent); err != nil {
		t.Fatal(err)
	}
	wish := make([]byte, 64+2+25+2+10)
	if _, err := io.ReadFull(conn, wish); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(wish, []byte("\x00\x0a\x01hashblock")) {
		t.Errorf("subscribed to %q", wish)
	}
	conn.Close()
	if conn, err = listener.Accept(); err != nil { // it read everything and reconnected
		t.Fatal(err)
	}
	if len(bell) != 1 {
		t.Errorf("%d rings wait", len(bell))
	}

	cancel() // closes the connection without a new one
	if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Log(err)
	}
	conn.Close()
	listener.Close()
}

func TestBellAddress(t *testing.T) {
	t.Parallel()
	c := dialless(t, Config{URL: "http://127.0.0.1:1"})
	for _, bad := range []string{
		"", "tcp:", "127.0.0.1:28332", "ipc:///x", "tcp://127.0.0.1", "tcp://:28332", "tcp://127.0.0.1:28332/",
		"tcp://u@h:1", "tcp://h:x",
	} {
		if _, err := c.Bell(t.Context(), bad); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}

type pipe struct {
	io.Reader
	io.Writer
}

// Bell leaves a peer that is not a publisher, and allocates no memory for what it announces.
func TestHostilePublisher(t *testing.T) {
	t.Parallel()
	fine := string(hello())
	change := func(at int, b byte) string {
		h := hello()
		h[at] = b
		return string(h)
	}
	long := "\x02\x00\x00\x00\x00\x00\x00\x00"
	for name, test := range map[string]struct {
		sent     string
		messages int
		want     error
	}{
		"nothing":             {"", 0, io.EOF},
		"web page":            {"HTTP/1.1 400 Bad Request" + strings.Repeat(" ", 64), 0, errPeer},
		"half a greeting":     {fine[:40], 0, io.ErrUnexpectedEOF},
		"old version":         {change(10, 2), 0, errPeer},
		"security":            {change(12, 'X'), 0, errPeer},
		"no command":          {change(64, 0), 0, errPeer},
		"other command":       {change(67, 'X'), 0, errPeer},
		"only a greeting":     {fine, 0, io.EOF},
		"messages":            {fine + "\x01\x01a\x00\x01b" + "\x00\x00" + long + "\x03abc", 3, io.EOF},
		"commands between":    {fine + "\x04\x05\x04PING" + "\x00\x01a", 1, io.EOF},
		"half a message":      {fine + "\x01\x01a", 0, io.EOF},
		"half a part":         {fine + "\x00\x09a", 0, io.EOF},
		"half a size":         {fine + "\x02\x00", 0, io.ErrUnexpectedEOF},
		"longest part":        {fine + long[:7] + "\x10\x00" + strings.Repeat("x", 4096), 1, io.EOF},
		"part that is longer": {fine + long[:7] + "\x10\x01" + strings.Repeat("x", 4097), 0, errPeer},
		"part without end":    {fine + "\x02\xff\xff\xff\xff\xff\xff\xff\xff", 0, errPeer},
		"unknown flag":        {fine + "\x08\x00", 0, errPeer},
	} {
		s, err := subscribe(pipe{strings.NewReader(test.sent), io.Discard}, "hashblock")
		n := 0
		for err == nil {
			if err = s.next(); err == nil {
				n++
			}
		}
		if n != test.messages || !errors.Is(err, test.want) {
			t.Errorf("%s: %d messages, %v; want %d, %v", name, n, err, test.messages, test.want)
		}
	}
}
