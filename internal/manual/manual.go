// Package manual makes what shells and man show of a program, from its command line as kong knows it: scripts that complete commands, flags
// and values in bash, zsh and fish, and a page for man. The same command line makes the same bytes.
//
// The scripts hold everything they offer. They never run the program: a Tab asks no daemon, and no stranger's text reaches the shell.
package manual

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Completion returns a script that completes a program's command line in a shell: bash, zsh or fish.
func Completion(model *kong.Application, shell string) (string, error) {
	switch shell {
	case "bash":
		return bash(model), nil
	case "zsh":
		return zsh(model), nil
	case "fish":
		return fish(model), nil
	default:
		return "", fmt.Errorf("no completions for %q; there are some for bash, zsh and fish", shell)
	}
}

// nodes returns the program, its groups of commands and its commands, each before what it contains.
func nodes(model *kong.Application) []*kong.Node {
	var list []*kong.Node
	var visit func(*kong.Node)
	visit = func(n *kong.Node) {
		list = append(list, n)
		for _, child := range commands(n) {
			visit(child)
		}
	}
	visit(model.Node)
	return list
}

// commands returns what may follow a node as the next word.
func commands(n *kong.Node) []*kong.Node {
	return slices.DeleteFunc(slices.Clone(n.Children), func(c *kong.Node) bool { return c.Hidden })
}

// words returns the words that lead from the program to a node: none, or such as "pool create".
func words(n *kong.Node) string {
	if n.Type == kong.ApplicationNode {
		return ""
	}
	return strings.TrimSpace(words(n.Parent) + " " + n.Name)
}

// flags returns the flags that a node takes, those of the program last.
func flags(n *kong.Node) []*kong.Flag {
	list := visible(n.Flags)
	for up := n.Parent; up != nil; up = up.Parent {
		list = append(list, visible(up.Flags)...)
	}
	return list
}

// own returns the flags that a command takes beside those of the program.
func own(n *kong.Node) []*kong.Flag {
	var list []*kong.Flag
	for ; n.Type != kong.ApplicationNode; n = n.Parent {
		list = append(list, visible(n.Flags)...)
	}
	return list
}

// visible returns the flags that help shows.
func visible(list []*kong.Flag) []*kong.Flag {
	return slices.DeleteFunc(slices.Clone(list), func(f *kong.Flag) bool { return f.Hidden })
}

// A kind says what a value is, as far as a shell can complete it.
type kind int

const (
	nothing kind = iota // a switch has no value
	text
	choice
	file
	folder
)

var (
	alternatives = regexp.MustCompile(`^[a-z0-9]+(\|[a-z0-9]+)+$`)
	namesAFile   = regexp.MustCompile(`(^|-)(file|container)($|-)`)
)

// kindOf says what a flag or an argument takes, and which words if it is one of some. A flag says so by its enum or its placeholder, an
// argument by its enum, type or name.
func kindOf(v *kong.Value) (k kind, words []string) {
	placeholder := ""
	if v.Flag != nil {
		if v.IsBool() || v.IsCounter() {
			return nothing, nil
		}
		placeholder = v.Flag.PlaceHolder
	}
	switch {
	case v.Enum != "":
		return choice, slices.DeleteFunc(v.EnumSlice(), func(word string) bool { return word == "" })
	case alternatives.MatchString(placeholder):
		return choice, strings.Split(placeholder, "|")
	case v.Tag.Type == "existingdir", strings.HasPrefix(placeholder, "FOLDER"):
		return folder, nil
	case v.Tag.Type == "existingfile", v.Tag.Type == "path", strings.HasPrefix(placeholder, "FILE"), v.Flag == nil && namesAFile.MatchString(v.Name):
		return file, nil
	default:
		return text, nil
	}
}
