package largepool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Opening is a pool to open.
type Opening struct {
	Label, Company string
	Operator       string        // PastelID; Named sets it
	ID             ticket.PoolID // Named sets it
}

// Named returns a chain on which operators of their own open pools, labels and company names being what the rules allow.
func Named(pools []Opening) (net pool.Params, blocks []*pool.Prepared, err error) {
	plan, err := small()
	if err != nil {
		return net, nil, err
	}
	m, err := newMaker(plan, func(_ *pastel.Block, b *pool.Prepared) error {
		blocks = append(blocks, b)
		return nil
	})
	if err != nil {
		return net, nil, err
	}
	if err := m.mine(); err != nil {
		return net, nil, err
	}
	keys := make([]*pastelid.PrivateKey, 2*len(pools))
	err = m.each(len(keys), func(k, _ int) (_ []pastel.TxOut, err error) {
		if keys[k], err = identity(k); err != nil {
			return nil, err
		}
		return m.registration(keys[k])
	})
	if err != nil {
		return net, nil, err
	}
	if err := m.mine(); err != nil {
		return net, nil, err
	}
	for k := range pools {
		p := &pools[k]
		operator, supernode := keys[2*k], keys[2*k+1]
		p.Operator = operator.ID().String()
		if p.ID, err = m.init(operator, supernode, p.Label, p.Company); err != nil {
			return net, nil, err
		}
	}
	err = m.mine()
	return plan.Params, blocks, err
}
