package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// checkpointCost compares with no checkpoint a fresh one, and one that knows speedBig rows already: what a row costs at the end
// of an import so large.
func (b *bench) checkpointCost() {
	path := b.file(*speedRows)
	large := filepath.Join(b.dir, "large.db")
	b.fill(large, *speedBig)
	var fresh, known []float64
	for range *speedRuns {
		without, _ := b.inProcess(path, false)
		with, _ := b.inProcess(path, true)
		fresh = append(fresh, with.Seconds()/without.Seconds())
		copied := filepath.Join(b.dir, "copied.db")
		b.command("cp", large, copied)
		journal, end := b.journal(copied)
		with, _ = b.inProcessWith(path, journal)
		end()
		known = append(known, with.Seconds()/without.Seconds())
	}
	ratio("time with the checkpoint ÷ without", "≤ 1.10", fresh, "")
	ratio(fmt.Sprintf("the same when it knows %d rows", *speedBig), "no more", known, "")
}

// fill makes a checkpoint that knows n rows, none of them of a file of these measurements.
func (b *bench) fill(db string, n int) {
	journal, end := b.journal(db)
	defer end()
	_, err := journal.StartRun(checkpoint.RunInfo{})
	b.check(err)
	const batch = 4096
	for from := 0; from < n; from += batch {
		intents := make([]checkpoint.Intent, min(batch, n-from))
		outcomes := make([]checkpoint.Outcome, len(intents))
		for i := range intents {
			sum := sha256.Sum256(fmt.Append(nil, "another row ", from+i))
			intents[i] = checkpoint.Intent{Key: checkpoint.Key(sum[:16]), Digest: checkpoint.Digest(sum[16:]), Op: checkpoint.Create, Line: uint32(from + i)}
		}
		first, err := journal.Begin(intents)
		b.check(err)
		for i := range outcomes {
			outcomes[i] = checkpoint.Outcome{Seq: first + uint64(i), State: checkpoint.Accepted}
		}
		b.check(journal.Finish(outcomes))
	}
}

// inProcess imports in this process, with a fresh checkpoint file or without one.
func (b *bench) inProcess(path string, withFile bool) (took time.Duration, mallocs uint64) {
	if !withFile {
		return b.inProcessWith(path, checkpoint.NewMemory())
	}
	db := filepath.Join(b.dir, "inprocess.db")
	os.Remove(db)
	journal, end := b.journal(db)
	defer end()
	return b.inProcessWith(path, journal)
}

// journal opens a checkpoint, of one target whatever the server's port.
func (b *bench) journal(db string) (_ *checkpoint.Journal, end func()) {
	store, err := checkpoint.Open(db, checkpoint.Options{})
	b.check(err)
	journal, err := store.Target("http://127.0.0.1", "me")
	b.check(err)
	return journal, func() { b.check(store.Close()) }
}

func (b *bench) inProcessWith(path string, journal *checkpoint.Journal) (took time.Duration, mallocs uint64) {
	url, end := b.server()
	defer end()
	_, err := journal.StartRun(checkpoint.RunInfo{})
	b.check(err)
	client, err := oneroster.NewClient(oneroster.Config{BaseURL: url, TokenURL: url + "/oauth2/token", ClientID: "me", ClientSecret: "secret",
		Timeout: 30 * time.Second, Concurrency: speedConcurrency})
	b.check(err)
	defer client.Close()
	before := mallocsNow()
	began := time.Now()
	reader, err := gradecsv.Open([]string{path}, gradecsv.Options{})
	b.check(err)
	defer reader.Close()
	r, err := importer.Run(context.Background(), importer.Config{Source: reader, Gateway: client, Journal: journal, Concurrency: speedConcurrency})
	b.check(err)
	if r.Counts.Accepted != r.Counts.Read {
		b.Fatalf("%+v", r.Counts)
	}
	return time.Since(began), mallocsNow() - before
}
