package journey

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// Free space of a disk, in MiB, below which a daemon soon stores no more blocks.
const (
	diskLow  = 1024
	diskFull = 200
)

// lookAtDatabase tells what the daemon stores the ledger in and, if that is on this machine, whether others can read it and how much space is left.
func (x *examination) lookAtDatabase(context.Context) []Finding {
	r, err := x.daemon()
	var list []Finding
	switch {
	case err != nil:
		list = untold(errNoDaemon)
	case r.State.Database == nil:
		list = one(skipped("Update it to see.", "the daemon is too old to say what it stores the ledger in"))
	default:
		d, name := r.State.Database, "SQLite"
		if d.Engine == "postgresql" {
			name = "PostgreSQL"
		}
		list = one(ok("%s, tables of version %d", name, d.Schema))
		if r.State.ReadOnly {
			list[0].Seen += "; this daemon only reads them"
		}
		if lag := r.State.Behind; lag != nil && lag.Blocks > 0 {
			list = append(list, warning("Look at the daemon's log and at the database's server.", "this daemon is %s behind the one that writes, for %d seconds", terminal.Counted(int(lag.Blocks), "block"), lag.Seconds))
		}
	}
	if x.Data == "" {
		return append(list, skipped("On the daemon's machine, give its folder with --data.", "its files: the daemon's folder is not known"))
	}
	return append(append(list, x.files(r)...), x.space())
}

// files looks whether others can read or replace the daemon's files.
func (x *examination) files(r *Daemon) []Finding {
	var exposed *secretfile.ExposedError
	if err := secretfile.Unshared(x.Data); errors.As(err, &exposed) {
		return one(failed("chmod 700 "+terminal.Argument(x.Data), "%v", err))
	} else if err != nil {
		return one(unknown("Give the daemon's folder with --data.", "%v", err))
	}
	if r == nil || r.State.Database == nil || r.State.Database.Engine != "sqlite" {
		return nil
	}
	file := filepath.Join(x.Data, r.Net.Name+".db")
	switch err := secretfile.Private(file); {
	case errors.As(err, &exposed):
		return one(failed("chmod 600 "+terminal.Argument(file), "%v", err))
	case errors.Is(err, fs.ErrNotExist):
		return one(skipped("", "the daemon's file is not in %s", x.Data))
	case err != nil:
		return one(unknown("Run it as the user that runs the daemon.", "%v", err))
	}
	return one(ok("nobody else can read %s", file))
}

// space looks how much space is left on the disk of the daemon's folder.
func (x *examination) space() Finding {
	const do = "Free some space there: a daemon that cannot store a block waits until it can."
	free, err := freeSpace(x.Data)
	mib := free >> 20
	switch {
	case err != nil:
		return unknown("", "free space of %s: %v", x.Data, err)
	case mib < diskFull:
		return failed(do, "the disk of %s is nearly full: %d MiB are free", x.Data, mib)
	case mib < diskLow:
		return warning(do, "the disk of %s has %d MiB left", x.Data, mib)
	}
	return ok("the disk of %s has %d GiB left", x.Data, mib>>10)
}
