// Package pasteld is a client for a Pastel node, pasteld or a compatible one. It is a chain.Node; it makes wallet, identity and Supernode
// calls over the node's JSON-RPC; and it turns the node's ZMQ notifications into a bell.
//
// The package trusts only the form of what the node says. Answers are limited in size, typed and complete, and amounts are exact; the
// caller checks that what comes back for a hash is what the hash names. Every call is one request. The package repeats a request only once,
// after the node has written a new cookie. Errors say what is wrong and what to do, wrap *RPCError if the node refused, and never contain a
// password, passphrase or key that was sent.
package pasteld
