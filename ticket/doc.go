// Package ticket knows the three smart pool tickets (init, participation, activation): their JSON, canonical form, ids,
// signed statements, and how they and PastelID registrations ride in transactions (protocol, sections 2 and 6).
//
// It decides what a ticket says and whether that is well formed and signed. Whether the rules accept it depends on the
// chain and is package pool's affair.
package ticket
