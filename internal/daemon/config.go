package daemon

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Config is every setting of the daemon. Flags, environment and file fill in the same fields (package cmd/smartpoold).
type Config struct {
	Data     string `default:"${data}" placeholder:"FOLDER" help:"Folder of the daemon's files, made if it is missing."`
	Network  string `placeholder:"NAME" help:"Network of the node: main, testnet, devnet or regtest. Default: main, regtest with --dev."`
	Database string `placeholder:"FILE|URL" help:"SQLite file or PostgreSQL URL (postgres://user@host/name). Default: a file in the data folder."`

	ShadowFrom int32 `default:"-1" placeholder:"HEIGHT" help:"Watch pools from this height on, on a network whose miners do not enforce the rules yet."`

	Node         string        `default:"http://127.0.0.1:9932" placeholder:"URL" help:"pasteld's RPC."`
	NodeUser     string        `placeholder:"NAME" help:"User of pasteld's RPC (rpcuser); or use the cookie."`
	NodePassword string        `placeholder:"SECRET" help:"Password of pasteld's RPC (rpcpassword). Better given by environment or file than as a flag."`
	NodeCookie   string        `placeholder:"FILE" help:"pasteld's .cookie file, in its data folder."`
	NodeZMQ      string        `name:"node-zmq" placeholder:"URL" help:"pasteld's zmqpubhashblock address, to hear of blocks at once, such as tcp://127.0.0.1:28332."`
	Poll         time.Duration `default:"2s" help:"How often the node is asked for new blocks."`

	NodeAPI string `name:"node-api" placeholder:"ADDRESS" help:"Serve the node interface on this loopback address, such as 127.0.0.1:9735, for a node that pushes its blocks; no node is followed then."`

	API        string `name:"api" default:"127.0.0.1:9734" placeholder:"ADDRESS" help:"Address of the HTTP API and the dashboard; empty for none. Reading needs no token: put a proxy with TLS in front of an address that others reach."`
	APIOrigins string `name:"api-origins" placeholder:"ORIGINS" help:"Origins whose pages browsers may let read the API, such as https://pools.example.org, with commas between them."`
	APIProxies string `name:"api-proxies" placeholder:"ADDRESSES" help:"Addresses or networks (CIDR) of proxies in front of the API, with commas between them: whoever asks is whom they name in X-Forwarded-For. Without it all that comes through a proxy counts as one address."`
	APIRate    int    `name:"api-rate" default:"100" placeholder:"N" help:"Requests a second from one address; 0 for no bound."`
	APIStreams int    `name:"api-streams" default:"4096" placeholder:"N" help:"Event streams that may be open at once; one address may have an eighth of them."`
	ReadOnly   bool   `help:"Only serve the API from a database that another daemon writes; no node is needed."`

	Metrics string `default:"127.0.0.1:9733" placeholder:"ADDRESS" help:"Loopback address of /metrics, /healthz and /readyz; empty for none."`

	Dev     bool          `help:"Run a development node inside, on the regtest network. Nothing in it has a value."`
	DevRPC  string        `name:"dev-rpc" default:"127.0.0.1:19932" placeholder:"ADDRESS" help:"Address of the development node's RPC."`
	DevMine time.Duration `name:"dev-mine" default:"0s" help:"Have the development node mine a block this often; 0 for only when it is asked to."`

	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Least level of log lines: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" help:"Form of log lines: ${enum}."`
}

// Check says what is wrong with the settings, before anything is opened.
func (c *Config) Check() error {
	network, err := c.network()
	switch {
	case err != nil:
		return err
	case c.Data == "":
		return errors.New("data: give a folder")
	case c.Poll < 10*time.Millisecond || c.Poll > time.Hour:
		return fmt.Errorf("poll: %v is not between 10ms and 1h", c.Poll)
	case c.Dev && network.Name != "regtest":
		return fmt.Errorf("dev: a development node is of the regtest network, not of %s; add --network regtest or leave --network out", network.Name)
	case c.Dev && c.NodeAPI != "":
		return errors.New("node-api: a development node has the rules inside; use either --dev or --node-api")
	case c.DevMine < 0 || c.DevMine > 0 && c.DevMine < 10*time.Millisecond:
		return fmt.Errorf("dev-mine: %v is less than 10ms", c.DevMine)
	case c.DevMine > 0 && !c.Dev:
		return errors.New("dev-mine: only a development node mines; add --dev")
	case c.shadow() && c.NodeAPI != "":
		return errors.New("shadow-from: leave node-api out; a node that asked a shadow run would list and pay Supernodes of pools that nobody guards")
	case c.ReadOnly && (c.Dev || c.NodeAPI != ""):
		return errors.New("read-only: it follows no node; leave --dev and --node-api out")
	case c.ReadOnly && c.API == "":
		return errors.New("read-only: there is nothing to do without an API; give --api an address")
	case c.APIRate < 0 || c.APIStreams < 0:
		return errors.New("api-rate and api-streams: want 0 or more")
	case (c.NodeUser == "") != (c.NodePassword == ""):
		return errors.New("node-user and node-password belong together: give both, or neither and --node-cookie")
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if err := loopback("metrics", c.Metrics); err != nil {
		return err
	}
	if err := loopback("node-api", c.NodeAPI); err != nil {
		return err
	}
	if c.Dev {
		if err := loopback("dev-rpc", c.DevRPC); err != nil {
			return err
		}
	}
	return c.distinct()
}

// distinct refuses two servers at one address.
func (c *Config) distinct() error {
	servers := []struct{ name, address string }{{"api", c.API}, {"node-api", c.NodeAPI}, {"metrics", c.Metrics}}
	if c.Dev {
		servers = append(servers, struct{ name, address string }{"dev-rpc", c.DevRPC})
	}
	taken := map[string]string{}
	for _, s := range servers {
		if s.address == "" || strings.HasSuffix(s.address, ":0") { // off, or any port that is free
			continue
		}
		if other := taken[s.address]; other != "" {
			return fmt.Errorf("%s and %s have the same address %s: give one of them another port", other, s.name, s.address)
		}
		taken[s.address] = s.name
	}
	return nil
}

func loopback(name, address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s: %q is not a loopback address with a port, such as 127.0.0.1:9733", name, address)
	}
	return nil
}

// proxies are the networks of --api-proxies.
func (c *Config) proxies() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range words(c.APIProxies) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, bad := netip.ParseAddr(text)
			if bad != nil {
				return nil, fmt.Errorf("api-proxies: %q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		list = append(list, p)
	}
	return list, nil
}

// network returns the rules' parameters, with the start of a shadow run.
func (c *Config) network() (pool.Params, error) {
	network, err := pool.ParamsByName(c.networkName())
	if err != nil {
		return network, fmt.Errorf("network: %w", err)
	}
	switch enforced := network.Forks.Pools.Scheduled(); {
	case c.shadow() && enforced:
		return network, fmt.Errorf("shadow-from: the %s network enforces the rules from block %d on; leave it out", network.Name, network.Forks.Pools.Height())
	case c.shadow():
		network.Forks.Pools = pool.ForkAt(pastel.Height(c.ShadowFrom))
	case !enforced:
		return network, fmt.Errorf("network: the %s network does not enforce the rules yet; --shadow-from HEIGHT watches it from a height on",
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

// database returns the database to open.
func (c *Config) database() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Data, c.networkName()+".db")
}

// databaseForLog keeps a password out of the log.
func (c *Config) databaseForLog() string {
	if store.IsPostgres(c.database()) {
		return "PostgreSQL"
	}
	return c.database()
}
