// Command gradebook-import imports OneRoster results files into a gradebook. Its design is in the doc.go of package
// importer; here is what people meet: flags, messages, files and exit codes.
//
// One file a command (run.go, verify.go, status.go, …). What they share: cli.go puts the commands together,
// flags.go declares and checks the flags, config.go reads the config file, job.go is an import from its files to its
// summary, unbegun.go and misread.go leave a report of one that could not begin, and term.go says everything that people
// read.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	_ "time/tzdata" // --time-zone works where the machine has no time zones, as in a bare container
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a server sends unasked, students' data and all
	t := newTerminal(os.Stdout, os.Stderr)
	err := command(context.Background(), os.Args[1:], t)
	err = errors.Join(t.unsaid(), err)
	t.fail(err)
	os.Exit(exitStatus(err))
}
