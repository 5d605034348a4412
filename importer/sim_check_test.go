package importer

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/oneroster"
)

// check holds the report of a run against what was read, what was said of each row, the reject files and the server.
func (s *story) check(p *process, r *Report, err error) {
	p.mu.Lock()
	lines := slices.Clone(p.read)
	p.mu.Unlock()
	said := map[string]int{}
	for _, l := range lines {
		said[l.status]++
	}
	c := r.Counts
	want := map[string]int{"accepted": c.Accepted, "unchanged": c.Unchanged, "rejected": c.Rejected, "failed": c.Failed,
		"inDoubt": c.InDoubt, "deferred": c.Deferred, "filtered": c.Filtered}
	for status, n := range want {
		if said[status] != n {
			s.broken("the report says %d %s, and %d rows were told so", n, status, said[status])
		}
	}
	if c.Read != len(lines) || said[""] > 0 {
		s.broken("%d rows were read, the report says %d; %d have no status", len(lines), c.Read, said[""])
	}
	if err == nil && r.Run.Stopped == "" && (c.Deferred > 0 || len(lines) != len(s.file.rows)) {
		s.broken("a run that was not stopped read %d of %d rows and deferred %d", len(lines), len(s.file.rows), c.Deferred)
	}
	s.checkRejects(r)
	for _, l := range lines {
		s.checkLine(l)
	}
}

func (s *story) checkRejects(r *Report) {
	c, settling := r.Counts, r.Settling()
	rejects, doubts := s.rejects("rejects.csv"), s.rejects("in-doubt.csv")
	if rejects["rejected"] != c.Rejected || rejects["failed"] != c.Failed || len(rejects) > 2 {
		s.broken("rejects.csv has %v, the report says %+v", rejects, c)
	}
	if doubts["inDoubt"] != c.InDoubt-settling || len(doubts) > 1 {
		s.broken("in-doubt.csv has %v, the report says %+v, and that the next run settles %d", doubts, c, settling)
	}
	if settling > 0 && r.Run.Stopped == "" {
		s.broken("a run that was not stopped leaves %d rows for the next one to settle", settling)
	}
}

// checkLine says what must be true of a row with a status as soon as its run is over.
func (s *story) checkLine(l *simLine) {
	id := l.row.Result.SourcedID
	switch l.status {
	case "accepted":
		if !s.has(l) {
			s.broken("%s is accepted, and the server has %s", id, s.server.Applied(id).Content)
		}
	case "unchanged":
		if l.asked > 0 || !s.has(l) {
			s.broken("%s is unchanged after %d requests, and the server has %s", id, l.asked, s.server.Applied(id).Content)
		}
	case "deferred":
		if l.doubted {
			s.broken("%s is deferred after a request without an answer", id)
		}
	}
}

// has says whether the server has a row, with its content and no other; or, of one to be deleted, has not.
func (s *story) has(l *simLine) bool {
	want := l.row.Result
	unseen, resent := s.book.excused(want.SourcedID)
	deletes := want.Status == oneroster.StatusToBeDeleted
	if s.cfg.AllocateIDs && (deletes || s.book.blindly || unseen) {
		return true // nobody can know
	}
	rec := s.server.Applied(want.SourcedID)
	if deletes {
		return rec.Standing == 0 || resent // of two, one was deleted
	}
	switch {
	case rec.Standing == 0:
		return false
	case rec.Standing > 1 && (resent || s.lied):
		return true // doubled, which auditRow judges: which of them was replaced, nobody can know
	}
	var got oneroster.Result
	if err := json.Unmarshal(rec.Content, &got); err != nil {
		panic(err)
	}
	got.SourcedID = want.SourcedID
	// Without the checkpoint's memory a look cannot know that a blank was to remove something.
	blanks := s.lied || s.book.blindly || len(got.Diff(&want)) == 0
	return len(want.Diff(&got)) == 0 && blanks
}

// blind says that a look need not settle anything at this server, or what the importer takes for it.
func (s *story) blind() bool {
	return s.cfg.RefuseGet != 0 || s.cfg.AllocateIDs || s.facts.AllocatesIDs || s.facts.RefusesLook
}

// remembered is what the checkpoint holds: the accepted digest of each key, and the keys in doubt.
func (s *story) remembered(j *checkpoint.Journal) (accepted map[checkpoint.Key]checkpoint.Digest, begun map[checkpoint.Key]bool) {
	accepted, begun = map[checkpoint.Key]checkpoint.Digest{}, map[checkpoint.Key]bool{}
	err := j.Records(func(r checkpoint.Record) error {
		if r.State == checkpoint.Begun {
			begun[r.Key] = true
			return nil
		}
		if _, twice := accepted[r.Key]; twice {
			s.broken("the checkpoint has a row accepted twice, line %d", r.Line)
		}
		accepted[r.Key] = r.Digest
		return nil
	}, checkpoint.Accepted, checkpoint.Begun)
	if err != nil {
		s.broken("the checkpoint cannot be read: %v", err)
	}
	return accepted, begun
}

