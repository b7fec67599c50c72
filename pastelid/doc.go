// Package pastelid holds Pastel identities: Ed448 keys, their text form, signatures and encrypted key files
// (protocol section 2).
//
// It decides which public keys and signatures are valid, alike on every node. It never decides whether an identity
// is registered or trusted, and the only input and output it does is reading and writing the key files it is
// pointed at.
package pastelid
