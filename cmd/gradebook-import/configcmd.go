package main

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"gradebook-import/importer/oneroster"
)

// configCommand is about the config file.
type configCommand struct {
	Example exampleCommand `cmd:"" help:"Print a config file with every setting, its default and what it is for."`
	Show    showCommand    `cmd:"" help:"Print the settings of a run, and where each one comes from."`
}

type exampleCommand struct{}

// Run prints a config file in which everything is a comment.
func (exampleCommand) Run(t *terminal, c *kong.Context) error {
	about := "Settings of " + program + ". Name this file with --config, or in GRADEBOOK_CONFIG. The command line goes before the " +
		"environment, the environment before this file. The client's secret does not go here: see client-secret-file."
	fmt.Fprintf(t.out, "# %s\n", strings.Join(wrap(about, helpWidth-2), "\n# "))
	all := settingsOf(c.Model.Node)
	for _, g := range groups() {
		printed := false
		for _, s := range all {
			if s.flag.Group == nil || s.flag.Group.Key != g.Key || g.Key == "settings" {
				continue
			}
			if !printed {
				fmt.Fprintf(t.out, "\n## %s\n", strings.TrimSuffix(g.Title, ":"))
				printed = true
			}
			s.example(t.out)
		}
	}
	return nil
}

// offered is a flag, and the commands that have it.
type offered struct {
	flag     *kong.Flag
	commands []string
}

// settingsOf are the flags that a config file may set, in the order of the commands.
func settingsOf(root *kong.Node) []*offered {
	var all []*offered
	for _, node := range leaves(root) {
		for _, flag := range node.Flags {
			i := slices.IndexFunc(all, func(o *offered) bool { return o.flag.Name == flag.Name })
			if i < 0 && !flag.Hidden {
				i, all = len(all), append(all, &offered{flag: flag})
			}
			if i >= 0 {
				all[i].commands = append(all[i].commands, commandName(node))
			}
		}
	}
	return all
}

// leaves are the commands that can be run, in the order of help. Those about the config file have no settings of their own.
func leaves(node *kong.Node) []*kong.Node {
	if len(node.Children) == 0 {
		return []*kong.Node{node}
	}
	var all []*kong.Node
	for _, child := range node.Children {
		if child.Name != "config" {
			all = append(all, leaves(child)...)
		}
	}
	return all
}

// commandName is a command without the program, such as "checkpoint forget"; "" for the program itself.
func commandName(n *kong.Node) string {
	return strings.TrimPrefix(strings.TrimPrefix(n.FullPath(), program), " ")
}

// example prints a setting as a comment.
func (o *offered) example(w io.Writer) {
	for _, line := range wrap(o.flag.Help, helpWidth-4) {
		fmt.Fprintf(w, "\n# %s", line)
	}
	if !slices.Contains(o.commands, "run") {
		fmt.Fprintf(w, "\n# For: %s.", strings.Join(o.commands, ", "))
	}
	fmt.Fprintf(w, "\n# %s: %s\n", o.flag.Name, cmp.Or(o.flag.Default, o.placeholder()))
}

func (o *offered) placeholder() string {
	if o.flag.IsBool() {
		return "false"
	}
	return o.flag.PlaceHolder
}

// showCommand has the flags of run: what is given to it is shown as the command line's.
type showCommand struct {
	fileFlags
	targetFlags
	sendFlags
	rowFlags
	outputFlags
	metricsFlags
}

// Help is what help says beside the flags.
func (*showCommand) Help() string {
	return `
Example:

    gradebook-import config show --config settings.yaml --concurrency 4

It takes the flags of run and prints what run would go by, as a config file, and
beside each value where it comes from. Nothing is read but the settings, and
secrets are not shown.
`
}

// Run prints the settings.
func (*showCommand) Run(t *terminal, c *kong.Context, files *configFiles) error {
	from := origins{c, files}
	flags := slices.DeleteFunc(slices.Clone(c.Selected().Flags), func(f *kong.Flag) bool { return f.Hidden })
	values, width := make([]string, len(flags)), 0
	for i, flag := range flags {
		values[i] = flag.Name + ": " + shown(flag)
		width = max(width, min(len(values[i]), 48))
	}
	for i, flag := range flags {
		if origin := from.of(flag); origin != "" {
			fmt.Fprintf(t.out, "%-*s  # %s\n", width, values[i], origin)
			continue
		}
		fmt.Fprintf(t.out, "%-*s  # not set\n", width, "# "+flag.Name+":")
	}
	if isSet(secretVariable) {
		fmt.Fprintf(t.out, "# the client's secret is in the environment variable %s\n", secretVariable)
	}
	return nil
}

// shown is a value as a config file has it.
func shown(flag *kong.Flag) string {
	value := flag.Target.Interface()
	if flag.IsSlice() && flag.Target.Kind() == reflect.Slice {
		var texts []string
		for i := range flag.Target.Len() {
			texts = append(texts, scalar(fmt.Sprint(flag.Target.Index(i).Interface())))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	}
	return scalar(oneroster.Shown(fmt.Sprint(value)))
}

// scalar is a text as YAML reads it, quoted where it must be.
func scalar(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./"
	if text != "" && strings.Trim(text[:1], plain) == "" && strings.Trim(text, plain+"-:+%,@=&?~ ") == "" &&
		!strings.Contains(text, ": ") && !strings.HasSuffix(text, ":") && strings.TrimSpace(text) == text {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
}
