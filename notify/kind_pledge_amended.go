package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Amended says that a pledge has new terms. A thief of keys would set a new reward address.
const Amended = Kind(pool.PledgeAmended)

var amended = row{kind: Amended, urgent: true, event: &eventRule{
	concerns: itself, undone: "the pledge was not amended",
	subject: func(o *occurrence) (subject, error) {
		_, after, err := o.x.Amendment(o.Event)
		return transaction(after.Ticket), err
	},
	advice: func(o *occurrence) (advice, error) {
		before, after, err := o.x.Amendment(o.Event)
		return amendedAdvice(&o.what, &before, &after), err
	},
}}

func amendedAdvice(e *pool.Event, before, after *store.Terms) advice {
	means := "All of it counts."
	switch { // what counts may rise at the end of the block, after this event
	case e.Role == pool.Plain:
		means = "It earns nothing before the pool is activated."
	case e.Role == pool.Standby:
		means = "It is on standby and earns nothing until then."
	case e.Coins < e.Offered:
		means = "The rest counts and earns as soon as the pool has room for it."
	}
	if after.Reward != before.Reward {
		means += fmt.Sprintf(" Its rewards go to %s from now on, no longer to %s.", after.Reward, before.Reward)
	}
	return advice{fmt.Sprintf("%s The ticket is %s.", means, after.Ticket), replaceKeys}
}
