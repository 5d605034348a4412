package main

import (
	"cmp"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/pace"
)

// fileFlags say what is read, and how.
type fileFlags struct {
	Files []string `arg:"" optional:"" name:"FILE" help:"Files with results: OneRoster CSV or zip, or others by a mapping; - for standard input."`
	shapeFlags
	ShowValues bool  `group:"files" help:"Messages quote what is wrong, even where it may be a student's data."`
	Shard      shard `group:"files" default:"0/1" placeholder:"I/N" help:"Only the rows of part I of N, I from 0."`
}

// checkFiles refuses a file that is named twice: each of its rows would be a duplicate of itself. A pipe would be waited for
// for ever once it was read.
func (f *fileFlags) checkFiles() error {
	type known struct {
		name string
		os.FileInfo
	}
	var seen []known
	for _, name := range f.Files {
		info, err := os.Stat(name)
		if err != nil || info.IsDir() || name == "-" { // reading says what is wrong
			continue
		}
		i := slices.IndexFunc(seen, func(k known) bool { return os.SameFile(k.FileInfo, info) })
		switch {
		case i < 0:
			seen = append(seen, known{name, info})
		case seen[i].name == name:
			return usage("%s is named twice; name each file once", name)
		default:
			return usage("%s and %s are one file; name it once", seen[i].name, name)
		}
	}
	return nil
}

// checkpointFlags say where the importer's memory is.
type checkpointFlags struct {
	Checkpoint string        `group:"rows" default:"gradebook.db" placeholder:"FILE" help:"What earlier runs did (${default})."`
	LockWait   time.Duration `group:"limits" default:"1s" placeholder:"D" help:"Wait so long for another run that holds the checkpoint (${default})."`
}

// rowFlags decide about rows that an earlier run or the server knows.
type rowFlags struct {
	checkpointFlags
	Update       bool  `group:"rows" help:"Send corrected grades: a changed row replaces what was sent before."`
	ApplyDeletes bool  `group:"rows" help:"Delete results whose status is tobedeleted."`
	MaxErrors    limit `group:"limits" placeholder:"N|N%" help:"Stop when more rows than this are rejected or failed."`
}

// targetFlags say which gradebook is meant.
type targetFlags struct {
	BaseURL  string `group:"server" name:"base-url" placeholder:"URL" help:"The server's root; the API's path is added to it."`
	ClientID string `group:"server" name:"client-id" placeholder:"ID" help:"The client's name at the server."`
	Sandbox  bool   `group:"server" help:"Import into a sandbox in this process: no server, no credentials."`
}

// authFlags are how the client proves who it is.
type authFlags struct {
	TokenURL         string   `group:"server" name:"token-url" placeholder:"URL" help:"Where the client gets its access token."`
	ClientSecretFile string   `group:"server" placeholder:"FILE" help:"File with the client's secret. Or put the secret into the environment variable GRADEBOOK_CLIENT_SECRET."`
	AuthStyle        string   `group:"server" enum:"params,header" default:"params" placeholder:"params|header" help:"How the token address takes the credentials (${default})."`
	Scope            []string `group:"server" placeholder:"SCOPE" help:"Scope to ask for; repeatable."`
	AllowPlainHTTP   bool     `group:"server" name:"allow-plain-http" help:"Allow http:// to another machine: grades and secrets travel unprotected."`
}

// limitFlags say what the server and the run can bear.
type limitFlags struct {
	Concurrency int           `group:"limits" default:"8" min:"1" max:"1000" placeholder:"N" help:"The most requests at a time (${default})."`
	Rate        float64       `group:"limits" default:"0" min:"0" max:"1000000" placeholder:"R" help:"The most requests a second; 0: what the server bears (${default})."`
	Attempts    int           `group:"limits" default:"5" min:"1" placeholder:"N" help:"How often a row may fail before it is given up (${default})."`
	Timeout     time.Duration `group:"limits" default:"30s" min:"1ms" placeholder:"D" help:"For one request (${default})."`
	Grace       time.Duration `group:"limits" default:"20s" placeholder:"D" help:"For requests under way when the run is stopped (${default})."`
	Settle      time.Duration `group:"limits" default:"5s" placeholder:"D" help:"How long a request without an answer may still arrive (${default})."`
	GiveUpAfter time.Duration `group:"limits" default:"15m" placeholder:"D" help:"Stop when the server answers nothing for so long (${default})."`
}

