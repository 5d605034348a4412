package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// How a server answers those who look for objects, or for results.
type manner int

const (
	offers    manner = iota
	elsewhere        // 404, not the API's: there is no such address
	forbids          // 403
	lacks            // 405
	redirects
	pages   // a web page, 200
	denies  // 401
	unwell  // 500, for ever
	unfound // a web page, 404
)

func (m manner) answer(w http.ResponseWriter) {
	switch m {
	case elsewhere:
		http.Error(w, `{"error":"Not Found"}`, http.StatusNotFound)
	case redirects:
		w.Header().Set("Location", "/login")
		w.WriteHeader(http.StatusFound)
	case unfound:
		w.WriteHeader(http.StatusNotFound)
		fallthrough
	case pages:
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><html><body>Log in</body></html>")
	default:
		w.WriteHeader(map[manner]int{forbids: 403, lacks: 405, denies: 401, unwell: 500}[m])
	}
}

// catalogue is a server that is only read.
type catalogue struct {
	t        *testing.T
	shelf    *shelf
	missing  map[string]bool                 // objects that are not there
	objects  map[oneroster.Collection]manner // Users, Students, LineItems, Classes
	results  manner
	noLists  bool // of objects
	asked    map[string]int
	requests int
	every    int // answers so many-th request with 503; 0: none
	mu       sync.Mutex
}

func (c *catalogue) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond)
	c.mu.Lock()
	c.requests++
	c.asked[r.URL.Path]++
	busy := c.every > 0 && c.requests%c.every == 0
	c.mu.Unlock()
	if busy {
		return answered(http.StatusServiceUnavailable, `{}`), nil
	}
	if a, bad := c.shelf.bad(); bad && a.Verdict != oneroster.Doubt {
		return nil, errors.New("connection reset")
	} else if bad {
		return answered(http.StatusServiceUnavailable, `{}`), nil
	}
	if r.Method != http.MethodGet {
		c.t.Errorf("%s %s: a dry run asks only", r.Method, r.URL.Path)
	}
	w := httptest.NewRecorder()
	for in, how := range c.objects {
		if rest, ok := strings.CutPrefix(r.URL.Path, string(in)); ok {
			c.object(w, how, strings.TrimPrefix(rest, "/"))
			return w.Result(), nil
		}
	}
	c.result(w, r, strings.TrimPrefix(r.URL.Path, oneroster.ResultsPath))
	return w.Result(), nil
}

func answered(status int, body string) *http.Response {
	w := httptest.NewRecorder()
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result()
}

func (c *catalogue) object(w http.ResponseWriter, how manner, id string) {
	switch {
	case how != offers:
		how.answer(w)
	case id == "" && c.noLists:
		forbids.answer(w)
	case id == "":
		_, _ = fmt.Fprint(w, `{"anything":[{"sourcedId":"some"}]}`)
	case c.missing[id]:
		http.Error(w, `{"imsx_codeMajor":"failure"}`, http.StatusNotFound)
	default:
		_, _ = fmt.Fprintf(w, `{"object":{"sourcedId":%q}}`, id)
	}
}

func (c *catalogue) result(w http.ResponseWriter, r *http.Request, id string) {
	got, there := c.shelf.results[id]
	switch {
	case c.results != offers:
		c.results.answer(w)
	case id == "":
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		page, a := c.shelf.list(r.Context(), oneroster.Query{Filter: r.URL.Query().Get("filter"), Limit: limit, Offset: offset})
		if a.Verdict != oneroster.Accepted {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": append([]oneroster.Result{}, page.Results...)})
	case !there:
		http.Error(w, `{"imsx_codeMajor":"failure"}`, http.StatusNotFound)
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"result": got})
	}
}

// catalogued is an input of n rows, every seventh of which names a student that is not there, and its server.
func catalogued(t *testing.T, n int, rnd *rand.Rand) ([]gradecsv.Row, *catalogue) {
	rows, s := shelved(t, n, rnd)
	c := &catalogue{t: t, shelf: s, missing: map[string]bool{"lost": true}, asked: map[string]int{}, objects: map[oneroster.Collection]manner{
		oneroster.LineItems: offers, oneroster.Users: offers, oneroster.Students: elsewhere, oneroster.Classes: offers}}
	for i := range rows {
		if i%7 == 3 {
			rows[i].Result.Student.SourcedID = "lost"
		}
	}
	return rows, c
}

