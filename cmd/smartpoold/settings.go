package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

// maxSettings limits the size of a settings file, in bytes.
const maxSettings = 1 << 20

// fileFlag finds --config before kong parses the rest, because the file provides values.
func fileFlag(args []string) (path string, given bool) {
	for i, a := range args {
		if v, found := strings.CutPrefix(a, "--config="); found {
			return strings.TrimSpace(v), true
		}
		if a == "--config" && i+1 < len(args) {
			return strings.TrimSpace(args[i+1]), true
		}
	}
	path = strings.TrimSpace(os.Getenv("SMARTPOOLD_CONFIG"))
	return path, path != ""
}

// settings returns the flags that a file may set.
func settings(model *kong.Application) []*kong.Flag {
	var list []*kong.Flag
	for _, f := range model.Flags {
		if f.Name != "help" && f.Name != "config" && f.Name != "version" {
			list = append(list, f)
		}
	}
	return list
}

// secrets are the settings that may hold a password.
var secrets = []string{"node-password", "post-wallet-password", "database"}

// readSettings reads a YAML file of flags by name. It refuses unknown keys instead of ignoring them, and a file with a password that other
// users can read.
func readSettings(path string, model *kong.Application) (kong.Resolver, error) {
	if path == "" {
		return nil, errors.New("config: empty; name a file, or omit it")
	}
	text, err := secretfile.ReadAny(path, maxSettings)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	values, err := decodeSettings(text)
	if err != nil {
		return nil, fmt.Errorf("config %s: %w", path, err)
	}
	var names []string
	for _, f := range settings(model) {
		names = append(names, f.Name)
	}
	for key := range values {
		if !slices.Contains(names, key) {
			return nil, fmt.Errorf("config %s: %.40q is not a setting; run smartpoold config to see all settings", path, key)
		}
	}
	if slices.ContainsFunc(secrets, func(key string) bool { return holdsSecret(key, values[key]) }) {
		if err := secretfile.Private(path); err != nil {
			return nil, fmt.Errorf("config: it holds a password, and %w", err)
		}
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if len(flag.Tag.Envs) > 0 {
			return nil, nil // the environment overrides the file
		}
		if v, found := values[flag.Name]; found {
			return v, nil
		}
		return nil, nil
	}), nil
}

// passwordIn finds a password in the name of a database.
var passwordIn = regexp.MustCompile(`(?i)://[^/]*:[^@]*@|password`)

// holdsSecret reports whether a setting holds a password.
func holdsSecret(key, value string) bool {
	return value != "" && (key != "database" || passwordIn.MatchString(value))
}

// decodeSettings returns the values of a file as they are written: a password of digits is no number, and "no" is no truth value.
func decodeSettings(text []byte) (map[string]string, error) {
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&document); errors.Is(err, io.EOF) { // nothing but comments
		return map[string]string{}, nil
	} else if err != nil {
		return nil, unreadable(err, text)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file contains more than one YAML document; keep one")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return map[string]string{}, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d is not of the form name: value; run smartpoold config to see an example", root.Line)
	}
	values, lines := map[string]string{}, map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, fmt.Errorf("line %d does not begin with the name of a setting", key.Line)
		}
		if first, found := lines[key.Value]; found {
			return nil, fmt.Errorf("line %d sets %.40q, which line %d has already set; keep one of them", key.Line, key.Value, first)
		}
		written, err := scalar(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %.40q %w", key.Line, key.Value, err)
		}
		values[key.Value], lines[key.Value] = written, key.Line
	}
	return values, nil
}

// scalar returns a value as it is written. Its errors are predicates of the setting and do not show the value.
func scalar(value *yaml.Node) (string, error) {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	switch {
	case value.Kind != yaml.ScalarNode:
		return "", errors.New("must be a single value, not a list or a group; separate several by commas")
	case value.Style&yaml.TaggedStyle != 0 && value.Tag != "!!str":
		return "", errors.New("begins with an exclamation mark, which YAML takes for a type; put the value in quotes")
	case value.Value == "" && value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0:
		return "", errors.New(`has no value; write "" for none, or remove the line`)
	}
	return value.Value, nil
}

var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"|` + "`[^`]*`")

// unreadable says why a file is not YAML, without the words of the file that the library quotes: they may be a password.
func unreadable(err error, text []byte) error {
	reason := quoted.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "(hidden)")
	advice := "put values with special characters in quotes"
	if bytes.Contains(text, []byte("\n\t")) || bytes.HasPrefix(text, []byte("\t")) {
		advice = "indent with spaces, because YAML takes no tabs"
	}
	return fmt.Errorf("it is not YAML: %s; %s", reason, advice)
}

// printSample prints every setting with its help and default, commented out.
func printSample(out io.Writer, model *kong.Application) error {
	var b strings.Builder
	b.WriteString("# Settings of smartpoold. Remove the # from the lines you change, and pass the file with smartpoold --config FILE.\n" +
		"# The same names work as flags (--node) and environment variables (SMARTPOOLD_NODE), which override this file.\n" +
		"# Each value is taken as it is written here; an environment variable that is empty counts as not set.\n")
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