// sendFlags are for runs that send.
type sendFlags struct {
	authFlags
	limitFlags
	MaxChanges  limit         `group:"limits" placeholder:"N|N%" help:"Send nothing when more rows than this would replace or delete what is in the gradebook."`
	MaxDuration time.Duration `group:"limits" placeholder:"D" help:"Stop after so long; the next run goes on."`
	Method      string        `group:"server" enum:"post,put" default:"post" placeholder:"post|put" help:"How new results are sent (${default}); put is for servers that do not take the POST, and replaces what they have, unless --look-first."`
	DryRun      bool          `group:"rows" help:"Check everything and send nothing."`
	LookFirst   bool          `group:"rows" help:"Look up each row at the server before sending it: for when the checkpoint was lost."`
	InDoubt     string        `group:"rows" enum:"hold,resend" default:"hold" placeholder:"hold|resend" help:"Rows that may have arrived, on a server that cannot be asked: leave them to a person, or send them again (${default})."`
}

// outputFlags say what is written where.
type outputFlags struct {
	ReportDir      string `group:"output" default:"gradebook-report" placeholder:"DIR" help:"Where report.json, report.html, rejects.csv and in-doubt.csv go (${default})."`
	ReportDetails  bool   `group:"output" help:"Put the first rows for a person into the page as the file has them: it then holds students' data."`
	JSON           bool   `group:"output" name:"json" help:"Print report.json instead of the summary."`
	Progress       string `group:"output" enum:"auto,bar,log,none" default:"auto" placeholder:"auto|bar|log|none" help:"A bar on a terminal, log lines elsewhere (${default})."`
	LogFormat      string `group:"output" enum:"auto,text,json" default:"auto" placeholder:"auto|text|json" help:"auto is text."`
	LogLevel       string `group:"output" enum:"auto,debug,info,warn,error" default:"auto" placeholder:"LEVEL" help:"debug, info, warn or error; auto is warn beside a bar, else info."`
	TerminationLog string `group:"output" hidden:"" default:"/dev/termination-log" help:"Where a summary goes inside Kubernetes."`
}

// timeZone is a name of the time zone database.
type timeZone struct{ *time.Location }

func (z *timeZone) UnmarshalText(text []byte) (err error) {
	if z.Location, err = time.LoadLocation(string(text)); err != nil || len(text) == 0 {
		return usage("%q is not a time zone; write a name such as UTC, Europe/Paris or America/New_York", text)
	}
	return nil
}

func (z timeZone) String() string {
	if z.Location == nil {
		return ""
	}
	return z.Location.String()
}

// shard is I/N.
type shard struct{ importer.Shard }

func (s *shard) UnmarshalText(text []byte) (err error) {
	s.Shard, err = importer.ParseShard(string(text))
	return err
}

// limit is N or N%.
type limit struct{ importer.Limit }

func (l *limit) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(string(text), "%")
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err == nil && percent && n > 0 && n <= 100:
		l.Limit = importer.Limit{On: true, Percent: n}
	case err == nil && !percent && n >= 0 && n == float64(int(n)):
		l.Limit = importer.Limit{On: true, N: int(n)}
	default:
		return usage("%q is not a limit; write a number of rows such as 100, or a part of them such as 2%%", text)
	}
	return nil
}

func (l limit) String() string {
	if l.Percent > 0 {
		return strconv.FormatFloat(l.Percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(l.N)
}

// apply puts the flags into the configuration of a run. There, a zero is a default; here it is meant.
func (f *limitFlags) apply(c *importer.Config, shards int) {
	c.Concurrency, c.Attempts = f.Concurrency, f.Attempts
	c.Grace, c.Settle, c.GiveUpAfter = cmp.Or(f.Grace, 1), cmp.Or(f.Settle, 1), cmp.Or(f.GiveUpAfter, 1)
	c.Pace = pace.New(pace.Config{Concurrency: f.Concurrency, Rate: f.Rate / float64(max(shards, 1)), Shards: shards})
}

func (f *sendFlags) apply(c *importer.Config, shards int) {
	f.limitFlags.apply(c, shards)
	c.MaxDuration, c.Resend, c.LookFirst = f.MaxDuration, f.InDoubt == "resend", f.LookFirst
	c.Method = map[string]string{"post": http.MethodPost, "put": http.MethodPut}[f.Method]
}
