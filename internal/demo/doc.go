// Package demo plays the whole life of a pool on a development node and a daemon, through the calls that people use: pasteld's
// RPC. It tells what happens and checks at the end, from raw blocks, that every patoshi went where it should.
package demo
