package main

import "context"

type growthCommand struct{ place }

func (c *growthCommand) Run(context.Context) error { return nil }
