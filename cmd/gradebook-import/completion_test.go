package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"gradebook-import/importer/gradecsv"
)

// completes returns what bash offers for a command line, with the cursor at its end.
func completes(t *testing.T, line string) string {
	t.Helper()
	var script bytes.Buffer
	bashCompletion(&script, model(t).Node)
	words := strings.Split(line, " ")
	fmt.Fprintf(&script, "cd ../../samples\nCOMP_WORDS=(%s) COMP_CWORD=%d\ncompopt() { :; }\n_gradebook_import\necho \"${COMPREPLY[*]}\"\n",
		"'"+strings.Join(words, "' '")+"'", len(words)-1)
	cmd := exec.Command("bash", "--norc", "-c", script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// model is the whole command line.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newParser(&terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, &configFiles{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

func TestBashCompletes(t *testing.T) {
	for line, want := range map[string]string{
		"gradebook-import v":                           "validate verify version",
		"gradebook-import checkpoint ":                 "compact forget",
		"gradebook-import run --auth":                  "--auth-style",
		"gradebook-import run --auth-style ":           "params header",
		"gradebook-import run --auth-style = h":        "header",
		"gradebook-import run --auth-style =":          "params header",
		"gradebook-import run --dry-run canvas.":       "canvas.csv",
		"gradebook-import run --report-dir map":        "mappings",
		"gradebook-import run --report-dir canvas":     "",
		"gradebook-import checkpoint forget --older":   "--older-than",
		"gradebook-import completion z":                "zsh",
		"gradebook-import run --update --in-doubt res": "resend",
		"gradebook-import run --rate ":                 "",
		"gradebook-import --conf":                      "--config",
	} {
		if got := completes(t, line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// zsh and fish are not everywhere: what holds for their scripts is that every command and flag is in them, and that
// nothing ends a quote early.
func TestCompletionHasEveryFlag(t *testing.T) {
	app := model(t)
	var zsh, fish bytes.Buffer
	zshCompletion(&zsh, app.Node)
	fishCompletion(&fish, app.Node)
	for _, n := range nodes(app.Node) {
		for _, flag := range flagsOf(n) {
			if !strings.Contains(zsh.String(), "'--"+flag.Name) || !strings.Contains(fish.String(), " -l "+flag.Name+" ") {
				t.Errorf("%s: --%s is missing", n.FullPath(), flag.Name)
			}
		}
	}
	for name, script := range map[string]string{"zsh": zsh.String(), "fish": fish.String()} {
		for line := range strings.Lines(script) {
			plain := strings.NewReplacer(`'\''`, "", `\'`, "").Replace(line)
			if strings.Count(plain, "'")%2 != 0 {
				t.Errorf("%s: a quote is not closed: %s", name, line)
			}
		}
	}
}

// Help fits 80 columns, and every flag has a purpose.
func TestHelpFits(t *testing.T) {
	for _, n := range nodes(model(t).Node) {
		var out bytes.Buffer
		parser, err := newParser(&terminal{out: &out, err: &out}, &configFiles{})
		if err != nil {
			t.Fatal(err)
		}
		parser.Exit = func(int) {}
		_, _ = parser.Parse(append(strings.Fields(commandName(n)), "--help")) // help ends with an exit, which does nothing here
		if out.Len() == 0 {
			t.Errorf("%s has no help", n.FullPath())
		}
		for line := range strings.Lines(out.String()) {
			if len([]rune(strings.TrimRight(line, "\n"))) > helpWidth {
				t.Errorf("%s: %d columns: %s", n.FullPath(), len([]rune(line)), line)
			}
		}
		for _, flag := range n.Flags {
			if flag.Name != "help" && !flag.Hidden && (flag.Group == nil || flag.Help == "") {
				t.Errorf("%s: --%s has no group or no help", n.FullPath(), flag.Name)
			}
		}
	}
}

// Every setting of the example can be taken into a config file as it stands there.
func TestConfigExampleIsAConfigFile(t *testing.T) {
	for _, o := range settingsOf(model(t).Node) {
		if o.flag.Default == "" {
			continue
		}
		var line bytes.Buffer
		o.example(&line)
		all := strings.Split(strings.TrimSpace(line.String()), "\n")
		s, err := loadConfig(strings.NewReader(strings.TrimPrefix(all[len(all)-1], "# ")))
		if err != nil || len(s.values[o.flag.Name].texts) != 1 || s.values[o.flag.Name].texts[0] != o.flag.Default {
			t.Errorf("%s: %v, %+v", all[len(all)-1], err, s)
		}
		if err := s.Validate(model(t)); err != nil {
			t.Error(err)
		}
	}
}

// The encodings of the flag are those of the reader.
func TestEncodings(t *testing.T) {
	for _, o := range settingsOf(model(t).Node) {
		if o.flag.Name == "encoding" && !slices.Equal(o.flag.EnumSlice(), gradecsv.Encodings()) {
			t.Errorf("%q", o.flag.EnumSlice())
		}
	}
}

func TestScalarIsReadBack(t *testing.T) {
	for _, text := range []string{"", "a", "0123", "http://x.org/a b", "a: b", "a:", "- x", "#", "it's", `a"b\`, "50%", "0/1", " a", "true", "[a]", "a #b", "~", "*x", "ü", "1,2"} {
		s, err := loadConfig(strings.NewReader("key: " + scalar(text) + "  # default"))
		if err != nil || len(s.values["key"].texts) != 1 || s.values["key"].texts[0] != text {
			t.Errorf("%q as %s: %v, %+v", text, scalar(text), err, s)
		}
	}
}
