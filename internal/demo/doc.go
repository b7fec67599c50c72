// Package demo plays a pool's whole life on a development node and a daemon, through the same calls that people use: pasteld's RPC. It
// narrates what happens, and at the end checks from raw blocks that every patoshi went where it should.
package demo
