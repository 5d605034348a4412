package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gradebook-import/importer/oneroster/sandbox"
)

// tattler is a server that repeats what it is told, in every way in which servers refuse: the request's body, its path
// and its token come back in errors, pages, headers and redirects.
type tattler struct {
	*httptest.Server
	right *sandbox.Server

	mu               sync.Mutex
	sends            int
	redirect, locked bool
	secrets          []string // tokens, and credentials as they came
}

func newTattler(t *testing.T) *tattler {
	s := &tattler{right: sandbox.New(sandbox.Config{})}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// turn changes what the server does from now on.
func (s *tattler) turn(redirect, locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redirect, s.locked = redirect, locked
}

func (s *tattler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	told := string(body) + " " + r.URL.Path + " " + r.Header.Get("Authorization")
	switch {
	case s.locked:
		w.Header().Set("WWW-Authenticate", "Bearer error=\"invalid_token\", error_description="+strconv.Quote(told))
		complain(w, http.StatusUnauthorized, told)
	case r.URL.Path == sandbox.TokenPath:
		s.right.ServeHTTP(w, r)
	case s.redirect:
		http.Redirect(w, r, "/elsewhere?was="+url.QueryEscape(told), http.StatusTemporaryRedirect)
	case r.Method != http.MethodPost:
		s.right.ServeHTTP(w, r)
	default:
		s.sends++
		s.refuse(w, r, s.sends, told)
	}
}

// refuse answers the nth POST.
func (s *tattler) refuse(w http.ResponseWriter, r *http.Request, n int, told string) {
	codes := map[int]int{2: 422, 4: 400, 6: 404, 8: 409, 10: 429, 12: 403, 14: 500, 16: 503, 18: 418, 20: 422, 22: 422, 24: 422, 26: 400}
	switch {
	case n == 28:
		w.Header().Set("WWW-Authenticate", "Bearer error_description="+strconv.Quote(told))
		complain(w, http.StatusUnauthorized, told)
	case n == 30: // done, and then a page
		s.right.ServeHTTP(httptest.NewRecorder(), r)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "<html><body>%s</body></html>", html.EscapeString(told))
	case n == 32: // done, and no answer
		s.right.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case codes[n] != 0:
		w.Header().Set("Retry-After", "0")
		complain(w, codes[n], told)
	default:
		s.right.ServeHTTP(w, r)
	}
}

func complain(w http.ResponseWriter, code int, told string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_description": "not for " + told,
		"imsx_error_details": []map[string]string{{"score": told}, {"comment": told}}})
}

// privateRows has distinct cells of students' data in every row, good and bad.
func privateRows(change string) string {
	var b strings.Builder
	b.WriteString("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,textScore,scoreDate,comment,metadata.tutor,late\n")
	for i := range 60 {
		id, student, score, date := fmt.Sprintf("res-9f3a-%03d", i), fmt.Sprintf("stu-7c1e-%03d", i), fmt.Sprintf("71.48%03d", i), "2026-06-01"
		switch i {
		case 3:
			score = "88,4501"
		case 7:
			student = "stu 7c1e 007"
		case 11, 12:
			score = fmt.Sprintf("ninety-%d", i)
		case 17:
			id = "res-9f3a-016" // as the row before
		case 23:
			date = "01/02/2026"
		case 29:
			student = "7.00123E+11"
		}
		comment := fmt.Sprintf("Nadia Okonkwo-%03d%s <said> \"\"no\"\" & left", i, change)
		fmt.Fprintf(&b, "%s,li-1,%s,fully graded,\"%s\",Distinguished-%03d,%s,\"%s\",Tutor Bergström-%03d,true\n", id, student, score, i, date, comment, i)
	}
	return b.String()
}

