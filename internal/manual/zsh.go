package manual

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// zshFrame serves as a file of fpath, whose first line zsh reads, and as a script that is sourced.
const zshFrame = `#compdef %[1]s
# Completes %[1]s in zsh. "%[1]s completion zsh" printed this.

%[2]sif [[ $funcstack[1] == _%[1]s ]]; then
	_%[1]s "$@"
else
	compdef _%[1]s %[1]s
fi
`

func zsh(model *kong.Application) string {
	var b strings.Builder
	for _, n := range nodes(model) {
		fmt.Fprintf(&b, "%s() {\n", zshFunction(model, n))
		if n.Type == kong.ApplicationNode {
			b.WriteString("\tlocal -a everywhere=(\n") // the functions of commands see it too
			zshFlags(&b, n.Flags, "\n")
			b.WriteString("\t)\n")
		}
		below := commands(n)
		if len(below) > 0 {
			b.WriteString("\tlocal context state state_descr line\n\ttypeset -A opt_args\n")
		}
		b.WriteString("\t_arguments -C \\\n")
		if n.Type != kong.ApplicationNode {
			zshFlags(&b, own(n), " \\\n")
		}
		if len(below) > 0 {
			b.WriteString("\t\t$everywhere \\\n\t\t'1: :->command' \\\n\t\t'*:: :->rest'\n")
			zshCommands(&b, model, below)
		} else {
			for i, p := range n.Positional {
				place := fmt.Sprint(i + 1)
				if p.IsCumulative() {
					place = "*"
				}
				value := zshValue(p, p.Name)
				if k, _ := kindOf(p); k == text {
					value = strings.TrimSuffix(value, " ") + "()" // with a mere message, zsh would list flags and complete none
				}
				fmt.Fprintf(&b, "\t\t%s \\\n", zshQuote(place+value))
			}
			b.WriteString("\t\t$everywhere\n")
		}
		b.WriteString("}\n\n")
	}
	return fmt.Sprintf(zshFrame, model.Name, b.String())
}

// zshFunction names the function that completes a command.
func zshFunction(model *kong.Application, n *kong.Node) string {
	return strings.TrimSuffix("_"+model.Name+"_"+strings.ReplaceAll(words(n), " ", "_"), "_")
}

// zshCommands offers the commands of a group, or goes on to the one that was chosen.
func zshCommands(b *strings.Builder, model *kong.Application, list []*kong.Node) {
	b.WriteString("\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(\n")
	for _, c := range list {
		fmt.Fprintf(b, "\t\t\t%s\n", zshQuote(c.Name+":"+summary(c)))
	}
	b.WriteString("\t\t)\n\t\t_describe command commands\n\t\t;;\n\trest)\n\t\tcurcontext=\"${curcontext%:*}-$line[1]:\"\n\t\tcase $line[1] in\n")
	for _, c := range list {
		fmt.Fprintf(b, "\t\t%s) %s ;;\n", c.Name, zshFunction(model, c))
	}
	b.WriteString("\t\tesac\n\t\t;;\n\tesac\n")
}

// zshFlags describes flags, each of which may be given once, or as often as it has values.
func zshFlags(b *strings.Builder, list []*kong.Flag, end string) {
	for _, f := range visible(list) {
		k, _ := kindOf(f.Value)
		value, equals := "", ""
		if k != nothing {
			value, equals = zshValue(f.Value, placeholder(f)), "="
		}
		once := "(" + strings.Join(names(f), " ") + ")"
		if f.IsCumulative() {
			once = "*"
		}
		for _, name := range names(f) {
			if strings.HasPrefix(name, "--") {
				name += equals
			}
			fmt.Fprintf(b, "\t\t%s%s", zshQuote(once+name+"["+zshText.Replace(f.Help)+"]"+value), end)
		}
	}
}

// zshValue says what _arguments offers for a value: a message, and files or words if it takes some.
func zshValue(v *kong.Value, message string) string {
	k, among := kindOf(v)
	switch k {
	case choice:
		return ":" + zshText.Replace(message) + ":(" + strings.Join(among, " ") + ")"
	case file:
		return ":" + zshText.Replace(message) + ":_files"
	case folder:
		return ":" + zshText.Replace(message) + ":_files -/"
	default:
		return ":" + zshText.Replace(message) + ": "
	}
}

// zshText keeps a text from ending a description early.
var zshText = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)

func zshQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// summary is what is said of a command in a list of them.
func summary(n *kong.Node) string {
	if n.Help != "" {
		return n.Help
	}
	var list []string
	for _, c := range commands(n) {
		list = append(list, c.Name)
	}
	return strings.Join(list, ", ")
}

// placeholder is what a flag's value is called.
func placeholder(f *kong.Flag) string {
	if f.PlaceHolder != "" {
		return f.PlaceHolder
	}
	return strings.ToUpper(f.Name)
}
