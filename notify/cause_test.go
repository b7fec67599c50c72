package notify

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Causes are stored, and an alert is known by the bytes that the release which stored it wrote.
func TestKeysOfCauses(t *testing.T) {
	t.Parallel()
	const acme = "acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"
	const member = "jXXdGWbx5rqZW1JMMPeXxrDqb58fbNL4qBZwdWyTAnYDwBcU8n3LJEZSyx1ghYUxodRogj3JMGbQNGz6NvF9aA"
	const hex = "254b9ec76ccf0419b1d4c75aded233dad81b7798393876d95ef82c1a5fa076a8"
	id, err := pastel.ParseTxID(hex)
	if err != nil {
		t.Fatal(err)
	}
	pledge := pledgeSubject{member, 16}
	for _, c := range []struct {
		cause cause
		want  string
	}{
		{cause{CushionLow, acme, nil}, "cushion.low acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"},
		{cause{Replenishing, acme, occasion(2)}, "pool.replenishing acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82 2"},
		{cause{Amended, acme, transaction(id)}, "pledge.amended " + acme + " " + hex},
		{cause{Promoted, acme, pledgeOccasion{pledge, 3}}, "pledge.promoted " + acme + " " + member + " 16 3"},
		{cause{Left, acme, pledge}, "pledge.left " + acme + " " + member + " 16"},
		{cause{Spending, acme, spendSubject{0, id, pool.PledgeLeft}}, "pledge.spending " + acme + " 0 " + hex + " pledge.left"},
		{cause{PayoutOverdue, acme, transaction(id)}, "payout.overdue " + acme + " " + hex},
		{cause{SupernodeGone, acme, transaction(id)}, "supernode.gone " + acme + " " + hex},
		{cause{DaemonBehind, "", nil}, "daemon.behind"},
		{cause{followUp, "", messageSubject("BN3A7BTQMZ5I5O3KQPWNM2VX5E")}, "about BN3A7BTQMZ5I5O3KQPWNM2VX5E"},
	} {
		if got := c.cause.key(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