func lost(rows []gradecsv.Row) (n int) {
	for _, row := range rows {
		if row.Result.Student.SourcedID == "lost" {
			n++
		}
	}
	return n
}

func foresee(t *testing.T, c *catalogue, rows []gradecsv.Row) (*Report, map[string]*Asked) {
	t.Helper()
	client, err := oneroster.NewClient(oneroster.Config{BaseURL: "https://gradebook.example.org", Transport: c})
	if err != nil {
		t.Fatal(err)
	}
	online := NewOnline(client, pace.New(pace.Config{}), 5, false)
	r, err := Run(t.Context(), Config{Source: online.Ahead(&sliceSource{rows: rows}), Gateway: online,
		Journal: DryJournal{checkpoint.NewMemory()}, DryRun: true, Method: http.MethodPut, GiveUpAfter: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return r, online.Report()
}

// Whatever the server offers and whatever goes wrong on the way, no row is rejected but for what is not there, and
// what is foretold is so.
func TestOnlineRejectsOnlyWhatIsMissing(t *testing.T) {
	for seed := range uint64(*seeds / 4) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 11))
			n := 20 + rnd.IntN(300)
			rows, c := catalogued(t, n, rnd)
			c.shelf.bare, c.shelf.deaf, c.shelf.trouble = rnd.IntN(4) == 0, rnd.IntN(4) == 0, rnd.Float64()*0.2
			c.noLists = rnd.IntN(3) == 0
			for in := range c.objects {
				if in != oneroster.Students && rnd.IntN(2) == 0 {
					c.objects[in] = manner(rnd.IntN(int(unwell) + 1))
				}
			}
			if rnd.IntN(4) == 0 {
				c.objects[oneroster.Users], c.objects[oneroster.Students] = []manner{elsewhere, forbids}[rnd.IntN(2)], offers
			}
			c.results = []manner{offers, offers, offers, elsewhere, forbids, lacks, pages}[rnd.IntN(7)]
			r, asked := foresee(t, c, rows)
			offered := c.objects[oneroster.Users] == offers || c.objects[oneroster.Students] == offers
			if r.Counts.Rejected > lost(rows) || !offered && r.Counts.Rejected > 0 || r.Counts.Accepted+r.Counts.Rejected != n {
				t.Errorf("seed %d: %+v of %d rows, %d of which are lost; %+v", seed, r.Counts, n, lost(rows), c.objects)
			}
			if offered && r.Counts.Rejected < lost(rows) && asked["students"].NotAsked == 0 {
				t.Errorf("seed %d: %d of %d lost rows rejected, and nothing said", seed, r.Counts.Rejected, lost(rows))
			}
			e := r.Effects
			unknown := r.Counts.Accepted - e.Created - e.Replaced - e.Same
			if unknown > 0 && asked["results"].NotAsked == 0 || c.results != offers && unknown != r.Counts.Accepted {
				t.Errorf("seed %d: %d rows are not known; %+v", seed, unknown, *asked["results"])
			}
			if c.results == offers && unknown == 0 && r.Counts.Rejected == lost(rows) {
				created, replaced := 0, 0
				for i, row := range rows {
					if row.Result.Student.SourcedID != "lost" && i%10 == 0 {
						created++
					} else if row.Result.Student.SourcedID != "lost" && i%10 == 1 {
						replaced++
					}
				}
				if e.Created != created || e.Replaced != replaced {
					t.Errorf("seed %d: %+v, want %d created and %d replaced", seed, *e, created, replaced)
				}
			}
		})
		if t.Failed() {
			t.FailNow()
		}
	}
}

