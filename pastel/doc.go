// Package pastel implements Pastel's formats (amounts, hashes, addresses, scripts, transactions, blocks and signed messages)
// and holds the constants of its networks (protocol, sections 1 and 2).
//
// Every parser accepts any bytes and returns either a value that encodes back to them or one error that says what is wrong
// and where. Nothing does I/O or keeps state.
package pastel
