package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// named are the questions for the pool's names, which need no node.
func (c *Creation) named() []*termQuestion {
	return []*termQuestion{
		{question{flag: "--label", text: "Name of the pool (3 to 32 of a-z, 0-9 and -)", clean: as(pasted.Text), check: CheckLabel}, &c.Pool.Label},
		{question{flag: "--company", text: "Your name, as members will see it", clean: as(strings.TrimSpace), check: CheckCompany}, &c.Pool.Company},
	}
}

// termQuestion is a question for one of the pool's terms.
type termQuestion struct {
	question
	term *string
}

// numbers are the questions for the pool's numbers. Their bounds are the network's.
func (c *Creation) numbers(net *pool.Params, required, period *string) []*termQuestion {
	fee := within(ticket.FeeDecimals, net.MinFee, net.MaxFee)
	factor := within(ticket.FactorDecimals, net.MinFactor, net.MaxFactor)
	usual := strconv.Itoa(int(max(net.MinSubscription, 4032))) // a week
	if net.Name == "regtest" {                                 // blocks are mined on demand
		usual = strconv.Itoa(int(net.MinSubscription))
	}
	from := func(decimals int, least, most int64) string {
		return fmt.Sprintf("%s to %s", ticket.NewDecimal(least, decimals), ticket.NewDecimal(most, decimals))
	}
	return []*termQuestion{
		{question{
			flag: "--fee", text: fmt.Sprintf("Your fee, %% of the rewards (%s)", from(ticket.FeeDecimals, net.MinFee, net.MaxFee)), usual: "5", clean: pasted.Decimal, check: fee,
		}, &c.Pool.Fee},
		{question{
			flag: "--factor", text: fmt.Sprintf("Overcollateralization factor (%s)", from(ticket.FactorDecimals, net.MinFactor, net.MaxFactor)), usual: "1.2", clean: pasted.Decimal, check: factor,
		}, &c.Pool.Factor},
		{question{
			flag: "--required", text: "Collateral of the Supernode, PSL", usual: strconv.FormatInt(int64(net.Collateral/pastel.PSL), 10), clean: integer, check: c.requiredOK(net),
		}, required},
		{question{
			flag: "--period", text: fmt.Sprintf("Blocks to pledge in (%d to %d; 576 a day)", net.MinSubscription, net.MaxSubscription), usual: usual, clean: integer, check: periodOK(net),
		}, period},
	}
}

// checkFlags checks what flags gave, before the operator is asked for the rest.
func (c *Creation) checkFlags(list []*termQuestion) error {
	for _, q := range list {
		if *q.term == "" {
			continue
		}
		if err := q.check(*q.term); err != nil {
			return terminal.Usagef("%s %s: %w", q.flag, visible.Name(*q.term), err)
		}
	}
	return nil
}

// interview asks for what no flag gave, and returns who signs. Each answer is one that the next block accepts, as far as anybody knows.
func (c *Creation) interview(ctx context.Context, r *Daemon, v *interview, wallet *pasteld.Client) (operator, supernode *Identity, err error) {
	required, period := written(c.Pool.Required), written(c.Pool.Period)
	numbers := c.numbers(&r.Params, &required, &period)
	if err := c.checkFlags(numbers); err != nil {
		return nil, nil, err
	}
	if c.Pool.FeeAddress != "" {
		if err := r.payable(ctx, c.Pool.FeeAddress); err != nil {
			return nil, nil, flagged("--fee-address", err)
		}
	}
	signers, err := c.signers(ctx, r, v, wallet)
	if err != nil {
		return nil, nil, err
	}
	if err := v.fill(ctx, c.named()); err != nil {
		return nil, nil, err
	}
	for _, s := range signers {
		if err := s.open(ctx); err != nil {
			return nil, nil, err
		}
	}
	if err := v.fill(ctx, numbers); err != nil {
		return nil, nil, err
	}
	if c.Pool.Required, err = strconv.ParseInt(required, 10, 64); err != nil {
		return nil, nil, err
	}
	if c.Pool.Period, err = strconv.ParseInt(period, 10, 64); err != nil {
		return nil, nil, err
	}
	return signers[0].me, signers[1].me, c.feeAddress(ctx, r, v)
}

// fill asks for the terms that flags left open.
func (v *interview) fill(ctx context.Context, list []*termQuestion) (err error) {
	for _, q := range list {
		if *q.term, err = v.put(ctx, &q.question, *q.term); err != nil {
			return err
		}
	}
	return nil
}

