package pool

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// bombs is the number of activation tickets that unpack to the limit and fit into a block.
const bombs = 487

// ticketAttacks are blocks full of tickets.
func ticketAttacks() []attack {
	rejected := map[EventType]int{TicketRejected: bombs}
	all := func(reason ticket.Reason) func(*testing.T, *sim, *Update) {
		return func(t *testing.T, _ *sim, u *Update) {
			for _, e := range u.Events {
				if e.Reason != reason {
					t.Fatalf("a ticket is rejected for %q, want %q", e.Reason, reason)
				}
			}
		}
	}
	known := func(_ int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant) { return "", list }
	return []attack{
		{
			name:  "487 activation tickets with a wrong signature",
			block: func() *sim { return bombard(known) },
			want:  rejected, check: all(ticket.ReasonBadSignature),
		},
		{
			name: "487 activation tickets that list somebody unknown",
			block: func() *sim {
				return bombard(func(i int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant) {
					stranger := pastel.Address{Kind: pastel.AddressP2PKH, Hash: benchOwner(i)}
					list[len(list)-1] = ticket.Participant{PastelID: benchID(1<<20 + i).String(), Address: stranger.Encode(&ptr(simNetwork()).Network)}
					return "", list
				})
			},
			want: rejected, check: all(ticket.ReasonUnknownParticipant),
		},
		{
			name: "487 activation tickets that list somebody twice",
			block: func() *sim {
				return bombard(func(_ int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant) {
					list[len(list)-1] = list[0]
					return "", list
				})
			},
			want: rejected, check: all(ticket.ReasonDuplicateParticipant),
		},
		{
			name: "487 activation tickets of a pool that does not exist",
			block: func() *sim {
				return bombard(func(i int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant) {
					return simTerms(fmt.Sprintf("none%d", i), ptr(simNetwork()), 1, 1, 1, 1, 0, 0).ID, list
				})
			},
			want: rejected, check: all(ticket.ReasonUnknownPool),
		},
		{
			name: "487 activation tickets that list 20000 participants who left",
			block: func() *sim {
				m := namedPool()
				m.bombard(func(i int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant) {
					return "", append(list[:1], m.formerParticipants(i*(limitMembers-1), limitMembers-1)...)
				})
				return m
			},
			want: rejected, check: all(ticket.ReasonBadSignature),
		},
		{
			name: "activation of a pool that 20000 participants left",
			block: func() *sim {
				m := namedPool()
				m.activate(m.s.Pools()[0])
				return m
			},
			want: map[EventType]int{PoolActivated: 1},
			check: func(t *testing.T, m *sim, _ *Update) {
				if n := len(m.s.pools[m.s.Pools()[0]].named); n != 0 {
					t.Errorf("the pool remembers %d participants", n)
				}
			},
		},
		{
			name:  "1000 pools opened",
			block: func() *sim { return openMany(1_000) },
			want:  map[EventType]int{PoolCreated: 1_000},
		},
	}
}

func ptr[T any](x T) *T { return &x }

// operatorSeed is the seed of the key that operates the pools of activation tickets: the engine itself checks operators' signatures.
const operatorSeed = 7

// bombard fills a block with activation tickets of a subscribing pool of 500; edit changes each.
func bombard(edit func(i int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant)) *sim {
	m := newSim(panicker{}, largeNetwork())
	m.people(limitMembers, benchOwner)
	id := m.openOperated(largePeriod)
	for k := range limitMembers {
		m.pledge(id, k, largePledge, benchCoin(k), benchOwner(k))
	}
	m.mustMine()
	m.bombard(edit)
	return m
}

// openOperated opens a pool whose operator has a key.
func (m *sim) openOperated(period pastel.Height) ticket.PoolID {
	operator := knownKey(operatorSeed).ID()
	m.s.people.Insert(operator, newPerson())
	terms := simTerms("operated", &m.s.params, limitMembers*largePledge, 10_000, 500, period, 0, 0)
	terms.Operator = operator
	m.init(terms)
	m.mustMine()
	return terms.ID
}

func (m *sim) bombard(edit func(i int, list []ticket.Participant) (ticket.PoolID, []ticket.Participant)) {
	p := m.s.pools[m.s.Pools()[0]]
	var list []ticket.Participant
	for _, pl := range p.pledges {
		list = append(list, m.participant(m.s.people.Key(pl.who), m.s.backings.Key(pl.backing)))
	}
	wrong := knownKey(operatorSeed).SignBase64([]byte("something else"))
	for i := range bombs {
		id, listed := edit(i, slices.Clone(list))
		if id == "" {
			id = p.terms.ID
		}
		m.carry(carried{activate: prepareActivate(&m.s.params, &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: id, Participants: listed, OperatorSignature: wrong})})
	}
}

const (
	namedRounds = 40
	firstNamed  = 1 // person 0 has the pledge that reaches the target
)

// namedPool returns a subscribing pool whose one member reaches the target and which remembers 20,000 participants who came and went.
func namedPool() *sim {
	m := newSim(panicker{}, largeNetwork())
	m.people(firstNamed+namedRounds*(limitMembers-1), benchOwner)
	big := m.coinsFor(benchOwner(0), 1, 2*limitMembers*largePledge*pastel.PSL)
	id := m.openOperated(3 * namedRounds)
	m.pledge(id, 0, limitMembers*largePledge, big[0], benchOwner(0))
	for round := range namedRounds {
		first := firstNamed + round*(limitMembers-1)
		for k := first; k < first+limitMembers-1; k++ {
			m.pledge(id, k, largePledge, benchCoin(k), benchOwner(k))
		}
		m.mustMine()
		for k := first; k < first+limitMembers-1; k++ {
			m.tx([]pastel.OutPoint{benchCoin(k)})
		}
		m.mustMine()
	}
	return m
}

// formerParticipants returns n of the participants that namedPool remembers.
func (m *sim) formerParticipants(from, n int) []ticket.Participant {
	list := make([]ticket.Participant, n)
	for i := range list {
		k := firstNamed + (from+i)%(namedRounds*(limitMembers-1))
		list[i] = m.participant(benchID(k), benchOwner(k))
	}
	return list
}

func openMany(pools int) *sim {
	m := newSim(panicker{}, largeNetwork())
	m.people(pools, benchOwner)
	m.mustMine()
	for i := range pools {
		m.init(simTerms(fmt.Sprintf("pool%04d", i), &m.s.params, limitMembers*largePledge, 10_000, 500, largePeriod, 0, i))
	}
	return m
}
