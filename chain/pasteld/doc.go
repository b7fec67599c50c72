// Package pasteld is a client of a Pastel node, pasteld or one that speaks alike: a chain.Source, wallet, identity and
// Supernode calls over its JSON-RPC, and its ZMQ notifications as a bell.
//
// Nothing the node says is trusted further than its form: every answer is bounded, of the types it must have and complete,
// amounts are exact, and what comes back for a hash is what the caller checks. Every call is one request; nothing is
// repeated except once after the node has made a new cookie. Errors say what is wrong and what to do, wrap *RPCError where
// the node refused, and never hold a password, passphrase or key that was sent.
package pasteld