// signers are the questions for the PastelIDs of operator and Supernode. Those that flags name are opened before anything is asked.
func (c *Creation) signers(ctx context.Context, r *Daemon, v *interview, wallet *pasteld.Client) ([]*signer, error) {
	live, err := Advised(r.AllPools(ctx, wire.PoolQuery{Status: []string{"subscribing", "active", "replenishing"}}))
	if err != nil {
		return nil, err
	}
	list := []*signer{
		{
			flag: "--operator", text: "Operator's PastelID", given: c.Pool.Operator, file: "operator.key",
			key: &KeySource{PassphraseFile: c.PassphraseFile, File: c.Pool.OperatorKey}, suits: func(string) error { return nil },
		},
		{
			flag: "--supernode", text: "Supernode's PastelID", given: c.Pool.Supernode,
			key: &KeySource{PassphraseFile: cmp.Or(c.Pool.SupernodePassphraseFile, c.PassphraseFile), File: c.Pool.SupernodeKey}, suits: unused(live.Items),
		},
	}
	for _, s := range list {
		s.v, s.r, s.wallet = v, r, wallet
		if !s.named() {
			continue
		}
		if err := s.open(ctx); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// feeAddress asks where the fee goes. Without an answer, a new address of the wallet is made when the pool opens.
func (c *Creation) feeAddress(ctx context.Context, r *Daemon, v *interview) (err error) {
	const fresh = "new"
	if c.Pool.FeeAddress != "" || !v.begun { // flags gave everything else
		return nil
	}
	c.Pool.FeeAddress, err = v.put(ctx, &question{
		flag: "--fee-address", text: "Address for your fee (new: one of the wallet)", usual: fresh, anew: true, clean: as(pasted.ID),
		check: func(s string) error {
			if s == fresh {
				return nil
			}
			return r.payable(ctx, s)
		},
	}, "")
	if c.Pool.FeeAddress == fresh {
		c.Pool.FeeAddress = ""
	}
	return err
}

// payable says why nobody may be paid at an address.
func (r *Daemon) payable(ctx context.Context, address string) error {
	if _, err := pastel.ParseAddress(&r.Net, address); err != nil {
		return fmt.Errorf("want an address of network %s: %w", r.Net.Name, foreign(address, err))
	}
	a, err := r.AccountOf(ctx, address)
	switch {
	case err != nil:
		return &endError{err}
	case a.EscrowOf != "":
		return fmt.Errorf("it is the escrow of pool %s, which would share the coins out: give an address of your own", pastel.Short(a.EscrowOf))
	}
	return nil
}

// written returns a number that a flag gave; "" if none did.
func written(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// as cleans what people paste, and never refuses it.
func as(clean func(string) string) func(string) (string, error) {
	return func(s string) (string, error) { return clean(s), nil }
}

// integer cleans a whole number.
func integer(s string) (string, error) {
	n, err := pasted.Integer(s)
	return strconv.FormatInt(n, 10), err
}

// CheckLabel says what is wrong with a label for a new pool. The rules take others, which people and programs take for flags or numbers.
func CheckLabel(s string) error {
	const zeros = "0000000000000000000000000000000000000000"
	switch _, err := ticket.ParsePoolID(s + "." + zeros); {
	case err != nil:
		return errors.New("want 3 to 32 of a-z, 0-9 and -")
	case strings.HasPrefix(s, "-"), strings.HasSuffix(s, "-"), strings.Contains(s, "--"):
		return errors.New("want letters or digits at both ends, and single hyphens between them: commands take a leading hyphen for a flag")
	case strings.Trim(s, "0123456789-") == "":
		return errors.New("want at least one letter: programs take digits alone for a number")
	}
	return nil
}

// CheckCompany says what is wrong with an operator's name for a new pool. The rules take others, which members see with escapes.
func CheckCompany(s string) error {
	switch shown := visible.Unquoted(s); {
	case !ticket.CompanyOK(s):
		return fmt.Errorf("the name has %d bytes, want 1 to 128", len(s))
	case shown != s && visible.Text(s) == s && !strings.HasSuffix(shown, "…"):
		return fmt.Errorf("leave out the quotation marks: members would see %s", visible.Name(s))
	case shown != s:
		return fmt.Errorf("members would see %s: want at most %d columns, one alphabet, single spaces, and nothing that cannot be seen", visible.Name(s), visible.MostColumns)
	}
	return nil
}

// within checks for a decimal from least to most, both in units of its last decimal.
func within(decimals int, least, most int64) func(string) error {
	return func(s string) error {
		x, err := ticket.ParseDecimal(s)
		if err != nil {
			return err
		}
		if n, ok := x.Units(decimals); !ok || n < least || n > most {
			return fmt.Errorf("want %s to %s, with at most %d decimals", ticket.NewDecimal(least, decimals), ticket.NewDecimal(most, decimals), decimals)
		}
		return nil
	}
}

// requiredOK checks the collateral: no less than the network demands, and no more than there can be with the factor.
func (c *Creation) requiredOK(net *pool.Params) func(string) error {
	least := int64(net.Collateral / pastel.PSL)
	return func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < least {
			return fmt.Errorf("want at least %d PSL, what a Supernode needs", least)
		}
		factor := net.MinFactor
		if x, err := ticket.ParseDecimal(c.Pool.Factor); err == nil {
			if units, ok := x.Units(ticket.FactorDecimals); ok {
				factor = units
			}
		}
		if _, ok := ticket.Target(n, factor); !ok {
			return fmt.Errorf("with the factor, that is more than there will ever be: want about %d PSL", least)
		}
		return nil
	}
}

func periodOK(net *pool.Params) func(string) error {
	return func(s string) error {
		if n, err := strconv.ParseInt(s, 10, 64); err != nil || n < int64(net.MinSubscription) || n > int64(net.MaxSubscription) {
			return fmt.Errorf("want %d to %d blocks", net.MinSubscription, net.MaxSubscription)
		}
		return nil
	}
}
