package daemon

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Config holds every setting of the daemon. Flags, environment and file set the same fields (package cmd/smartpoold).
type Config struct {
	Data     string `default:"${data}" placeholder:"FOLDER" help:"Folder for the daemon's files; created if missing."`
	Network  string `placeholder:"NAME" help:"The node's network: main, testnet, devnet or regtest. Default: main, or regtest with --dev."`
	Database string `placeholder:"FILE|URL" help:"SQLite file or PostgreSQL URL (postgres://user@host/name). Default: a file in the data folder."`

	KeepHistory int32 `name:"keep-history" default:"0" placeholder:"BLOCKS" help:"Blocks for which rejected tickets, moved and released pledges and changes of reputation stay in the history; 0 for ever. Income, claims, payouts and everything else always stay."`

	ShadowFrom int32 `default:"-1" placeholder:"HEIGHT" help:"Watch pools from this height (shadow run) on a network that does not enforce the rules yet."`

	Node         string        `default:"http://127.0.0.1:9932" placeholder:"URL" help:"URL of pasteld's RPC."`
	NodeUser     string        `placeholder:"NAME" help:"User name for pasteld's RPC (rpcuser). Alternatively, use --node-cookie."`
	NodePassword string        `placeholder:"SECRET" help:"Password for pasteld's RPC (rpcpassword). Set it in the environment or the file: other users can see flags."`
	NodeCookie   string        `placeholder:"FILE" help:"pasteld's .cookie file, in its data folder."`
	NodeZMQ      string        `name:"node-zmq" placeholder:"URL" help:"pasteld's zmqpubhashblock address, such as tcp://127.0.0.1:28332; the daemon then learns of blocks immediately."`
	Poll         time.Duration `default:"2s" help:"Interval between polls of the node for new blocks."`
	TipAge       time.Duration `name:"tip-age" default:"0s" help:"Age from which on the last block counts as old, and the daemon as not ready. 0: 90 minutes, 24 hours on regtest, never with --dev."`

	NodeAPI string `name:"node-api" placeholder:"ADDRESS" help:"Serve the node interface on this loopback address, such as 127.0.0.1:9735. An upgraded node pushes its blocks to it; the daemon then follows no other node."`

	API        string `name:"api" default:"127.0.0.1:9734" placeholder:"ADDRESS" help:"Address of the HTTP API and the dashboard; empty for none. Reading needs no token. Put a proxy with TLS in front of an address that others can reach."`
	APIOrigins string `name:"api-origins" placeholder:"ORIGINS" help:"Comma-separated origins whose pages may read the API in a browser, such as https://pools.example.org."`
	APIProxies string `name:"api-proxies" placeholder:"ADDRESSES" help:"Comma-separated addresses or networks (CIDR) of proxies in front of the API. The daemon takes clients' addresses from their X-Forwarded-For. Without this setting, all clients behind a proxy count as one address."`
	APIHosts   string `name:"api-hosts" placeholder:"NAMES" help:"Comma-separated host names by which browsers reach the API, such as pools.example.org. The daemon refuses other names; addresses and localhost always work. Without this setting, an --api address that only this machine can reach refuses all names, unless one of --api-proxies asks."`
	BasePath   string `placeholder:"PATH" help:"Path under which a proxy publishes the API and the dashboard, such as /pools. The proxy passes the path on, or removes it and says so with X-Forwarded-Prefix (see --api-proxies)."`
	APIRate    int    `name:"api-rate" default:"100" placeholder:"N" help:"Maximum requests per second from one address; 0 for no limit."`
	APIStreams int    `name:"api-streams" default:"4096" placeholder:"N" help:"Maximum number of open event streams; one address may open an eighth of them."`
	APICache   int    `name:"api-cache" default:"24" placeholder:"MB" help:"Maximum size of the answers that the API keeps until the next block, of which one may take an eighth; up to twice as much while a block arrives. 0 for the default."`
	ReadOnly   bool   `help:"Serve the API from a database that another daemon writes; needs no node."`

	PostTickets        bool   `help:"Post tickets for people without a node and pay their fee, 10 PSL each, from a wallet: signed pledges and amendments that the next block would accept."`
	PostFor            string `placeholder:"PASTELIDS" help:"Comma-separated PastelIDs of operators: post only for their pools. Default: for all pools."`
	PostBudget         int64  `default:"500" placeholder:"PSL" help:"What posting tickets may cost in any 24 hours, PSL; registrations come on top."`
	PostWallet         string `placeholder:"URL" help:"URL of the RPC of the node whose wallet pays and posts. Default: the node that is followed."`
	PostWalletUser     string `placeholder:"NAME" help:"User name for that RPC. Alternatively, use --post-wallet-cookie."`
	PostWalletPassword string `placeholder:"SECRET" help:"Password for that RPC. Set it in the environment or the file: other users can see flags."`
	PostWalletCookie   string `placeholder:"FILE" help:"That node's .cookie file."`
	RegisterList       string `placeholder:"FILE" help:"Register PastelIDs that this file lists, one a line (# begins a comment), once each, from the same wallet; that costs 1,000 PSL each on the main network. Needs --post-tickets. The file is read whenever somebody asks."`

	Hook string `placeholder:"PROGRAMS" help:"Comma-separated paths of programs to run for each alert: the message is on standard input as JSON. See docs/hooks.md."`

	MemberAlerts int    `default:"0" placeholder:"N" help:"Let members subscribe to alerts with the signature of their PastelID instead of the daemon's token: at most so many subscriptions in all, and 3 for each PastelID. The daemon sends them to public addresses only. 0 lets nobody, and ends the subscriptions that there are."`
	MemberURL    string `placeholder:"URL" help:"URL by which members reach the dashboard, such as https://pools.example.org. They sign it, so that no other daemon can use their requests; messages link to it. Needs --member-alerts."`

	Metrics       string `default:"127.0.0.1:9733" placeholder:"ADDRESS" help:"Address of /metrics, /healthz and /readyz; empty for none. Only this machine may reach it, unless --metrics-public is set."`
	MetricsPublic bool   `help:"Let other machines reach --metrics, such as a Prometheus beside the daemon's container. It has no password, and /readyz then gives reasons without host and user names."`

	MetricsPools string `name:"metrics-pools" default:"all" placeholder:"POOLS" help:"Pools of which --metrics has series of their own, unless they are closed: all, none, or a comma-separated list of their ids and their operators' PastelIDs."`

	Dev     bool          `help:"Run a built-in development node on the regtest network. Its coins have no value."`
	DevRPC  string        `name:"dev-rpc" default:"127.0.0.1:19932" placeholder:"ADDRESS" help:"Address of the development node's RPC."`
	DevMine time.Duration `name:"dev-mine" default:"0s" help:"Interval at which the development node mines a block; 0 to mine only on request."`

	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Minimum level of log messages: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" help:"Format of log messages: ${enum}."`
}

