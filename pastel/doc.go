// Package pastel knows the formats of the Pastel network: amounts, hashes, addresses, scripts, transactions, blocks and
// signed messages, and the parameters of its networks (protocol, sections 1 and 2).
//
// Everything here is exact and total: a parser takes any bytes and gives a value that encodes back to them, or one
// error that says what is wrong and where. Nothing does I/O, and nothing keeps state.
package pastel
