// Package pool implements the rules of smart pools (protocol, sections 3 to 9): who is in a pool, what each member earns, when
// a pool is replenished or dissolved, and which payout transactions are valid.
//
// It is a pure function of the blocks. Prepare does what needs no state and can run ahead on many blocks at once. State.Apply
// applies prepared blocks in order and returns an Update for each; State.Revert takes them back. Nothing here does I/O, reads a
// clock, starts a goroutine, uses a float or depends on the order of a map, so two states that applied the same blocks encode to
// the same bytes.
//
// Failures have three forms. A ticket that breaks a rule is data: an event with its reason. A block that breaks a rule is
// a *BlockError, and the state stays at the block's parent. An *InvariantError is a bug of ours.
package pool
