// Package ticket implements the three smart pool tickets (init, participation, activation): their JSON, canonical form, ids
// and signed statements, and how transactions carry them and PastelID registrations (protocol, sections 2 and 6).
//
// It decides what a ticket says and whether it is well formed and signed. Package pool decides whether the rules accept it,
// which depends on the chain.
package ticket
