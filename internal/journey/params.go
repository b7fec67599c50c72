package journey

import (
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pool"
)

// ParamsNamed returns the parameters of a network that a flag names.
func ParamsNamed(name string) (pool.Params, error) {
	net, err := pool.ParamsByName(name)
	if err != nil {
		return net, terminal.UsageError{Err: err}
	}
	return net, nil
}