// Check normalises the settings and returns what is wrong with them. It opens nothing.
func (c *Config) Check() error {
	if err := c.trim(); err != nil {
		return err
	}
	if c.ShadowFrom < -1 {
		return fmt.Errorf("shadow-from: %d is not a height; use 0 or more, or omit it", c.ShadowFrom)
	}
	network, err := c.network()
	switch {
	case err != nil:
		return err
	case c.Data == "":
		return errors.New("data: empty; name a folder")
	case c.Poll < 10*time.Millisecond || c.Poll > time.Hour:
		return fmt.Errorf("poll: %v is out of range; use 10ms to 1h", c.Poll)
	case c.TipAge != 0 && c.TipAge < minTipAge:
		return fmt.Errorf("tip-age: %v is too short for blocks that come every 150 seconds; use %v or more, or 0 for the usual one", c.TipAge, minTipAge)
	case c.Dev && network.Name != "regtest":
		return fmt.Errorf("dev: a development node runs on the regtest network, not on %s; use --network regtest or omit --network", network.Name)
	case c.Dev && c.NodeAPI != "":
		return errors.New("node-api: a development node has built-in rules and asks no daemon; use either --dev or --node-api")
	case c.DevMine < 0 || c.DevMine > 0 && c.DevMine < 10*time.Millisecond || c.DevMine > 24*time.Hour:
		return fmt.Errorf("dev-mine: %v is out of range; use 10ms to 24h, or 0 to mine only on request", c.DevMine)
	case c.DevMine > 0 && !c.Dev:
		return errors.New("dev-mine: only a development node mines; add --dev")
	case c.Dev && c.DevRPC == "":
		return errors.New("dev-rpc: empty; use an address such as 127.0.0.1:19932")
	case c.shadow() && c.NodeAPI != "":
		return errors.New("shadow-from: omit --node-api; a node served by a shadow run would list and pay Supernodes of pools whose rules no miner enforces")
	case c.ReadOnly && (c.Dev || c.NodeAPI != ""):
		return errors.New("read-only: a read-only daemon has no node; omit --dev and --node-api")
	case c.ReadOnly && c.API == "":
		return errors.New("read-only: a read-only daemon only serves the API; set --api to an address")
	}
	if err := store.Check(c.database()); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	for _, check := range []func() error{c.checkCounts, c.checkHistory, c.checkNode, c.checkPosting, c.checkMemberAlerts, c.checkHooks, c.checkServers} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// minTipAge is the shortest age that a healthy network's last block does not reach.
const minTipAge = 30 * time.Minute

// silence is how long a node may take to answer a poll before the daemon counts as not ready.
const silence = 20 * time.Second

// limits says when the ledger counts as stale.
func (c *Config) limits() chain.Limits {
	l := chain.LimitsOf(c.networkName())
	switch {
	case c.TipAge > 0:
		l.Age = c.TipAge
	case c.Dev:
		l.Age = 0
	}
	l.Silence = c.Poll + silence
	return l
}

// most bounds settings that are counts. A larger one is a slip of the keys.
const most = 1_000_000

func (c *Config) checkCounts() error {
	for _, x := range []struct {
		name  string
		value int
	}{{"api-rate", c.APIRate}, {"api-streams", c.APIStreams}, {"api-cache", c.APICache}} {
		if x.value < 0 || x.value > most {
			return fmt.Errorf("%s: %d is out of range; use 0 to %d", x.name, x.value, most)
		}
	}
	return nil
}

// checkHistory refuses to keep less history than a reorganization can take back.
func (c *Config) checkHistory() error {
	network, err := c.network()
	least := int32(network.MaxReorg)
	switch {
	case err != nil || c.KeepHistory == 0:
		return err
	case c.KeepHistory < least:
		return fmt.Errorf("keep-history: %d is out of range; use 0 to keep everything, or %d blocks or more, as many as a reorganization can take back",
			c.KeepHistory, least)
	case c.ReadOnly:
		return errors.New("keep-history: a read-only daemon deletes nothing; set it for the daemon that writes the database")
	}
	return nil
}

// checkNode checks how to reach the node, if the daemon is to follow one.
func (c *Config) checkNode() error {
	if (c.NodeUser == "") != (c.NodePassword == "") {
		return errors.New("node-user, node-password: only one is set; set both, or use --node-cookie instead")
	}
	if c.Dev || c.ReadOnly || c.NodeAPI != "" {
		return nil
	}
	network, err := c.network()
	if err == nil {
		_, err = pasteld.New(c.nodeConfig(network.Network))
	}
	if err == nil && c.NodeZMQ != "" {
		err = pasteld.CheckZMQ(c.NodeZMQ)
	}
	return err
}

func (c *Config) nodeConfig(network pastel.Network) pasteld.Config {
	return pasteld.Config{URL: c.Node, User: c.NodeUser, Password: c.NodePassword, CookieFile: c.NodeCookie, Network: network}
}

// checkServers checks what the daemon itself serves, and for whom.
func (c *Config) checkServers() error {
	for _, s := range c.servers() {
		at, err := address(s.name, *s.address)
		if err != nil {
			return err
		}
		if *s.address = at; s.local {
			if err := loopback(s.name, at); err != nil {
				return err
			}
		}
	}
	origins, err := c.origins()
	if err != nil {
		return err
	}
	c.APIOrigins = strings.Join(origins, ",")
	hosts, err := c.hosts()
	if err != nil {
		return err
	}
	c.APIHosts = strings.Join(hosts, ",")
	if _, err := c.metricsPools(); err != nil {
		return err
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if c.BasePath, err = basePath(c.BasePath); err != nil {
		return err
	}
	return c.distinct()
}

// network returns the rules' parameters, including the start of a shadow run.
func (c *Config) network() (pool.Params, error) {
	network, err := pool.ParamsByName(c.networkName())
	if err != nil {
		return network, fmt.Errorf("network: %w", err)
	}
	switch enforced := network.Forks.Pools.Scheduled(); {
	case c.shadow() && enforced:
		return network, fmt.Errorf("shadow-from: the %s network enforces the rules from block %d on; omit --shadow-from", network.Name, network.Forks.Pools.Height())
	case c.shadow():
		network.Forks.Pools = pool.ForkAt(pastel.Height(c.ShadowFrom))
	case !enforced:
		return network, fmt.Errorf("network: the %s network does not enforce the rules yet; use --shadow-from HEIGHT to watch it from a height, or --dev for a development node",
			network.Name)
	}
	if err := network.Validate(); err != nil {
		return network, fmt.Errorf("shadow-from: %w", err)
	}
	return network, nil
}

func (c *Config) networkName() string {
	switch {
	case c.Network != "":
		return c.Network
	case c.Dev:
		return "regtest"
	}
	return "main"
}

func (c *Config) shadow() bool { return c.ShadowFrom >= 0 }

// database returns the name of the database to open.
func (c *Config) database() string {
	if name := strings.TrimSpace(c.Database); name != "" {
		return name
	}
	return filepath.Join(c.Data, c.networkName()+".db")
}

// databaseForLog returns the database's name without its password.
func (c *Config) databaseForLog() string {
	if store.IsPostgres(c.database()) {
		return "PostgreSQL"
	}
	return c.database()
}
