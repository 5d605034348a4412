package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"

	"gradebook-import/importer"
)

// All talk to people goes through this file, summary.go and progress.go, by these rules: the summary (or report.json)
// goes to stdout and nothing else does; errors, warnings, log and progress go to stderr. What a person must read
// begins with "gradebook-import: ", is one line, has no capital and no full stop. Colour is for terminals alone, and
// nothing is said by colour only. Neither stream ever holds a secret, nor a student's data unless --show-values asks for it.

// terminal is where a command speaks.
type terminal struct {
	out, err io.Writer
	// outColor is whether colours may be used on stdout, errTerminal whether a person watches stderr.
	outColor, errTerminal bool
	// json makes each message a line of JSON, as the log's are.
	json bool
	// diverted is where messages go instead of err while a bar stands there; nil: nowhere else.
	diverted atomic.Pointer[io.Writer]
	// origins say where settings stand; nil while the command line is not read.
	origins *origins
}

// messages is where messages go now.
func (t *terminal) messages() io.Writer {
	if w := t.diverted.Load(); w != nil {
		return *w
	}
	return t.err
}

func newTerminal(out, err *os.File) *terminal {
	return &terminal{
		out: &stdout{w: out}, err: err,
		outColor:    isTerminal(out) && os.Getenv("NO_COLOR") == "" && colors(),
		errTerminal: isTerminal(err),
	}
}

// stdout is standard output. It keeps the first error of writing to it, so that none goes unsaid whichever command wrote.
type stdout struct {
	w   io.Writer
	err error
}

func (s *stdout) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err == nil {
		return n, nil
	}
	if s.err == nil {
		var file *fs.PathError
		if errors.As(err, &file) {
			err = file.Err
		}
		s.err = fmt.Errorf("standard output cannot be written (%w): what stands there is not all; see to where it goes", err)
	}
	return n, s.err
}

// unsaid is what kept a command from printing all that it had to say.
func (t *terminal) unsaid() error {
	if s, ok := t.out.(*stdout); ok && s.err != nil {
		return &failure{status: importer.ExitFailed, err: s.err}
	}
	return nil
}

// colors tells whether terminals here take colours as a matter of course. Old consoles of Windows print them as litter.
func colors() bool { return runtime.GOOS != "windows" || os.Getenv("WT_SESSION") != "" }

// isTerminal tells whether a person reads f, on a terminal that can move its cursor.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("TERM") == "dumb" {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// fail says why the program ends, if that was not said before. A disk that is full makes several things fail in the same
// way: that is said once.
func (t *terminal) fail(err error) {
	said := map[string]bool{}
	for _, each := range parts(err) {
		var done finished
		if errors.As(each, &done) || said[each.Error()] {
			continue
		}
		said[each.Error()] = true
		var f *failure
		hint := ""
		if errors.As(each, &f) {
			hint = f.hint
		}
		t.say(t.err, slog.LevelError, "", each.Error(), hint)
	}
}

// parts are the errors that err joins and says nothing of its own about.
func parts(err error) (all []error) {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &joined) || err.Error() != errors.Join(joined.Unwrap()...).Error():
		return []error{err}
	}
	for _, each := range joined.Unwrap() {
		all = append(all, parts(each)...)
	}
	return all
}

// inOneLine is all that an error says, for a report.
func inOneLine(err error) string {
	var all []string
	for _, each := range parts(err) {
		if text := oneLine(each.Error()); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

// oneLine keeps a message in its line, whatever it quotes.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, text)
}

// warn says what does not stop the program.
func (t *terminal) warn(format string, args ...any) {
	t.say(t.messages(), slog.LevelWarn, "warning: ", fmt.Sprintf(format, args...), "")
}

// note tells what happens.
func (t *terminal) note(format string, args ...any) {
	t.say(t.messages(), slog.LevelInfo, "", fmt.Sprintf(format, args...), "")
}

// say writes a message and, where there is one, a hint.
func (t *terminal) say(w io.Writer, level slog.Level, kind, text, hint string) {
	if t.json {
		log := slog.New(slog.NewJSONHandler(w, nil))
		if hint != "" {
			log = log.With("hint", hint)
		}
		log.Log(context.Background(), level, oneLine(text))
		return
	}
	fmt.Fprintf(w, "%s: %s%s\n", program, kind, oneLine(text))
	if hint != "" {
		fmt.Fprintf(w, "  hint: %s\n", hint)
	}
}

// warnEnvironment warns of variables that are almost the name of a setting.
func (t *terminal) warnEnvironment(app *kong.Application) {
	names := []string{secretVariable}
	for _, flag := range flagNames(app.Node) {
		names = append(names, variable(flag))
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "GRADEBOOK_") {
			continue
		}
		for _, known := range names {
			if !slices.Contains(names, name) && levenshtein.ComputeDistance(name, known) <= 2 {
				t.warn("the environment variable %s is no setting; did you mean %s?", name, known)
				break
			}
		}
	}
}

// AfterApply is kong's hook: where the log is JSON, what else is said on stderr is JSON too.
func (f *outputFlags) AfterApply(t *terminal) error {
	t.json = f.LogFormat == "json"
	return nil
}

// logger writes to w, as the flags say, or from a level on where they say nothing.
func (f *outputFlags) logger(w io.Writer, level slog.Level) *slog.Logger {
	if f.LogLevel != "auto" {
		if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
			panic(program + ": internal error: log level " + f.LogLevel)
		}
	}
	options := &slog.HandlerOptions{Level: level}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// quote is an argument as a POSIX shell reads it, or on Windows, as its shells do.
func quote(arg string) string {
	plain := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,"
	if runtime.GOOS == "windows" {
		plain += `\`
	}
	if arg != "" && strings.Trim(arg, plain) == "" {
		return arg
	}
	if runtime.GOOS == "windows" {
		return `"` + arg + `"` // no file name has a double quote
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// sameCommand is the command line of this process, to copy and paste, with files that it moved where they are now.
func sameCommand(m moved) string {
	quoted := make([]string, len(os.Args))
	for i, arg := range os.Args {
		if to, ok := m[arg]; ok {
			arg = to
		}
		quoted[i] = quote(arg)
	}
	return strings.Join(quoted, " ")
}