// checkJournal holds the checkpoint after a run against what was said of rows.
func (s *story) checkJournal(p *process, j *checkpoint.Journal) {
	s.facts = j.Facts()
	accepted, begun := s.remembered(j)
	for _, l := range p.read {
		key := keyOf(&l.row.Result)
		digest, known := accepted[key]
		switch {
		case (l.status == "accepted" || l.status == "unchanged") && (!known || digest != l.digest):
			s.broken("%s is %s, and the checkpoint does not say so", l.row.Result.SourcedID, l.status)
		case l.status == "inDoubt" && !begun[key]:
			s.broken("%s is in doubt, and the checkpoint has no intent of it", l.row.Result.SourcedID)
		}
	}
}

// checkClaims: what any process said was accepted, the last one dead or not, is in the checkpoint.
func (s *story) checkClaims(_ *process, j *checkpoint.Journal) {
	if s.lied || s.book.blindly {
		return
	}
	accepted, _ := s.remembered(j)
	for id, rec := range s.book.rows {
		if rec.claim == nil {
			continue
		}
		if digest, ok := accepted[keyOf(&rec.claim.row.Result)]; !ok || digest != rec.claim.digest {
			s.broken("%s was reported accepted, and the checkpoint does not say so", id)
		}
	}
}

// audit is the end of a story: the file, the last report and the server, when nothing is under way any more.
func (s *story) audit(p *process) {
	for _, l := range p.read {
		if why := s.unjustified(p, l); why != "" {
			s.broken("%s ends %s: %s; the server has %s", l.row.Result.SourcedID, l.status, why, s.server.Applied(l.row.Result.SourcedID).Content)
		}
	}
	s.auditServer()
}

// auditServer is what holds of every row that was ever sent.
func (s *story) auditServer() {
	for id, rec := range s.book.rows {
		s.auditRow(id, rec)
	}
}

// unjustified says why a row must not end so, "" where it may.
func (s *story) unjustified(p *process, l *simLine) string {
	deletes := l.row.Result.Status == oneroster.StatusToBeDeleted
	switch l.status {
	case "unchanged":
		if !s.has(l) {
			return "the server does not have it"
		}
	case "rejected":
		switch {
		case !l.valid, deletes && !s.deletes, l.known && !s.update:
		case l.known && s.facts.AllocatesIDs:
		case l.refused == 0:
			return "nothing was wrong with it"
		case !deletes && s.has(l) && !s.blind() && s.server.Applied(l.row.Result.SourcedID).Standing == 1:
			return "the server has it all the same"
		}
	case "inDoubt":
		if !s.blind() {
			return "a look could have settled it"
		}
	default:
		return "a calm run should have settled it"
	}
	return ""
}

// auditRow: nothing was applied twice, and what was ever reported accepted is there.
func (s *story) auditRow(id string, rec *simRecord) {
	at := s.server.Applied(id)
	if changes := at.Created + at.Replaced + at.Deleted; at.Standing > 1 || at.Created > 1 || changes > rec.changes {
		s.doubled(id, rec, at.Standing, changes)
	}
	if rec.claim != nil && !s.has(rec.claim) {
		s.mu.Lock()
		s.lost++
		s.mu.Unlock()
		s.broken("%s was reported accepted and is lost; the server has %s", id, at.Content)
	}
}

// doubled counts what was applied twice, and says which of it no importer can avoid:
//
//   - a person had rows sent again that looking cannot settle (--in-doubt resend);
//   - the disk lied about an intent, or the checkpoint was lost, and the server takes a sourcedId twice;
//   - a server that allocates its own ids had not yet told anybody when the row was sent again.
func (s *story) doubled(id string, rec *simRecord, standing, changes int) {
	twice := s.cfg.AllocateIDs || s.cfg.Duplicates == "twice"
	switch {
	case rec.resent:
		s.excuse("by a person's decision")
	case twice && s.lied:
		s.excuse("because the disk lied")
	case s.book.blindly && s.cfg.AllocateIDs:
		s.excuse("because the checkpoint was lost, at a server that allocates ids")
	case s.cfg.AllocateIDs && rec.unseen:
		s.excuse("before anybody knew that the server allocates ids")
	default:
		s.excuse("")
		s.broken("%s was applied twice: %d results stand, %d changes for %d contents sent", id, standing, changes, rec.changes)
	}
}

func (s *story) excuse(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.excused == nil {
		s.excused = map[string]int{}
	}
	s.excused[why]++
}

// readStatuses are the import.status of the rows of a reject file.
func readStatuses(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		return []string{"unreadable: " + err.Error()}
	}
	statuses := make([]string, 0, len(records))
	for _, record := range records[1:] {
		statuses = append(statuses, record[len(record)-2])
	}
	return statuses
}

// rejects reads a reject file: how many rows of each status it has.
func (s *story) rejects(name string) map[string]int {
	counts := map[string]int{}
	path := filepath.Join(s.dir, name)
	if _, err := os.Stat(path); err != nil {
		return counts
	}
	for i := 1; ; i++ {
		if _, err := os.Stat(path); err != nil {
			return counts
		}
		for _, status := range readStatuses(path) {
			counts[status]++
		}
		path = filepath.Join(s.dir, strings.TrimSuffix(name, ".csv")+fmt.Sprintf("-%d.csv", i+1))
	}
}
