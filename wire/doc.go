// Package wire defines the types of the daemon's API, both answers and queries. Amounts are patoshi, coins are whole PSL, times are UTC.
// The types bring no dependencies: a program that only reads the API needs nothing but this package and client.
package wire

// Version is the version of the API that these types belong to. Within a version, the API only grows (docs/stability.md).
const Version = "1"

// Prefix starts the path of every operation.
const Prefix = "/api/v" + Version
