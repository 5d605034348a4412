package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

const program = "gradebook-import"

// cli is the whole command line. A command is a struct with its flags and a Run method, in a file of its own.
type cli struct {
	ConfigFile kong.ConfigFlag `name:"config" env:"GRADEBOOK_CONFIG" group:"settings" placeholder:"FILE" help:"YAML file with flags, by name: 'base-url: https://…'."`

	Run        runCommand        `cmd:"" help:"Import files into a gradebook. Run it again to resume."`
	Validate   validateCommand   `cmd:"" help:"Check files. Nothing is sent, and no credentials are needed."`
	Verify     verifyCommand     `cmd:"" help:"Read back from the gradebook what files say, and compare."`
	Status     statusCommand     `cmd:"" help:"What the checkpoint knows: runs, rows, what is in doubt."`
	Report     reportCommand     `cmd:"" help:"Make a page of report.json again; several (shards) are merged."`
	Checkpoint checkpointCommand `cmd:"" help:"Make the checkpoint smaller, or forget what is old."`
	Config     configCommand     `cmd:"" name:"config" help:"Print an example of a config file, or the settings of a run."`
	Mapping    mappingCommand    `cmd:"" help:"Mapping profiles, for files that are not OneRoster's."`
	Sandbox    sandboxCommand    `cmd:"" help:"Serve a OneRoster gradebook on this machine, to try things out."`
	Completion completionCommand `cmd:"" help:"Print what completes commands and flags in bash, zsh or fish."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// command parses args and runs the command that they name.
func command(ctx context.Context, args []string, t *terminal) error {
	if slices.Equal(args, []string{"version"}) { // which has no flags: to take in those of the others is half of its time
		return versionCommand{}.Run(t)
	}
	unsetEmpty()
	files := &configFiles{}
	parser, err := newParser(t, files)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if t.unsaid() != nil { // help that could not be printed
		return nil
	}
	if err != nil {
		refusal, m := refused(err, files), newMisread(parser, err, files)
		t.json = m.value("log-format") == "json" // whoever reads JSON can read why
		return errors.Join(refusal, m.leave(ctx, refusal, t))
	}
	t.origins = &origins{parsed, files}
	t.warnEnvironment(parser.Model)
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(t)
}

// unsetEmpty makes empty variables unset ones, as people mean them who write GRADEBOOK_CONFIG= in a job.
func unsetEmpty() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value == "" && strings.HasPrefix(name, "GRADEBOOK_") {
			_ = os.Unsetenv(name) // fails for no name that has a "=" behind it
		}
	}
}

func newParser(t *terminal, files *configFiles) (*kong.Kong, error) {
	return kong.New(&cli{}, append(valueMappers(),
		kong.Name(program),
		kong.Description("Imports OneRoster results files into a gradebook: no row lost, none doubled, and the same command "+
			"resumes after anything."),
		kong.Resolvers(variables{}),
		kong.Configuration(files.load),
		kong.Bind(files, t),
		kong.Writers(t.out, t.err),
		kong.ExplicitGroups(groups()),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, Compact: true, WrapUpperBound: helpWidth}),
		kong.ValueFormatter(describe),
	)...)
}

const helpWidth = 80

// groups are the purposes of flags, as help shows them.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "server", Title: "The server:"},
		{Key: "files", Title: "The files:"},
		{Key: "rows", Title: "What is done with rows:"},
		{Key: "limits", Title: "How fast, how long, how often:"},
		{Key: "output", Title: "What is written:"},
		{Key: "faults", Title: "What goes wrong:"},
		{Key: "settings", Title: "Settings (and each flag is a variable, --base-url is GRADEBOOK_BASE_URL):"},
	}
}

// describe is a flag's help: kong's own adds the name of the environment variable to every line.
func describe(v *kong.Value) string { return v.Help }

// refused is a command line that cannot be run.
func refused(err error, files *configFiles) error {
	var parse *kong.ParseError
	parsed := errors.As(err, &parse) && parse.Context != nil
	text := err.Error()
	var set *misset
	var file *fs.PathError
	switch {
	case errors.As(err, &set):
		text = set.Error()
	case errors.As(err, &file) && parsed: // flags that name files are opened later, the config file apart
		text = origins{parse.Context, files}.named("config") + ": " + unread(file.Path, err).Error()
	case parsed && parse.Context.Error == nil: // nothing is wrong with what is there
		text = cmp.Or(missing(parse.Context.Selected()), text)
	}
	f := usage("%s", text)
	if parsed && parse.Context.Selected() != nil {
		return f.try(parse.Context.Selected().FullPath() + " --help lists its flags")
	}
	return f.try(program + " --help lists the commands")
}

// missing says what a command needs and was not given; "" where that is nothing.
func missing(command *kong.Node) string {
	if command == nil {
		return ""
	}
	for _, arg := range command.Positional {
		if arg.Required && !arg.Set {
			return fmt.Sprintf("%s is missing: %s", strings.ToUpper(arg.Name), strings.ToLower(arg.Help[:1])+strings.TrimSuffix(arg.Help[1:], "."))
		}
	}
	for _, flag := range command.Flags {
		if flag.Required && !flag.Set {
			return fmt.Sprintf("--%s %s is missing: %s", flag.Name, flag.PlaceHolder, strings.ToLower(flag.Help[:1])+strings.TrimSuffix(flag.Help[1:], "."))
		}
	}
	return ""
}

// exits is the part of every help that says what the exit status means.
const exits = `
Exit status:

    0  every row is accepted or unchanged
    1  the importer failed: a full disk, a damaged checkpoint, a bug
    2  the command line, the config file or an input file is wrong
    3  finished; some rows were rejected or failed: see rejects.csv
    4  stopped early; the same command resumes
    5  the server refuses this client: credentials, scope or address
    6  another run holds the checkpoint
    7  finished; some rows are in doubt: see in-doubt.csv
`
