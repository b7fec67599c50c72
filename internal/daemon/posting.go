package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/poster"
	"github.com/pastelnetwork/smartpool/store"
)

// Bounds of --post-budget, PSL. The least pays for a ticket; the database holds a row for each ticket that the most pays for.
const (
	leastBudget = 11
	mostBudget  = 10_000
)

// checkPosting checks what the daemon posts, and from which wallet.
func (c *Config) checkPosting() error {
	wallet := c.PostWallet != "" || c.PostWalletUser != "" || c.PostWalletPassword != "" || c.PostWalletCookie != ""
	switch {
	case !c.PostTickets && (wallet || c.PostFor != "" || c.RegisterList != ""):
		return errors.New("post-tickets: it is off, but post-for, post-wallet or register-list is set; add --post-tickets, or remove them")
	case !c.PostTickets:
		return nil
	case c.ReadOnly:
		return errors.New("post-tickets: a read-only daemon posts nothing; set it for the daemon that writes the database, " +
			"and have the proxy send POST requests there")
	case c.shadow():
		return errors.New("post-tickets: omit it in a shadow run, because no miner enforces the rules, and tickets would cost their fee for nothing")
	case c.API == "":
		return errors.New("post-tickets: tickets come through the API; set --api to an address")
	case c.PostBudget < leastBudget || c.PostBudget > mostBudget:
		return fmt.Errorf("post-budget: %d PSL is out of range; use %d to %d PSL", c.PostBudget, leastBudget, mostBudget)
	case c.NodeAPI != "" && c.PostWallet == "":
		return errors.New("post-wallet: the daemon follows no node whose wallet could pay; set --post-wallet to the URL of the node's RPC")
	case wallet && c.PostWallet == "":
		return errors.New("post-wallet: its user, password or cookie is set, but no URL; set --post-wallet, or remove them")
	case (c.PostWalletUser == "") != (c.PostWalletPassword == ""):
		return errors.New("post-wallet-user, post-wallet-password: only one is set; set both, or use --post-wallet-cookie instead")
	case strings.Contains(c.PostWalletUser, ":"):
		return fmt.Errorf("post-wallet-user: %q contains a colon, which HTTP cannot send; change rpcuser", c.PostWalletUser)
	}
	operators, err := c.postFor()
	if err != nil {
		return err
	}
	c.PostFor = strings.Join(operators, ",")
	if c.PostWallet == "" {
		return nil
	}
	network, err := c.network()
	if err == nil {
		_, err = pasteld.New(c.walletConfig(network.Network))
	}
	if err != nil {
		return fmt.Errorf("post-wallet: %w", err)
	}
	return nil
}

// postFor returns the operators of --post-for.
func (c *Config) postFor() (list []string, err error) {
	for _, text := range listed(c.PostFor) {
		if _, err := pastelid.Parse(text); err != nil {
			return nil, fmt.Errorf("post-for: %.100q is %w; copy all of an operator's PastelID, from jX on", text, err)
		}
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list, nil
}

// walletConfig says how to reach the wallet that pays for tickets.
func (c *Config) walletConfig(network pastel.Network) pasteld.Config {
	if c.PostWallet == "" {
		return c.nodeConfig(network)
	}
	return pasteld.Config{URL: c.PostWallet, User: c.PostWalletUser, Password: c.PostWalletPassword, CookieFile: c.PostWalletCookie, Network: network}
}

// meetWallet connects to the wallet that pays for tickets. It refuses a wrong node, and a list of PastelIDs that it cannot read. A node that does
// not answer now, an empty wallet and a locked one are only warned of, because they may be mended while the daemon runs.
func (d *Daemon) meetWallet(ctx context.Context) error {
	if !d.cfg.PostTickets {
		return nil
	}
	if d.cfg.RegisterList != "" {
		if _, err := poster.ReadList(d.cfg.RegisterList); err != nil {
			return fmt.Errorf("register-list: %w", err)
		}
	}
	cfg := d.cfg.walletConfig(d.net.Network)
	client, err := pasteld.New(cfg)
	if err != nil {
		return fmt.Errorf("post-wallet: %w", err)
	}
	d.wallet = client
	if _, err := pasteld.Dial(ctx, cfg); err != nil {
		if !pasteld.Temporary(err) {
			return fmt.Errorf("post-wallet: %w", err)
		}
		d.log.Warn("the wallet that pays for tickets does not answer; until it does, no ticket is posted", "err", err)
		return nil
	}
	if balance, err := client.Balance(ctx); err != nil {
		d.log.Warn("the wallet that pays for tickets does not tell its balance", "err", err)
	} else if balance < d.net.ContractFee {
		d.log.Warn("the wallet that pays for tickets has too few coins for one; send it some", "balance", balance.String())
	}
	if keys, err := client.Encryption(ctx); err == nil && keys.Locked(d.now()) {
		d.log.Warn("the wallet that pays for tickets is locked; unlock it with walletpassphrase")
	}
	return nil
}

// Poster returns the service that posts tickets; nil while none runs. It ends with the database it uses, so call Poster each time.
func (d *Daemon) Poster() *poster.Service {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.poster
}

func (d *Daemon) setPoster(s *poster.Service) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.poster = s
}

// post has tickets posted until stop is called, while the store and the ledger stay open. It uses database connections of its own.
func (d *Daemon) post(ctx context.Context, s *store.Store, ledger *chain.Ledger) (stop func()) {
	if !d.cfg.PostTickets {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause := firstPause; ; pause = min(2*pause, longPause) {
			err := d.runPoster(ctx, s, ledger)
			if ctx.Err() != nil {
				return
			}
			d.log.Warn("cannot open the database for posted tickets; retrying", "err", err, "in", pause)
			if !sleep(ctx, pause) {
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// runPoster runs the service until the context ends. It returns an error if the database cannot be opened.
func (d *Daemon) runPoster(ctx context.Context, s *store.Store, ledger *chain.Ledger) (err error) {
	postings, err := s.OpenPostings(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, postings.Close()) }()
	reader, err := store.OpenReader(ctx, d.cfg.database(), d.net, d.cfg.shadow())
	if err != nil {
		return err
	}
	defer d.closeReader(reader)
	operators, _ := d.cfg.postFor() // New has checked it
	service, err := poster.New(ctx, poster.Config{
		Books: books.New(reader), Simulator: ledger, Postings: postings, Wallet: d.wallet, Stale: d.ready.public, Operators: operators,
		Budget: pastel.Amount(d.cfg.PostBudget) * pastel.PSL, List: d.cfg.RegisterList, Now: d.now, Counts: d.posts, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.setPoster(service)
	defer d.setPoster(nil)
	var watch sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	defer watch.Wait()
	defer stop()
	watch.Go(func() { d.watchWallet(watching) })
	service.Run(ctx, ledger.Moved)
	return nil
}

// walletEvery is how often the wallet is asked what it has.
const walletEvery = time.Minute

// watchWallet keeps what the wallet can spend for the metrics until the context ends.
func (d *Daemon) watchWallet(ctx context.Context) {
	defer d.funds.Store(nil)
	for {
		balance, err := d.wallet.Balance(ctx)
		if err == nil {
			d.funds.Store(&balance)
		} else {
			d.funds.Store(nil)
		}
		if !sleep(ctx, walletEvery) {
			return
		}
	}
}
