//go:build unix

package main

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer/oneroster/sandbox"
)

// The README's recording of a terminal is what the program says there: each line of the bar comes up, one after the other;
// Ctrl-C is pressed when the last one stands; then the screen is compared, and that of the command that goes on. Numbers of
// rows, rates and times may be others.
func TestREADMERecording(t *testing.T) {
	gradebook := &moody{right: sandbox.New(sandbox.Config{})}
	gradebook.takes.Store(int64(40 * time.Millisecond))
	server := httptest.NewServer(gradebook)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	settings := "base-url: " + server.URL + "\ntoken-url: " + server.URL + sandbox.TokenPath + "\nclient-id: district\nconcurrency: 4\n"
	grades := manyRows(0)
	for i := range 2000 {
		grades += goodLine(1000 + i) // each as long as the next, so that their number is guessed well
	}
	for name, text := range map[string]string{"district.yaml": settings, "grades.csv": grades} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	recorded := transcripts(t, "text")
	if len(recorded) != 2 {
		t.Fatalf("%d commands in the recording, want the one that is stopped and the one that goes on", len(recorded))
	}

	bar, stopped, _ := strings.Cut(recorded[0].output, "^C\n")
	c := startConsole(t, dir, 120, commandLine(t, recorded[0].command))
	for line := range strings.Lines(bar) {
		gradebook.mood.Store(well)
		if strings.Contains(line, "server asked for a pause") {
			gradebook.mood.Store(busy)
		}
		c.since()
		c.drawn(constant(line))
	}
	if _, err := io.WriteString(c.tty, "\x03"); err != nil {
		t.Fatal(err)
	}
	compareRecording(t, screen(c.ended("4")), stopped)

	gradebook.takes.Store(0)
	c = startConsole(t, dir, 120, commandLine(t, recorded[1].command))
	compareRecording(t, screen(c.ended("0")), recorded[1].output)
}

// commandLine are the arguments of a command of the recording, which has nothing that a shell would change.
func commandLine(t *testing.T, command string) []string {
	t.Helper()
	words := strings.Fields(command)
	if words[0] != program {
		t.Fatalf("%q: not a command of this program", command)
	}
	return words[1:]
}

// drawn waits until the bar has looked so.
func (c *console) drawn(want string) {
	c.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	tired := time.After(patience)
	for over := false; ; {
		text := constant(plain(c.said()))
		if slices.Contains(strings.Split(text, "\n"), strings.TrimSpace(want)) {
			return
		}
		if over {
			c.t.Fatalf("the README has\n%s\nwhich the bar does not show:\n%s", want, text)
		}
		select {
		case <-tick.C:
		case <-c.done:
			over = true
		case <-tired:
			over = true
		}
	}
}

// compareRecording compares what stands on the screen with what the README has, line by line.
func compareRecording(t *testing.T, screen, readme string) {
	t.Helper()
	got, want := strings.Split(constant(screen), "\n"), strings.Split(constant(readme), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d differs from the README's. The screen has:\n%s\n\nthe README has:\n%s", i+1, screen, readme)
		}
	}
}

// varying are what is another from one run to the next, with what stands for it: the bar itself, and how many rows, how
// fast and how long. A zero is always one.
var varying = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`\[[=> ]+\]`), "[bar]"},
	{regexp.MustCompile(`(?m)^ *\d+ %`), "N %"},
	{regexp.MustCompile(`[\d,]+ of ~[\d,]+ rows`), "N of ~N rows"},
	{regexp.MustCompile(`\d+/s`), "N/s"},
	{regexp.MustCompile(`[\d,]+ refused`), "N refused"},
	{regexp.MustCompile(`\d+ (s|min \d+ s|min) left`), "N left"},
	{regexp.MustCompile(`pause: \d+ s`), "pause: N s"},
	{regexp.MustCompile(`(?m)^ +~?[1-9][\d,]*  `), "N  "},
}

// constant is a text of the terminal with what varies taken out.
func constant(text string) string {
	for _, u := range varying {
		text = u.what.ReplaceAllString(text, u.as)
	}
	return strings.TrimSpace(text)
}

// screen is what stands on a terminal after it was sent text: the last of what was drawn over. The recording has none of
// the colours.
func screen(text string) string {
	var lines [][]rune
	row, col := 0, 0
	for len(text) > 0 {
		if m := control.FindStringSubmatch(text); m != nil {
			text = text[len(m[0]):]
			switch n, _ := strconv.Atoi(m[1]); m[2] {
			case "A":
				row = max(0, row-max(n, 1))
			case "J":
				if row < len(lines) {
					lines = append(lines[:row], lines[row][:min(col, len(lines[row]))])
				}
			}
			continue
		}
		r := []rune(text[:min(4, len(text))])[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			col = 0
		case '\n':
			row++
		default:
			for len(lines) <= row {
				lines = append(lines, nil)
			}
			for len(lines[row]) <= col {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][col] = r
			col++
		}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

// control is a control sequence at the beginning of a text.
var control = regexp.MustCompile(`^\x1b\[([0-9]*)[0-9;?]*([A-Za-z])`)
