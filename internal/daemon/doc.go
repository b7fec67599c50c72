// Package daemon is smartpoold without its command line. It connects node, follower, store and endpoints, and shuts them down in order. It
// contains no rules.
package daemon
