// Package wire holds the types of the daemon's API: what it answers and what it is asked. Amounts are patoshi, coins whole PSL,
// times UTC. Nothing stands behind them: a program that only reads the API needs no more than this package and client.
package wire
