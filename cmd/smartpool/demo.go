package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pastelnetwork/smartpool/internal/demo"
)

type demoCmd struct {
	Dir  string `placeholder:"FOLDER" help:"New folder for the node and the daemon; without it a temporary one."`
	Keep bool   `help:"Leave node and daemon running afterwards, and say where they are."`
}

// Run plays a pool's life; it takes seconds and needs nothing.
func (c *demoCmd) Run(e *env) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return demo.Run(ctx, demo.Config{Dir: c.Dir, Keep: c.Keep, Out: e.out})
}
