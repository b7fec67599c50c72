package main

import (
	"context"

	"github.com/pastelnetwork/smartpool/internal/demo"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type demoCmd struct {
	Dir  string `placeholder:"FOLDER" help:"New folder for the node and the daemon; by default, a temporary one."`
	API  string `default:"127.0.0.1:9734" placeholder:"ADDRESS" help:"Address of the dashboard, with --keep."`
	Keep bool   `help:"Keep the node and the daemon running afterwards, and print their addresses."`
}

// Run plays a pool's life. It takes seconds and needs nothing else.
func (c *demoCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	return demo.Run(ctx, demo.Config{Dir: c.Dir, API: c.API, Keep: c.Keep, Out: e.Out})
}
