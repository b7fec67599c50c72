package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// maxSettings limits the size of a settings file, in bytes.
const maxSettings = 1 << 20

// fileFlag finds --config before kong parses the rest, because the file provides values.
func fileFlag(args []string) string {
	for i, a := range args {
		if v, found := strings.CutPrefix(a, "--config="); found {
			return v
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return os.Getenv("SMARTPOOLD_CONFIG")
}

// settings returns the flags that a file may set.
func settings(model *kong.Application) []*kong.Flag {
	var list []*kong.Flag
	for _, f := range model.Flags {
		if f.Name != "help" && f.Name != "config" {
			list = append(list, f)
		}
	}
	return list
}

// readSettings reads a YAML file of flags by name. It refuses unknown keys instead of ignoring them.
func readSettings(path string, model *kong.Application) (kong.Resolver, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err == nil && len(text) > maxSettings {
		err = fmt.Errorf("the file is larger than %d bytes; is it the right one?", maxSettings)
	}
	values := map[string]any{}
	if err == nil {
		values, err = decodeSettings(text)
	}
	if err != nil {
		return nil, fmt.Errorf("config %s: %w", path, err)
	}
	var names []string
	for _, f := range settings(model) {
		names = append(names, f.Name)
	}
	for key, value := range values {
		if !slices.Contains(names, key) {
			return nil, fmt.Errorf("config %s: %q is not a setting; run smartpoold config to see all settings", path, key)
		}
		switch value.(type) {
		case string, bool, int, nil:
		default:
			return nil, fmt.Errorf("config %s: %s must be a single value, not %T", path, key, value)
		}
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if slices.ContainsFunc(flag.Envs, func(name string) bool { return os.Getenv(name) != "" }) {
			return nil, nil // the environment overrides the file
		}
		if v := values[flag.Name]; v != nil {
			return fmt.Sprint(v), nil
		}
		return nil, nil
	}), nil
}

func decodeSettings(text []byte) (map[string]any, error) {
	values := map[string]any{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&values); err != nil && !errors.Is(err, io.EOF) { // io.EOF: nothing but comments
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file contains more than one YAML document; keep one")
	}
	if values == nil { // null
		values = map[string]any{}
	}
	return values, nil
}

// printSample prints every setting with its help and default, commented out.
func printSample(out io.Writer, model *kong.Application) error {
	var b strings.Builder
	b.WriteString("# Settings of smartpoold. Remove the # from the lines you change, and pass the file with smartpoold --config FILE.\n" +
		"# The same names work as flags (--node) and environment variables (SMARTPOOLD_NODE), which override this file.\n")
	for _, f := range settings(model) {
		fmt.Fprintf(&b, "\n# %s\n", f.Help)
		value := f.Default
		if value == "" && f.IsBool() {
			value = "false"
		}
		line, err := yaml.Marshal(map[string]string{f.Name: value})
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "#%s", line)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
