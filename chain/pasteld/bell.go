package pasteld

import (
	"context"
	"errors"
	"net"
	"net/url"
	"time"
)

// Pauses between attempts to reach the node's publisher.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 30 * time.Second
)

// Bell returns a channel that receives a value whenever the node publishes a block on ZMQ (zmqpubhashblock), and after each connection to
// the publisher, because blocks may have been missed. Bell ignores what is published: a value only means that asking the node is
// worthwhile. It drops values while one is pending. It retries a publisher that is unreachable or breaks the protocol until the context
// ends, and never closes the channel. It fails only if the address is not of the form tcp://127.0.0.1:28332.
func (*Client) Bell(ctx context.Context, zmqURL string) (<-chan struct{}, error) {
	u, err := url.Parse(zmqURL)
	if err != nil || u.Scheme != "tcp" || u.Hostname() == "" || u.Port() == "" || u.Host != zmqURL[len("tcp://"):] {
		return nil, errors.New("node-zmq: not an address such as tcp://127.0.0.1:28332; use the node's zmqpubhashblock")
	}
	bell := make(chan struct{}, 1)
	ring := func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	go listen(ctx, u.Host, ring)
	return bell, nil
}

// listen rings until the context ends.
func listen(ctx context.Context, address string, ring func()) {
	pause := firstPause
	for {
		if heard := subscribed(ctx, address, ring); heard {
			pause = firstPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, longPause)
	}
}

// subscribed rings during one connection, and reports whether any message arrived.
func subscribed(ctx context.Context, address string, ring func()) (heard bool) {
	const patience = 10 * time.Second // for connecting, and for the handshake
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return false
	}
	s, err := subscribe(conn, "hashblock")
	if err != nil {
		return false
	}
	if err := conn.SetDeadline(time.Time{}); err != nil { // hours may pass between blocks
		return false
	}
	ring()
	for {
		if err := s.next(); err != nil {
			return heard
		}
		heard = true
		ring()
	}
}
