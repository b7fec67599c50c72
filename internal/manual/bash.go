package manual

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// bashFrame walks the words before the cursor: to the command they lead to, the flag whose value comes next, and the number of arguments.
// It holds to bash 3.2, which macOS has. %[1]s is the program.
const bashFrame = `# Completes %[1]s in bash. "%[1]s completion bash" printed this.

# What may follow a command.
_%[1]s_after() {
	commands= switches= texts= files= folders= choices= arguments=
	case $1 in
%[2]s	esac
}

_%[1]s() {
	local commands switches texts files folders choices arguments
	local at= flag= only= count=0 i word current=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	_%[1]s_after ''
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == [=:]* ]]; then
			# bash parts words here: --flag=value, http://address.
			flag=${flag:-:}
			continue
		elif [[ -n $flag ]]; then
			flag=
			continue
		elif [[ -n $only ]]; then
			count=$((count + 1))
			continue
		fi
		case $word in
		--) only=yes ;;
		-*)
			case " $texts $files $folders $choices " in
			*" $word "* | *" $word="*) flag=$word ;;
			esac
			;;
		*)
			if [[ " $commands " == *" $word "* ]]; then
				at="$at $word"
				_%[1]s_after "${at# }"
			else
				count=$((count + 1))
			fi
			;;
		esac
	done

	local kind=text
	if [[ $current == [=:]* ]]; then
		flag=${flag:-:} current=
	fi
	if [[ -n $flag ]]; then
		case " $files " in *" $flag "*) kind=file ;; esac
		case " $folders " in *" $flag "*) kind=folder ;; esac
		for word in $choices; do
			if [[ $word == "$flag="* ]]; then kind=${word#*=}; fi
		done
	elif [[ $current == -* && -z $only ]]; then
		for word in $choices; do switches+=" ${word%%%%=*}"; done
		COMPREPLY=($(compgen -W "$switches $texts $files $folders" -- "$current"))
		return
	elif [[ -n $commands ]]; then
		COMPREPLY=($(compgen -W "$commands" -- "$current"))
		return
	else
		for word in $arguments; do
			kind=${word%%%%...}
			if [[ $word == *... || $count -eq 0 ]]; then break; fi
			count=$((count - 1)) kind=text
		done
	fi
	case $kind in
	text) ;;
	file) _%[1]s_paths -f "$current" ;;
	folder) _%[1]s_paths -d "$current" ;;
	*) COMPREPLY=($(compgen -W "${kind//,/ }" -- "$current")) ;;
	esac
}

_%[1]s_paths() {
	local path
	compopt -o filenames 2>/dev/null
	while IFS= read -r path; do
		COMPREPLY+=("$path")
	done < <(compgen "$1" -- "$2")
}

complete -F _%[1]s %[1]s
`

func bash(model *kong.Application) string {
	var b strings.Builder
	for _, n := range nodes(model) {
		var children, arguments []string
		for _, c := range commands(n) {
			children = append(children, c.Name)
		}
		for _, p := range n.Positional {
			k, among := kindOf(p)
			word := bashKind(k, among)
			if p.IsCumulative() {
				word += "..."
			}
			arguments = append(arguments, word)
		}
		taking := map[kind][]string{}
		for _, f := range flags(n) {
			k, among := kindOf(f.Value)
			for _, name := range names(f) {
				if k == choice {
					name += "=" + strings.Join(among, ",")
				}
				taking[k] = append(taking[k], name)
			}
		}
		fmt.Fprintf(&b, "\t'%s')\n", words(n))
		for _, list := range []struct {
			name  string
			words []string
		}{
			{"commands", children}, {"arguments", arguments}, {"switches", taking[nothing]}, {"texts", taking[text]}, {"files", taking[file]},
			{"folders", taking[folder]}, {"choices", taking[choice]},
		} {
			if len(list.words) > 0 {
				fmt.Fprintf(&b, "\t\t%s='%s'\n", list.name, strings.Join(list.words, " "))
			}
		}
		b.WriteString("\t\t;;\n")
	}
	return fmt.Sprintf(bashFrame, model.Name, b.String())
}

// bashKind is an argument's kind in the word that the script knows it by.
func bashKind(k kind, among []string) string {
	switch k {
	case choice:
		return strings.Join(among, ",")
	case file:
		return "file"
	case folder:
		return "folder"
	default:
		return "text"
	}
}

// names returns a flag as people write it.
func names(f *kong.Flag) []string {
	list := []string{"--" + f.Name}
	if f.Short != 0 {
		list = append(list, "-"+string(f.Short))
	}
	return list
}
