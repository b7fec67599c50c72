package journey

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// question is asked unless a flag answers it.
type question struct {
	flag, text, usual string
	answer            *string
	clean             func(string) string
	check             func(string) error // returns what is wrong with an answer
}

// interview asks on a terminal for what no flag gave, until each answer has the right form.
func (c *Creation) interview(p Person, r *Daemon) error {
	if c.Pool.Required == 0 {
		c.Pool.Required = int64(r.Params.Collateral / pastel.PSL)
	}
	usual := strconv.Itoa(int(max(r.Params.MinSubscription, 4032))) // a week
	if r.Net.Name == "regtest" {                                    // blocks are mined on demand
		usual = strconv.Itoa(int(r.Params.MinSubscription))
	}
	period := ""
	if c.Pool.Period != 0 {
		period = strconv.FormatInt(c.Pool.Period, 10)
	}
	for _, q := range []question{
		{"--label", "Name of the pool (3 to 32 of a-z, 0-9 and -)", "", &c.Pool.Label, pasted.Text, CheckLabel},
		{"--company", "Your name, as members will see it", "", &c.Pool.Company, strings.TrimSpace, CheckCompany},
		{"--fee", "Your fee, percent of the rewards (3 to 15)", "5", &c.Pool.Fee, decimal, within(ticket.FeeDecimals, r.Params.MinFee, r.Params.MaxFee)},
		{"--factor", "Overcollateralization factor (1 to 3)", "1.2", &c.Pool.Factor, decimal, within(ticket.FactorDecimals, r.Params.MinFactor, r.Params.MaxFactor)},
		{"--operator", "Operator's PastelID", "", &c.Pool.Operator, pasted.ID, pastelIDOK},
		{"--supernode", "Supernode's PastelID", "", &c.Pool.Supernode, pasted.ID, pastelIDOK},
		{"--period", "Blocks during which the pool accepts pledges (576 a day)", usual, &period, integer, periodOK(&r.Params)},
	} {
		if err := q.put(p); err != nil {
			return err
		}
	}
	n, err := strconv.ParseInt(period, 10, 64)
	if err != nil {
		return terminal.Usagef("--period %q: want a number of blocks", period)
	}
	c.Pool.Period = n
	return nil
}

// decimal and integer clean numbers, and leave those that they do not understand to the check.
func decimal(s string) string {
	if clean, err := pasted.Decimal(s); err == nil {
		return clean
	}
	return s
}

func integer(s string) string {
	if n, err := pasted.Integer(s); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return s
}

// put asks the question unless a flag answered it.
func (q *question) put(p Person) (err error) {
	switch {
	case *q.answer != "":
		return nil
	case !p.Interactive() && q.usual == "":
		return terminal.Usagef("%s is missing, and there is no terminal to ask; add the flag", q.flag)
	case !p.Interactive():
		*q.answer = q.usual
		return nil
	}
	for {
		if *q.answer, err = p.Ask(q.text, q.usual); err != nil {
			return err
		}
		*q.answer = q.clean(*q.answer)
		wrong := q.check(*q.answer)
		if wrong == nil {
			return nil
		}
		p.Warn("  %v", wrong)
	}
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

func pastelIDOK(s string) error {
	_, err := pastelid.Parse(s)
	return err
}

func periodOK(net *pool.Params) func(string) error {
	return func(s string) error {
		if n, err := strconv.ParseInt(s, 10, 64); err != nil || n < int64(net.MinSubscription) || n > int64(net.MaxSubscription) {
			return fmt.Errorf("want %d to %d blocks", net.MinSubscription, net.MaxSubscription)
		}
		return nil
	}
}
