// Package pgtest gives tests a real PostgreSQL server. It runs Debian's binaries on a temporary cluster that ends with the test process,
// however that ends. Linux only.
package pgtest
