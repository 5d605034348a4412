package htmlreport

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium, spoken to in its DevTools protocol over two pipes: messages end with a NUL byte.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	last    int
	// told is what the browser said without being asked: complaints, and requests for anything but the page.
	told []string
}

// message is a command, an answer or an event.
type message struct {
	ID        int                       `json:"id,omitempty"`
	SessionID string                    `json:"sessionId,omitempty"`
	Method    string                    `json:"method,omitempty"`
	Params    any                       `json:"params,omitempty"`
	Result    json.RawMessage           `json:"result,omitempty"`
	Error     *struct{ Message string } `json:"error,omitempty"`
}

// chromium finds the browser: CHROMIUM in the environment, or a usual name.
func chromium(t *testing.T) string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("no Chromium here, so nobody looks at the page: install Debian's package chromium, or name one in CHROMIUM")
	return ""
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := chromium(t)
	toBrowser, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--user-data-dir="+profileDir(t), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser} // descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close() // which ends the browser
		cancel()
		_ = cmd.Wait()
	})
	b.attach()
	return b
}

// attach opens a tab and listens to what it complains of and asks for.
func (b *browser) attach() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
}

// call sends a command and reads until its answer has come.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	data, err := json.Marshal(message{ID: b.last, SessionID: b.session, Method: method, Params: params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(data, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		m := b.read()
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// read reads a message, and keeps what it tells.
func (b *browser) read() message {
	b.t.Helper()
	data, err := b.out.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser is gone: %v", err)
	}
	var m message
	if err := json.Unmarshal(data[:len(data)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	text := string(data)
	switch m.Method {
	case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		b.told = append(b.told, text)
	case "Network.requestWillBeSent":
		if !regexp.MustCompile(`"url":"(file:///[^"]*page\.html|about:blank|data:,)[#"]`).MatchString(text) {
			b.told = append(b.told, text)
		}
	}
	return m
}

// look is one way to look at a page.
type look struct {
	name          string
	width         int
	scheme, media string
}

func views() []look {
	return []look{{"360-light", 360, "light", "screen"}, {"360-dark", 360, "dark", "screen"}, {"1280-light", 1280, "light", "screen"},
		{"1280-dark", 1280, "dark", "screen"}, {"print", 700, "dark", "print"}}
}

// open loads a file as v says.
func (b *browser) open(path string, v look) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": v.width, "height": 900, "deviceScaleFactor": 1, "mobile": v.width < 600}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": v.media,
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": v.scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	for b.read().Method != "Page.loadEventFired" {
	}
}

// eval returns what an expression is worth in the page.
func (b *browser) eval(expression string, value any) {
	b.t.Helper()
	var answer struct {
		Result struct{ Value json.RawMessage }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if err := json.Unmarshal(answer.Result.Value, value); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

// keep writes a picture of the whole page, or the page on paper, beside the test's other output.
func (b *browser) keep(dir, name, method string, params map[string]any) {
	b.t.Helper()
	var shot struct{ Data string }
	b.call(method, params, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil || len(data) < 5000 {
		b.t.Errorf("%s: %d bytes, %v", name, len(data), err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		b.t.Error(err)
	}
}

// tooWide lists what sticks out of the window. What scrolls within its own box does not.
const tooWide = `(() => {
	const w = document.documentElement.clientWidth, out = [];
	if (document.documentElement.scrollWidth > w) out.push('the page is ' + document.documentElement.scrollWidth + ' wide');
	for (const e of document.querySelectorAll('main *, header *, nav *, footer *')) {
		const r = e.getBoundingClientRect();
		if (r.width && (r.right > w + 1 || r.left < -1) && !e.closest('.scroll, svg, .unseen')) out.push(e.tagName + ' ' + e.className + ' ends at ' + r.right);
	}
	return out.slice(0, 5);
})()`

// A browser shows the figures of report.json, complains of nothing, asks for nothing, and keeps within windows of phones and
// of desks, in light, dark and print. With go test -artifacts the pictures are kept.
func TestChromium(t *testing.T) {
	b := startBrowser(t)
	artifacts := t.ArtifactDir()
	for name, s := range samples(t) {
		if name == "hostile" {
			s.options.Details = s.options.Details[:5] // every one is as bad as the first
		}
		dir := filepath.Join(artifacts, name)
		path := filepath.Join(dir, "page.html")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(render(t, s)), 0o600); err != nil {
			t.Fatal(err)
		}
		pictured := slices.Contains([]string{"rejects", "stopped", "empty", "merged", "throttled"}, name)
		for _, v := range views() {
			b.open(path, v)
			b.fits(name + ", " + v.name)
			b.paper(name+", "+v.name, v)
			b.figures(name, leaves(t, s.report))
			if pictured {
				b.keep(dir, v.name+".png", "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "format": "png"})
			}
		}
		if name == "rejects" {
			b.keep(dir, "print.pdf", "Page.printToPDF", map[string]any{"preferCSSPageSize": true})
		}
	}
	for _, complaint := range b.told {
		t.Errorf("the browser says %.400s", complaint)
	}
}

func (b *browser) fits(where string) {
	b.t.Helper()
	var out []string
	b.eval(tooWide, &out)
	if len(out) > 0 {
		b.t.Errorf("%s: %s", where, strings.Join(out, "; "))
	}
}

// paper looks whether the page is dark where that is asked for, and white in print.
func (b *browser) paper(where string, v look) {
	b.t.Helper()
	var color string
	b.eval(`getComputedStyle(document.body).backgroundColor`, &color)
	if dark := color != "rgb(255, 255, 255)"; dark != (v.scheme == "dark" && v.media == "screen") {
		b.t.Errorf("%s: the paper is %s", where, color)
	}
}

// figures looks for the report's figures in what a person can see.
func (b *browser) figures(where string, report map[string]string) {
	b.t.Helper()
	if where == "hostile" { // which has more than a page shows
		return
	}
	var seen []string
	b.eval(`[...document.querySelectorAll('data')].filter(e => e.closest('details') || e.checkVisibility()).map(e => e.value)`, &seen)
	values := map[string]bool{}
	for _, v := range seen {
		values[v] = true
	}
	for at, figure := range report {
		if strings.HasPrefix(at, ".counts") || strings.HasPrefix(at, ".http") || strings.HasSuffix(at, ".count") || at == ".run.exitCode" {
			if !values[figure] {
				b.t.Errorf("%s: no %s to be seen for %s", where, figure, at)
			}
		}
	}
}

// profileDir is a directory that is removed when the browser has let go of it: its helpers write for a while after it ended.
func profileDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "chromium-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Log(err)
	})
	return dir
}
