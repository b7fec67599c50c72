// Package pastelid implements Pastel identities: Ed448 keys, their text form, signatures and encrypted key files
// (protocol section 2).
//
// It decides which public keys and signatures are valid, identically on every node. It never decides whether an identity
// is registered or trusted. Its only I/O is to read and write the key files that its callers name.
package pastelid
