package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// taxFlags choose a file for a tax return.
type taxFlags struct {
	Format        string `enum:"table,csv,koinly" default:"table" help:"A table, or a file for a tax return: csv has a row for each thing that was earned, koinly is Koinly's simple form."`
	Basis         string `type:"text" placeholder:"paid|settled" help:"With --format csv or koinly: when something counts as earned, once its payout is mined (paid) or once it is settled; by default, paid. Use one of them every year."`
	Prices        string `placeholder:"FILE" help:"With --format csv or koinly: what 1 PSL was worth each day, lines such as 2026-01-31,0.0004,EUR."`
	PriceCurrency string `type:"text" placeholder:"CODE" help:"With --prices: the currency of lines that name none, such as EUR."`
	Currency      string `type:"text" placeholder:"SYMBOL" help:"With --format csv or koinly: what the file calls the coin; by default, PSL."`
	Label         string `type:"text" placeholder:"LABEL" help:"With --format csv or koinly: the label of each row; by default, reward. Koinly also knows mining and income."`
}

// taxes returns how the file is written; nil if none is asked for.
func (f *taxFlags) taxes(e *terminal.Terminal) (*history.Taxes, error) {
	if f.Format == "table" {
		for _, flag := range []struct{ name, value string }{
			{"basis", f.Basis}, {"prices", f.Prices}, {"price-currency", f.PriceCurrency}, {"currency", f.Currency}, {"label", f.Label},
		} {
			if flag.value != "" {
				return nil, terminal.Usagef("--%s needs --format csv or --format koinly", flag.name)
			}
		}
		return nil, nil
	}
	if f.Basis != "" && f.Basis != history.Paid && f.Basis != history.Settled {
		return nil, terminal.Usagef("--basis %q: want paid or settled", f.Basis)
	}
	x := &history.Taxes{Basis: cmp.Or(f.Basis, history.Paid), Symbol: cmp.Or(f.Currency, "PSL"), Label: cmp.Or(f.Label, "reward")}
	if err := x.Check(); err != nil {
		return nil, terminal.UsageError{Err: err}
	}
	if f.Prices == "" {
		if f.PriceCurrency != "" {
			return nil, terminal.Usagef("--price-currency needs --prices")
		}
		return x, nil
	}
	text, err := e.Input(f.Prices, history.MostPrices)
	if err == nil {
		x.Prices, err = history.ParsePrices(text, f.PriceCurrency)
	}
	if err != nil {
		return nil, fmt.Errorf("--prices %s: %w", terminal.Argument(f.Prices), err)
	}
	return x, nil
}

// write prints the file, and tells how far it reaches.
func (f *taxFlags) write(e *terminal.Terminal, taxes *history.Taxes, x *journey.Earned) error {
	form := taxes.WriteCSV
	if f.Format == "koinly" {
		form = taxes.WriteKoinly
	}
	if err := form(e.Whole(), x.Entries); err != nil {
		return err
	}
	e.Note("As of block %d, %s UTC.", x.Tip.Height, terminal.Date(x.Tip.Time))
	if x.Fresh {
		e.Warn("Caution: a reorganization may still replace the newest of these entries. Print the file again before you use it.")
	}
	return nil
}

// warnOfShared names accounts whose addresses others are paid at, too: the chain does not say whose a payment is.
func warnOfShared(e *terminal.Terminal, list []wire.Account) {
	named := map[string]bool{}
	for i := range list {
		named[list[i].PastelID] = true
	}
	for i := range list {
		if slices.ContainsFunc(list[i].SharedWith, func(id string) bool { return !named[id] }) {
			e.Warn("Caution: others are paid at addresses of %s, too, and the file has all that these addresses are paid. smartpool my names them.",
				pastel.Short(journey.AccountName(&list[i])))
		}
	}
}
