package manual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// fishFrame knows which command the words before the cursor lead to. %[2]s are flags that a value follows, %[3]s all commands.
const fishFrame = `# Completes %[1]s in fish. "%[1]s completion fish" printed this.

# Whether the words so far lead to a command, and no further.
function __%[1]s_at
    set -l at
    set -l value no
    for word in (commandline -opc)[2..]
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case %[2]s
                set value yes
            case '-*'
            case '*'
                set -l next (string trim -- "$at $word")
                if contains -- $next %[3]s
                    set at $next
                end
        end
    end
    test "$at" = "$argv"
end

complete -c %[1]s -f
%[4]s`

func fish(model *kong.Application) string {
	var b strings.Builder
	var valued, known []string
	for _, n := range nodes(model) {
		at := fmt.Sprintf("complete -c %s -n %s", model.Name, fishQuote(strings.TrimSpace("__"+model.Name+"_at "+words(n))))
		if words(n) != "" {
			known = append(known, fishQuote(words(n)))
		}
		for _, c := range commands(n) {
			fmt.Fprintf(&b, "%s -a %s -d %s\n", at, c.Name, fishQuote(summary(c)))
		}
		if n.Type == kong.ApplicationNode {
			at = "complete -c " + model.Name // its flags may stand anywhere
		}
		for _, f := range visible(n.Flags) {
			k, among := kindOf(f.Value)
			if k != nothing {
				valued = append(valued, names(f)...)
			}
			short := ""
			if f.Short != 0 {
				short = " -s " + string(f.Short)
			}
			fmt.Fprintf(&b, "%s -l %s%s%s -d %s\n", at, f.Name, short, fishValue(k, among), fishQuote(f.Help))
		}
		for _, p := range n.Positional {
			if k, among := kindOf(p); k != text {
				fmt.Fprintf(&b, "%s%s\n", at, fishValue(k, among))
			}
		}
	}
	slices.Sort(valued)
	return fmt.Sprintf(fishFrame, model.Name, strings.Join(slices.Compact(valued), " "), strings.Join(known, " "), b.String())
}

// fishValue says what fish offers for a value.
func fishValue(k kind, among []string) string {
	switch k {
	case nothing:
		return ""
	case choice:
		return " -x -a " + fishQuote(strings.Join(among, " "))
	case file:
		return " -r -F"
	case folder:
		return " -x -a '(__fish_complete_directories)'"
	default:
		return " -x"
	}
}

func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
