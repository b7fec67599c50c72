// Package pool holds the rules of smart pools (protocol, sections 3 to 9): who is in a pool, what each earns, when a pool
// is replenished or dissolved, and which payout transactions are valid.
//
// It is a pure function of the blocks it is fed. Prepare does what needs no state and may run ahead on many blocks at
// once; State.Apply takes prepared blocks in order and gives an Update each, State.Revert takes them back. Nothing
// here does I/O, reads a clock, starts a goroutine, uses a float or lets the order of a map be seen, so two states fed
// the same blocks encode to the same bytes.
//
// Failures have three forms. A ticket that breaks a rule is data: an event with its reason. A block that breaks a rule is
// a *BlockError, and the state stays at its parent. An *InvariantError is a bug of ours.
package pool
