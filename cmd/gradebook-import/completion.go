package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand prints scripts that hold all they need: completing runs no program.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is what help says beside the flags.
func (*completionCommand) Help() string {
	return `
For good, in the files that the shells read:

    gradebook-import completion bash >> ~/.bashrc
    gradebook-import completion zsh > ~/.zfunc/_gradebook-import
    gradebook-import completion fish \
        > ~/.config/fish/completions/gradebook-import.fish

(For zsh, ~/.zshrc needs: fpath+=(~/.zfunc); autoload -U compinit; compinit.)
`
}

// Run prints the script.
func (c *completionCommand) Run(t *terminal, k *kong.Context) error {
	map[string]func(io.Writer, *kong.Node){"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell](t.out, k.Model.Node)
	return nil
}

// nodes are a command and all below it.
func nodes(n *kong.Node) []*kong.Node {
	all := []*kong.Node{n}
	for _, child := range n.Children {
		all = append(all, nodes(child)...)
	}
	return all
}

// flagsOf are the flags of a command that are shown, with those of all commands.
func flagsOf(n *kong.Node) []*kong.Flag {
	var all []*kong.Flag
	for _, group := range n.AllFlags(true) {
		all = append(all, group...)
	}
	return all
}

func namesOf(children []*kong.Node) []string {
	var all []string
	for _, child := range children {
		all = append(all, child.Name)
	}
	return all
}

// takes is what a flag or an argument is completed with: words, files, directories, or nothing.
type takes struct {
	words              []string
	files, directories bool
}

func taken(v *kong.Value, placeholder string) takes {
	switch {
	case v.Enum != "":
		return takes{words: v.EnumSlice()}
	case strings.Contains(placeholder, "DIR"):
		return takes{directories: true}
	case strings.Contains(placeholder, "FILE"):
		return takes{files: true}
	}
	return takes{}
}

// argumentOf is what the arguments of a command are.
func argumentOf(n *kong.Node) takes {
	if len(n.Positional) == 0 {
		return takes{}
	}
	return taken(n.Positional[0], n.Positional[0].Name)
}

// bashCompletion: the words before the cursor lead to a command; the word before it may be a flag with a value.
func bashCompletion(w io.Writer, root *kong.Node) {
	fmt.Fprintf(w, "# Completion of %s for bash.\n_gradebook_import() {\n", program)
	fmt.Fprint(w, `    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} node= word
    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$node $word" in
`)
	var commands []string
	for _, n := range nodes(root)[1:] {
		commands = append(commands, `" `+commandName(n)+`"`)
	}
	fmt.Fprintf(w, "            %s) node=\"$node $word\" ;;\n        esac\n    done\n    case \"$node $prev\" in\n", strings.Join(commands, "|"))
	for _, n := range nodes(root) {
		for _, flag := range flagsOf(n) {
			if reply := bashReply(taken(flag.Value, flag.PlaceHolder)); !flag.IsBool() {
				fmt.Fprintf(w, "        \"%s --%s\") %s; return ;;\n", bashNode(n), flag.Name, reply)
			}
		}
	}
	fmt.Fprint(w, "    esac\n    case \"$node\" in\n")
	for _, n := range nodes(root) {
		var flags []string
		for _, flag := range flagsOf(n) {
			flags = append(flags, "--"+flag.Name)
		}
		fmt.Fprintf(w, "        \"%s\")\n            if [[ $cur == -* ]]; then %s\n            else %s; fi ;;\n", bashNode(n),
			bashReply(takes{words: flags}), bashReply(operands(n)))
	}
	fmt.Fprintf(w, "    esac\n}\ncomplete -F _gradebook_import %s\n", program)
}

// operands are the words after a command that are no flags: its commands, or its arguments.
func operands(n *kong.Node) takes {
	if len(n.Children) > 0 {
		return takes{words: namesOf(n.Children)}
	}
	return argumentOf(n)
}

func bashNode(n *kong.Node) string {
	if name := commandName(n); name != "" {
		return " " + name
	}
	return ""
}

func bashReply(t takes) string {
	switch {
	case len(t.words) > 0:
		return `COMPREPLY=($(compgen -W "` + strings.Join(t.words, " ") + `" -- "$cur"))`
	case t.directories:
		return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")`
	case t.files:
		return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")`
	}
	return "COMPREPLY=()"
}

// zshCompletion has a function for each command.
func zshCompletion(w io.Writer, root *kong.Node) {
	fmt.Fprintf(w, "#compdef %s\n# Completion of %s for zsh.\n", program, program)
	for _, n := range nodes(root) {
		fmt.Fprintf(w, "\n%s() {\n    local state line\n    _arguments -C", zshFunction(n))
		for _, flag := range flagsOf(n) {
			value := ""
			if !flag.IsBool() {
				value = ":" + zshText(flag.FormatPlaceHolder()) + zshAction(taken(flag.Value, flag.PlaceHolder))
			}
			sign := ""
			if value != "" {
				sign = "="
			}
			fmt.Fprintf(w, " \\\n        '--%s%s[%s]%s'", flag.Name, sign, zshText(flag.Help), value)
		}
		zshOperands(w, n)
		fmt.Fprint(w, "}\n")
	}
	// Read as a file of fpath, it is the function itself, called for the first time; else it is sourced.
	fmt.Fprintf(w, "\nif [[ $funcstack[1] == _%[2]s ]]; then %[1]s \"$@\"; else compdef %[1]s %[2]s; fi\n", zshFunction(root), program)
}

func zshOperands(w io.Writer, n *kong.Node) {
	if len(n.Children) == 0 {
		if action := zshAction(argumentOf(n)); len(n.Positional) > 0 {
			fmt.Fprintf(w, " \\\n        '*:%s%s'", n.Positional[0].Name, action)
		}
		fmt.Fprint(w, "\n")
		return
	}
	fmt.Fprint(w, " \\\n        '1: :->command' '*:: :->rest'\n    case $state in\n    command)\n        local -a commands=(")
	for _, child := range n.Children {
		fmt.Fprintf(w, "\n            '%s:%s'", child.Name, zshText(child.Help))
	}
	fmt.Fprint(w, ")\n        _describe command commands ;;\n    rest)\n        case $line[1] in\n")
	for _, child := range n.Children {
		fmt.Fprintf(w, "        %s) %s ;;\n", child.Name, zshFunction(child))
	}
	fmt.Fprint(w, "        esac ;;\n    esac\n")
}

func zshFunction(n *kong.Node) string {
	name := strings.TrimPrefix(n.FullPath(), program)
	return "_" + strings.NewReplacer("-", "_", " ", "_").Replace(program+name)
}

// zshText is a text inside quotes and brackets.
func zshText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`, "'", `'\''`).Replace(text)
}

func zshAction(t takes) string {
	switch {
	case len(t.words) > 0:
		return ":(" + strings.Join(t.words, " ") + ")"
	case t.directories:
		return ":_files -/"
	case t.files:
		return ":_files"
	}
	return ":"
}

// fishCompletion has a line for each command and flag, with the words that must have come before.
func fishCompletion(w io.Writer, root *kong.Node) {
	fmt.Fprintf(w, "# Completion of %s for fish.\ncomplete -c %[1]s -f\n", program)
	for _, n := range nodes(root) {
		condition := fishCondition(n)
		for _, child := range n.Children {
			fmt.Fprintf(w, "complete -c %s -n %s -a %s -d %s\n", program, condition, child.Name, fishText(child.Help))
		}
		if len(n.Children) == 0 {
			if options := fishTakes(argumentOf(n)); options != "" {
				fmt.Fprintf(w, "complete -c %s -n %s%s\n", program, condition, options)
			}
		}
		for _, flag := range flagsOf(n) {
			options := ""
			if !flag.IsBool() {
				options = " -r" + fishTakes(taken(flag.Value, flag.PlaceHolder))
				if !strings.HasSuffix(options, " -F") {
					options = strings.Replace(options, " -r", " -x", 1) // no files
				}
			}
			fmt.Fprintf(w, "complete -c %s -n %s -l %s%s -d %s\n", program, condition, flag.Name, options, fishText(flag.Help))
		}
	}
}

// fishCondition is true after exactly the words of a command.
func fishCondition(n *kong.Node) string {
	name := commandName(n)
	if name == "" {
		return "__fish_use_subcommand"
	}
	var parts []string
	for _, word := range strings.Fields(name) {
		parts = append(parts, "__fish_seen_subcommand_from "+word)
	}
	if len(n.Children) > 0 {
		parts = append(parts, "not __fish_seen_subcommand_from "+strings.Join(namesOf(n.Children), " "))
	}
	return "'" + strings.Join(parts, "; and ") + "'"
}

func fishText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

func fishTakes(t takes) string {
	switch {
	case len(t.words) > 0:
		return " -a " + fishText(strings.Join(t.words, " "))
	case t.directories:
		return " -a '(__fish_complete_directories)'"
	case t.files:
		return " -F"
	}
	return ""
}
