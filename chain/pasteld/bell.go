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

// Bell returns a channel that gets something whenever a node publishes a block on ZMQ (zmqpubhashblock), and whenever the
// publisher is reached anew, as blocks may have been missed. What is published is not looked at: a bell only says that it is
// worth asking. Rings while one waits are dropped. A publisher that is away or talks nonsense is tried again until the
// context ends; the channel is never closed. The only error is an address that is not such as tcp://127.0.0.1:28332.
func (*Client) Bell(ctx context.Context, zmqURL string) (<-chan struct{}, error) {
	u, err := url.Parse(zmqURL)
	if err != nil || u.Scheme != "tcp" || u.Hostname() == "" || u.Port() == "" || u.Host != zmqURL[len("tcp://"):] {
		return nil, errors.New("bell: the address is not such as tcp://127.0.0.1:28332, give the node's zmqpubhashblock")
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

// subscribed rings for one connection, as long as it lasts, and reports whether any message came.
func subscribed(ctx context.Context, address string, ring func()) (heard bool) {
	const patience = 10 * time.Second // for a connection, and for its handshake
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
