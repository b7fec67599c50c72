// Package daemon is smartpoold without its command line: it wires the node, the follower, the store and the endpoints together, and
// takes them down in order. It holds no rules.
package daemon
