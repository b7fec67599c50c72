package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Amended says that a pledge has new terms. A thief of keys would set a new reward address.
const Amended = Kind(pool.PledgeAmended)

var amended = row{kind: Amended, event: &eventRule{
	concerns: itself, undone: "the pledge was not amended",
	subject: func(o *occurrence) (subject, error) {
		_, after, err := o.x.Amendment(o.Event)
		return transaction(after.Ticket), err
	},
	words: func(o *occurrence) (words, error) {
		before, after, err := o.x.Amendment(o.Event)
		return amendedWords(o, &before, &after), err
	},
}}

func amendedWords(o *occurrence, before, after *store.Terms) words {
	return say(
		fmt.Sprintf("The pledge of %s to pool %s was amended in %s by ticket %s: it offers %s.", o.PastelID, o.Pool, o.at, after.Ticket,
			psl(o.Offered)),
		amendedMeans(o, before, after),
		replaceKeys)
}

func amendedMeans(o *occurrence, before, after *store.Terms) (means string) {
	switch { // what counts rises at the end of the block, after this event
	case o.Role == pool.Plain.String():
		means = "It earns nothing before the pool is activated."
	case o.Role == pool.Standby.String():
		means = "It is on standby: it counts and earns once the pool is short of its target."
	case o.Coins < o.Offered:
		means = fmt.Sprintf("Before, %s of it counted; more of it counts and earns once the pool is short of its target.", psl(o.Coins))
	default:
		means = "All of it counts."
	}
	if after.Reward != before.Reward {
		means += fmt.Sprintf(" Its rewards go to %s from now on, no longer to %s.", after.Reward, before.Reward)
	}
	return means
}