// A server that has nothing of what is asked for is a wrong address, unless an earlier run got rows accepted there; and
// where a single answer is the API's, it is not.
func TestOnlineWrongAddress(t *testing.T) {
	for _, c := range []struct {
		name    string
		results manner
		reached bool
		exit    int
	}{{"nothing", elsewhere, false, ExitRefused}, {"web pages", unfound, false, ExitRefused}, {"nothing, where rows went in", elsewhere, true, ExitOK},
		{"results alone", offers, false, ExitOK}, {"forbidden", forbids, false, ExitOK}, {"not offered", lacks, false, ExitOK}} {
		for _, n := range []int{1, 200} {
			synctest.Test(t, func(t *testing.T) {
				rows, cat := catalogued(t, n, rand.New(rand.NewPCG(1, 1)))
				for i := range rows {
					rows[i].Result.Student.SourcedID = fmt.Sprint("st-", i)
				}
				for in := range cat.objects {
					if cat.objects[in] = elsewhere; c.results == unfound {
						cat.objects[in] = unfound
					}
				}
				cat.results = c.results
				client, err := oneroster.NewClient(oneroster.Config{BaseURL: "https://gradebook.example.org", Transport: cat})
				if err != nil {
					t.Fatal(err)
				}
				online := NewOnline(client, pace.New(pace.Config{}), 5, c.reached)
				r, err := Run(t.Context(), Config{Source: online.Ahead(&sliceSource{rows: rows}), Gateway: online,
					Journal: DryJournal{checkpoint.NewMemory()}, DryRun: true, Method: http.MethodPut})
				if err != nil || r.Run.ExitCode != c.exit || r.Counts.Rejected > 0 {
					t.Errorf("%s, %d rows: %v, exit %d, %s, %+v", c.name, n, err, r.Run.ExitCode, r.Run.Stopped, r.Counts)
				}
				if took := r.Run.Finished.Sub(r.Run.Started); took > 20*time.Second && c.exit == ExitRefused {
					t.Errorf("%s, %d rows: found out after %s", c.name, n, took)
				}
			})
		}
	}
}

// Objects are asked for once, results fifty at a time.
func TestOnlineAsksLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, c := catalogued(t, 2000, rand.New(rand.NewPCG(1, 1)))
		r, asked := foresee(t, c, rows)
		if r.Counts.Rejected != lost(rows) || asked["students"].Missing != 1 || asked["lineItems"].Found != 1 {
			t.Errorf("%+v, %+v", r.Counts, asked)
		}
		if most := 2000 / 10; c.requests > most { // how many go into one group depends on who comes first
			t.Errorf("%d requests, want at most %d; %d lists", c.requests, most, c.asked[oneroster.ResultsPath])
		}
		for path, n := range c.asked { // some is what proves that there are any
			for in, how := range c.objects {
				if id, ok := strings.CutPrefix(path, string(in)+"/"); ok && how == offers && id != "some" && n > 1 {
					t.Errorf("%s was asked for %d times", path, n)
				}
			}
		}
		if r.HTTP.Requests != c.requests {
			t.Errorf("%d requests were reported, and there were %d", r.HTTP.Requests, c.requests)
		}
	})
}

// A list that leaves results out is found out by the look that follows it.
func TestOnlineMistrustsLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, c := catalogued(t, 300, rand.New(rand.NewPCG(1, 1)))
		for i := range rows {
			rows[i].Result.Student.SourcedID = "st"
		}
		for id := range c.shelf.results {
			c.shelf.hides[id] = true
		}
		delete(c.shelf.hides, "res-0")
		c.shelf.results["res-0"] = rows[0].Result // so that the first that the list does not show is there
		if r, _ := foresee(t, c, rows); r.Effects.Created != 29 || r.Effects.Replaced != 30 || r.Effects.Same != 241 {
			t.Errorf("%+v", *r.Effects)
		}
	})
}

