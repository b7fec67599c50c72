// Package nodeapi lets a node in another process ask the smart pool rules: chain.Rules as JSON-RPC over HTTP on loopback, with a cookie
// (docs/pasteld.md). Server answers for a ledger, Client asks on behalf of a node.
//
// A refusal is an answer like any other. Anything else that goes wrong means that there is no answer, and a node without an answer accepts
// nothing.
package nodeapi
