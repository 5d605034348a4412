package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
)

const (
	asIs, asWritten = "https://x.example.org", "https://X.Example.org"
	elsewhere       = "https://y.example.org"
)

// targetsIn makes a checkpoint with targets of one client, in this order, each with a row of its own.
func targetsIn(t *testing.T, addresses ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gradebook.db")
	store := openStore(t, path)
	for _, address := range addresses {
		reachAt(t, store, address)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func openStore(t *testing.T, path string) *checkpoint.Store {
	t.Helper()
	store, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// keyAt is the key of the row at an address, so that it can be found in the file.
func keyAt(address string) (k checkpoint.Key) {
	copy(k[:], strings.Replace(address, "https://", "row of ", 1))
	return k
}

func reachAt(t *testing.T, store *checkpoint.Store, address string) {
	t.Helper()
	journal := targetAt(t, store, address)
	first, err := journal.Begin([]checkpoint.Intent{{Key: keyAt(address), Op: checkpoint.Create}})
	if err == nil {
		err = journal.Learn(checkpoint.Facts{Reached: true})
	}
	if err == nil {
		err = journal.Finish([]checkpoint.Outcome{{Seq: first, State: checkpoint.Accepted}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func targetAt(t *testing.T, store *checkpoint.Store, address string) *checkpoint.Journal {
	t.Helper()
	journal, err := store.Target(address, "me")
	if err == nil {
		_, err = journal.StartRun(checkpoint.RunInfo{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return journal
}

// spelledIn is what a run for an address finds in a checkpoint, and what it says.
func spelledIn(t *testing.T, path, address string) (found, said string) {
	t.Helper()
	store := openStore(t, path)
	defer store.Close()
	target := checkpoint.Target{BaseURL: address, ClientID: "me"}
	if address == sandboxTarget().BaseURL {
		target = sandboxTarget()
	}
	var stderr bytes.Buffer
	got, err := spelled(store, target, &terminal{err: &stderr})
	if err != nil {
		t.Fatal(err)
	}
	return got.BaseURL, stderr.String()
}

// A target that is there letter by letter is the one, whatever else is another spelling of it; without it, one to which
// something was sent. Hosts are several, since a file has its targets in the order of their hashes.
func TestTheRightSpellingOfATarget(t *testing.T) {
	for _, host := range strings.Split("abcdefgh", "") {
		exact, written, again := "https://"+host+".example.org", "https://"+host+".Example.org", "HTTPS://"+host+".EXAMPLE.org/"
		if got, said := spelledIn(t, targetsIn(t, written, exact, elsewhere), exact); got != exact || said != "" {
			t.Errorf("%s, with %q; want %s", got, said, exact)
		}
		path := targetsIn(t, written)
		store := openStore(t, path)
		targetAt(t, store, again)
		store.Close()
		if got, said := spelledIn(t, path, exact); got != written || said != "" {
			t.Errorf("%s, with %q; want %s", got, said, written)
		}
	}
}

// Rows of another gradebook are told of where none of this one's are known. The sandbox is no gradebook's other name.
func TestOtherTargetsAreToldOf(t *testing.T) {
	for _, c := range []struct {
		address string
		others  []string
		told    bool
	}{
		{asIs, []string{elsewhere}, true},
		{asIs, []string{elsewhere, asIs}, false},
		{asIs, []string{elsewhere, asWritten}, false},
		{asIs, nil, false},
		{"sandbox", []string{elsewhere}, false},
	} {
		if _, said := spelledIn(t, targetsIn(t, c.others...), c.address); strings.Contains(said, "knows rows of "+elsewhere+" (client me), and none of") != c.told {
			t.Errorf("%s with %q: said %q", c.address, c.others, said)
		}
	}

	path := filepath.Join(t.TempDir(), "gradebook.db")
	store := openStore(t, path)
	journal, err := store.Target(sandboxTarget().BaseURL, sandboxTarget().ClientID)
	if err == nil {
		err = journal.Learn(checkpoint.Facts{Reached: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	if _, said := spelledIn(t, path, asIs); said != "" {
		t.Errorf("after the sandbox: said %q", said)
	}
}

// What another target has is not read: a run of one row needs no memory for its millions, and is not ended by its damage.
func TestAnotherTargetsRowsAreNotRead(t *testing.T) {
	for _, address := range []string{asIs, elsewhere, "sandbox"} {
		path := targetsIn(t, asIs, asWritten)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		foreign := keyAt(asWritten)
		spoilt := bytes.ReplaceAll(data, foreign[:], make([]byte, len(foreign)))
		if err := os.WriteFile(path, spoilt, 0o600); err != nil || bytes.Equal(data, spoilt) {
			t.Fatalf("not damaged: %v", err)
		}
		if got, _ := spelledIn(t, path, address); got != address {
			t.Errorf("%s for %s", got, address)
		}
	}
}

// Reports and metrics have one name of a target, also where the checkpoint has another.
func TestATargetHasOneNameInReportAndMetrics(t *testing.T) {
	g := newGateway(t, http.StatusOK)
	r := newMetricsRun(t, "", nil)
	store := openStore(t, filepath.Join(r.dir, "gradebook.db"))
	if _, err := store.Target(r.server.URL+"/", "district"); err != nil {
		t.Fatal(err)
	}
	store.Close()
	if status := r.exit(t, "--metrics-push", g.URL); status != importer.ExitOK {
		t.Fatalf("status %d:\n%s", status, r.stderr.String())
	}
	report, err := os.ReadFile(filepath.Join(r.dir, "report", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	holds(t, string(report), `    "baseUrl": "`+r.server.URL+`"`)
	var group string
	for i, parts := 0, strings.Split(strings.Join(g.requests, ""), "/"); i < len(parts)-1; i++ {
		if parts[i] == "target@base64" {
			group = parts[i+1]
		}
	}
	if group != base64.RawURLEncoding.EncodeToString([]byte(r.server.URL)) {
		t.Errorf("group %q is not the report's target", group)
	}
	store = openStore(t, filepath.Join(r.dir, "gradebook.db"))
	defer store.Close()
	if targets, err := store.Targets(); err != nil || len(targets) != 1 {
		t.Errorf("targets %v, %v", targets, err)
	}
}

// What was opened last is closed first, all of it whatever fails, and once.
func TestOpenedIsClosedOnce(t *testing.T) {
	var o opened
	var closed []string
	for _, name := range []string{"checkpoint", "server"} {
		o.add(func() error { closed = append(closed, name); return errors.New(name) })
	}
	err := o.close()
	if err == nil || inOneLine(err) != "server; checkpoint" || !slices.Equal(closed, []string{"server", "checkpoint"}) {
		t.Errorf("closed %q: %v", closed, err)
	}
	if err := o.close(); err != nil || len(closed) != 2 {
		t.Errorf("closed again, %q: %v", closed, err)
	}
}