// Failures that are no outage are forgotten once there was an answer: a long input is not asked for row by row because a list
// failed now and then, and no memory is left of them.
func TestOnlineForgetsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, c := catalogued(t, 5000, rand.New(rand.NewPCG(1, 1)))
		for i := range rows {
			rows[i].Result.Student.SourcedID = "st-" + strconv.Itoa(i%400)
		}
		c.every = 10
		client, err := oneroster.NewClient(oneroster.Config{BaseURL: "https://gradebook.example.org", Transport: c})
		if err != nil {
			t.Fatal(err)
		}
		online := NewOnline(client, pace.New(pace.Config{}), 5, false)
		r, err := Run(t.Context(), Config{Source: online.Ahead(&sliceSource{rows: rows}), Gateway: online, Journal: DryJournal{checkpoint.NewMemory()},
			DryRun: true, Method: http.MethodPut, GiveUpAfter: time.Hour})
		if err != nil || r.Counts.Accepted != 5000 {
			t.Fatalf("%v, %+v", err, r.Counts)
		}
		if most := 2 * (2*5000/groupRows + 400); c.requests > most {
			t.Errorf("%d requests, want at most %d; %d lists", c.requests, most, c.asked[oneroster.ResultsPath])
		}
		for _, b := range []*book{&online.results.book, &online.refs[0].book, &online.refs[1].book} {
			if len(b.failures) > 0 {
				t.Errorf("%d failures are remembered for ever", len(b.failures))
			}
		}
	})
}

// Two ids that differ in case alone are two rows, as they are in the checkpoint; a server that has one of them in another
// case shows that one.
func TestOnlineTellsCasesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, c := catalogued(t, 4, rand.New(rand.NewPCG(1, 1)))
		for i, id := range []string{"ABC", "abc", "Def", "last"} {
			rows[i].Result.SourcedID, rows[i].Result.Student.SourcedID = id, "st"
		}
		other := rows[0].Result
		other.Score = "1"
		c.shelf.results = map[string]oneroster.Result{"ABC": other, "abc": rows[1].Result}
		if r, _ := foresee(t, c, rows); *r.Effects != (Effects{Created: 2, Replaced: 1, Same: 1}) {
			t.Errorf("%+v", *r.Effects)
		}
	})
	shown := []oneroster.Result{{SourcedID: "ABC"}, {SourcedID: "DEF"}}
	got := among(shown, []*oneroster.Result{{SourcedID: "abc"}, {SourcedID: "ABC"}, {SourcedID: "def"}})
	if got[0] != nil || got[1] != &shown[0] || got[2] != &shown[1] {
		t.Errorf("%v", got)
	}
}

// For --max-changes a list proves what is there, and nothing else.
func TestOnlineThorough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, c := catalogued(t, 300, rand.New(rand.NewPCG(1, 1)))
		for i := range rows {
			rows[i].Result.Student.SourcedID = "st"
		}
		for id := range c.shelf.results { // res-0 is missing, so that what the list leaves out seems to be
			c.shelf.hides[id] = true
		}
		client, err := oneroster.NewClient(oneroster.Config{BaseURL: "https://gradebook.example.org", Transport: c})
		if err != nil {
			t.Fatal(err)
		}
		online := NewOnlineResults(client, pace.New(pace.Config{}), 5)
		r, err := Run(t.Context(), Config{Source: online.Ahead(&sliceSource{rows: rows}), Gateway: online, Journal: DryJournal{checkpoint.NewMemory()},
			DryRun: true, Method: http.MethodPut})
		if err != nil || *r.Effects != (Effects{Created: 30, Replaced: 30, Same: 240}) || r.Counts.Rejected != 0 {
			t.Errorf("%v, %+v, %+v", err, *r.Effects, r.Counts)
		}
	})
}

// Which rows come is remembered by what they say: others are read into the same memory while they are asked about.
func TestOnlineKeepsRowsAhead(t *testing.T) {
	rows := []gradecsv.Row{{Result: oneroster.Result{SourcedID: "one"}}, {Result: oneroster.Result{SourcedID: "two"}}}
	l := &results{}
	l.expect(rows)
	rows[0].Result.SourcedID, rows[1].Result.SourcedID = "three", "four"
	var got []string
	for _, r := range l.group(&oneroster.Result{SourcedID: "one"}) {
		got = append(got, r.SourcedID)
	}
	if want := []string{"one", "two"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}
