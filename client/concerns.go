package client

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Concern says in a few words what a concern is, and then what it means for a pool, «it», and what may be done. What follows after its Until is in
// the second text. The words are this program's own: a daemon that lies can only choose among them.
func Concern(c *wire.Concern) (what, means string) {
	coins := pastel.Thousands(c.Coins) + " PSL"
	switch c.Kind {
	case "broken":
		return "Broken.", "An unauthorized spend took coins from its escrow. It has shared out and paid nothing since."
	case "short":
		return "Short of collateral.", fmt.Sprintf("It lacks %s, so its Supernode is paused and earns nothing. If they are not pledged in time, the pool is dissolved and pays out what it owes.", coins)
	case "gone":
		return "No Supernode is running.", "It earns nothing until its operator starts one."
	case "elsewhere":
		return "Paid elsewhere.", "Its Supernode's rewards go to an address other than its escrow, so its members earn nothing. Its operator must launch it again."
	case "unpaid":
		means = "Its Supernode has not been paid for longer than usual; its operator can find out why."
		if c.Until != nil {
			means += " If it is not paid in time, leaving costs no reputation."
		}
		return "Not paid lately.", means
	case "overdue":
		return "A payout is overdue.", "Miners could have taken a payout, but none with an upgraded node has. If none does in time, its amounts are settled again; nothing is lost."
	case "gathering":
		return "Not started yet.", "It gathers pledges, and earns nothing before its operator activates it. If that does not happen in time, its pledges are released."
	case "low":
		return "The cushion is low.", fmt.Sprintf("Its Supernode stops if more than %s leave.", coins)
	case "waiting":
		return "Coins wait in line.", fmt.Sprintf("%s pledged to it wait in line: they earn nothing until coins of others leave, and can be spent at no cost.", coins)
	}
	return "Something is wrong.", "This program is older than the daemon and does not know what; the pool's page says it."
}