// studentCells are the cells of a file that are a student's data, in every spelling that an output may give them, and
// what an unsalted hash would make of the ids.
func studentCells(t *testing.T, file string) (words []string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	private := []string{"sourcedId", "studentSourcedId", "score", "textScore", "comment", "metadata.tutor"}
	for _, record := range records[1:] {
		for i, name := range records[0] {
			if !slices.Contains(private, name) {
				continue
			}
			cell := record[i]
			if len(cell) < 6 {
				t.Fatalf("%q is too short to be looked for", cell)
			}
			quoted, _ := json.Marshal(cell)
			sum := sha256.Sum256([]byte(cell))
			words = append(words, cell, strings.Trim(string(quoted), `"`), html.EscapeString(cell), url.QueryEscape(cell), url.PathEscape(cell),
				strings.Trim(strconv.Quote(cell), `"`), hex.EncodeToString(sum[:])[:12])
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// found are the words that a text holds.
func found(text string, words []string) (in []string) {
	for _, word := range words {
		if word != "" && strings.Contains(text, word) {
			in = append(in, word)
		}
	}
	return in
}

// privateLab runs the program and keeps all that it shows.
type privateLab struct {
	t      *testing.T
	dir    string
	server *tattler
	format string
}

// shown runs the program, which must end with a status, and returns what it printed and logged, and the reports.
func (p *privateLab) shown(want string, args ...string) (log, all string) {
	p.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), secretVariable + "=" + testSecret, "GRADEBOOK_BASE_URL=" + p.server.URL,
		"GRADEBOOK_TOKEN_URL=" + p.server.URL + sandbox.TokenPath, "GRADEBOOK_CLIENT_ID=district-sis", "GRADEBOOK_SETTLE=50ms",
		"GRADEBOOK_LOG_LEVEL=debug", "GRADEBOOK_LOG_FORMAT=" + p.format}
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if got := statusOf(cmd.Run()); got != want {
		p.t.Errorf("%v: status %s, want %s\n%s\n%s", args, got, want, out.String(), err.String())
	}
	all = out.String() + err.String()
	for _, name := range []string{"report.json", "report.html", "verify.json", "verify.html"} {
		data, readErr := os.ReadFile(filepath.Join(p.dir, "gradebook-report", name))
		if readErr != nil && !errors.Is(readErr, os.ErrNotExist) {
			p.t.Error(readErr)
		}
		all += string(data)
	}
	return err.String(), all
}

// TestNobodysDataIsShown runs the program at debug level among everything that goes wrong, and looks for every cell of
// student data, and for secrets, in all that it shows. That it finds what is there, --show-values proves.
func TestNobodysDataIsShown(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			p := &privateLab{t: t, dir: t.TempDir(), server: newTattler(t), format: format}
			before, after := privateRows(""), privateRows(" (corrected)")
			words := append(studentCells(t, before), studentCells(t, after)...)
			p.write("results.csv", before)
			p.write("corrected.csv", after)
			var logs []string
			keep := func(want string, args ...string) {
				t.Helper()
				log, all := p.shown(want, args...)
				logs = append(logs, log)
				p.server.mu.Lock()
				secrets := append(slices.Clone(p.server.secrets), testSecret)
				p.server.mu.Unlock()
				for _, word := range found(all, append(secrets, words...)) {
					t.Errorf("%v shows %q:\n%s", args, word, where(all, word))
				}
			}
			keep("3", "validate", "results.csv")
			keep("3", "run", "results.csv")
			keep("3", "run", "results.csv", "--in-doubt", "resend")
			keep("3", "run", "corrected.csv")
			keep("3", "verify", "corrected.csv")
			keep("3", "run", "corrected.csv", "--update", "--method", "put")
			keep("0", "status")
			keep("0", "status", "--json")
			keep("4", "run", "results.csv", "--max-errors", "0", "--checkpoint", "other.db")
			keep("0", "report", "gradebook-report/report.json", "--json")
			p.server.turn(true, false)
			keep("5", "run", "results.csv", "--checkpoint", "other.db")
			keep("5", "verify", "results.csv")
			p.server.turn(false, true)
			keep("5", "run", "results.csv", "--checkpoint", "other.db")
			p.structured(logs)

			p.server.turn(false, false)
			if _, all := p.shown("3", "validate", "results.csv", "--show-values"); len(found(all, words)) == 0 {
				t.Error("nothing is found where values are shown")
			}
		})
	}
}

func (p *privateLab) write(name, content string) {
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// where is the line that holds a word.
func where(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line[:min(len(line), 600)]
		}
	}
	return "(over several lines)"
}

// structured checks that logs are lines of their format, that a row keeps its key within a run, and that no other run
// gives anybody that key.
func (p *privateLab) structured(logs []string) {
	earlier := map[string]bool{}
	for _, log := range logs {
		within := map[string]string{} // the key of each place
		for line := range strings.Lines(log) {
			at, key := p.keyed(line)
			if key == "" {
				continue
			}
			if earlier[key] {
				p.t.Errorf("another run has the key %s of %s", key, at)
			}
			if within[at] != "" && within[at] != key {
				p.t.Errorf("%s has two keys in one run: %s and %s", at, within[at], key)
			}
			within[at] = key
		}
		for _, key := range within {
			earlier[key] = true
		}
	}
	if len(earlier) < 100 {
		p.t.Errorf("only %d keys are in the logs", len(earlier))
	}
}

var logfmt = regexp.MustCompile(`^time=\S+ level=[A-Z]+ msg=("[^"]*"|\S+)( file=(\S+) line=(\d+) key=(\w+))?`)

// keyed is the row that a line of the log is about.
func (p *privateLab) keyed(line string) (at, key string) {
	if p.format == "json" {
		var l struct {
			Time, Level, Msg, File, Key string
			Line                        int
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Time == "" || l.Level == "" || l.Msg == "" {
			p.t.Errorf("no line of a log (%v): %s", err, line)
		}
		return fmt.Sprint(l.File, ":", l.Line), l.Key
	}
	match := logfmt.FindStringSubmatch(line)
	if match == nil {
		if !strings.HasPrefix(line, program+": ") && !strings.HasPrefix(line, "  hint: ") {
			p.t.Errorf("no line of a log: %s", line)
		}
		return "", ""
	}
	return match[3] + ":" + match[4], match[5]
}
