package daemon

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/notify"
)

// mostHooks bounds how many programs run for an alert.
const mostHooks = 8

// hooks returns the programs of --hook.
func (c *Config) hooks() (list []string) {
	for text := range strings.SplitSeq(c.Hook, ",") {
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// checkHooks checks what can be known of hooks without looking at files.
func (c *Config) checkHooks() error {
	list := c.hooks()
	switch {
	case len(list) == 0:
		return nil
	case c.ReadOnly:
		return errors.New("hook: a read-only daemon sends no alerts; set it for the daemon that writes the database")
	case len(list) > mostHooks:
		return fmt.Errorf("hook: %d programs are too many; use at most %d", len(list), mostHooks)
	}
	for i, program := range list {
		if !filepath.IsAbs(program) || filepath.Clean(program) != program {
			return fmt.Errorf("hook: %.100q is not the whole path of a program; write it from / on", program)
		}
		if slices.Contains(list[:i], program) {
			return fmt.Errorf("hook: %s is listed twice", program)
		}
	}
	return nil
}

// meetHooks refuses programs that may not be hooks.
func (d *Daemon) meetHooks() error {
	for _, program := range d.cfg.hooks() {
		if err := notify.CheckHook(program); err != nil {
			return fmt.Errorf("hook: %w", err)
		}
	}
	return nil
}
