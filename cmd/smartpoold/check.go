package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

type checkCmd struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// errDiffers says that a check found differences. They are printed already.
var errDiffers = errors.New("the database differs: run smartpoold rebuild")

// checkResult is the result of a check as JSON.
type checkResult struct {
	Height      int64               `json:"height"`
	Hash        string              `json:"hash"`
	Pools       int64               `json:"pools"`
	Differences []daemon.Difference `json:"differences"`
	More        int64               `json:"more_differences,omitempty"`
}

// run checks the sums of a database and prints what differs.
func (c *checkCmd) run(ctx context.Context, settings daemon.Config, out io.Writer, log *slog.Logger) error {
	tenth := int64(0)
	x, err := daemon.CheckSums(ctx, settings, func(done, of int64) {
		if n := 10 * done / max(of, 1); n > tenth {
			tenth = n
			log.Info("checking the database", "pools", done, "of", of)
		}
	})
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(out).Encode(checkResult{int64(x.Block.Height), x.Block.Hash.String(), x.Pools, x.Differences, x.More})
	} else {
		err = c.print(out, &x)
	}
	if err == nil && len(x.Differences) > 0 {
		err = errDiffers
	}
	return err
}

func (c *checkCmd) print(out io.Writer, x *daemon.Checked) (err error) {
	for _, d := range x.Differences {
		_, err = fmt.Fprintln(out, d)
	}
	if x.More > 0 {
		_, err = fmt.Fprintf(out, "and %d more\n", x.More)
	}
	if len(x.Differences) == 0 {
		_, err = fmt.Fprintf(out, "Block %d (%s): the sums of all %d pools are what the history gives.\n", x.Block.Height, x.Block.Hash, x.Pools)
	}
	return err
}
