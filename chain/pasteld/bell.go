package pasteld

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
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
	if err := CheckZMQ(zmqURL); err != nil {
		return nil, err
	}
	bell := make(chan struct{}, 1)
	ring := func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	go listen(ctx, strings.TrimPrefix(zmqURL, zmqScheme), ring)
	return bell, nil
}

const zmqScheme = "tcp://"

// CheckZMQ returns an error unless Bell takes an address.
func CheckZMQ(zmqURL string) error {
	at, found := strings.CutPrefix(zmqURL, zmqScheme)
	u, err := url.Parse(zmqURL)
	if !found || err != nil || u.Hostname() == "" || u.Host != at || !port(u.Port()) {
		return fmt.Errorf("node-zmq: %s is not an address such as tcp://127.0.0.1:28332; use the node's zmqpubhashblock", shownURL(zmqURL))
	}
	if strings.Contains(u.Host, "*") { // a node may publish on all of its addresses, but nobody can connect to all of them
		return fmt.Errorf("node-zmq: %s names no host to connect to; write the node's own, such as 127.0.0.1, instead of the *", shownURL(zmqURL))
	}
	return nil
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
