// Package wire defines the types of the daemon's API, both answers and queries. Amounts are patoshi, coins are whole PSL, times are UTC.
// The types bring no dependencies: a program that only reads the API needs nothing but this package and client.
package wire
