package gradecsv

import (
	"hash/maphash"
	"math"
	"strconv"
	"strings"

	"gradebook-import/importer/oneroster"
)

// refs are what the files beside results.csv say of the objects that results refer to. They do not change once they
// are loaded. An object is known by a hash of 128 bits of its id, with a seed of its own for each process, so that it
// costs less than 200 bytes whatever its id's length.
type refs struct {
	seeds      [2]maphash.Seed
	lineItems  refTable[lineItemRef]
	users      refTable[struct{}]
	classes    refTable[struct{}]
	categories refTable[struct{}]
	scales     refTable[struct{}] // scoreScales.csv
	enrolled   refTable[struct{}] // student and class
	sessions   refTable[sessionRef]
	folded     partRefs
}

type refKey [2]uint64

// refTable is a file's objects; a nil map: there is no such file.
type refTable[T any] struct {
	objects map[refKey]T
	// whole says that what is not here does not exist: the file is a bulk file.
	whole bool
}

func (t *refTable[T]) lacks(k refKey) bool {
	_, ok := t.objects[k]
	return t.whole && !ok
}

// lineItemRef is what is checked of a line item. Days are yyyymmdd, 0 where not known.
type lineItemRef struct {
	class        refKey
	session      refKey
	min, max     float64 // NaN: none
	assigned     int32
	lostCategory bool
	hasClass     bool
	hasSession   bool
}

type sessionRef struct{ begin, end int32 }

// The files of a zip that say something of results.
const (
	scalesName     = "resultScoreScales"
	objectivesName = "resultLearningObjectiveIds"
)

func crossNames() []string {
	return []string{scalesName, objectivesName, "lineItems", "users", "classes", "enrollments", "categories", "scoreScales", "academicSessions"}
}

func (r *refs) key(id string) refKey {
	return refKey{maphash.String(r.seeds[0], id), maphash.String(r.seeds[1], id)}
}

// loadRefs reads the files beside results.csv.
func (z *archive) loadRefs() (*refs, error) {
	r := &refs{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	steps := []func() error{
		func() error { return loadSet(z, "users", "sourcedId", r, &r.users) },
		func() error { return loadSet(z, "classes", "sourcedId", r, &r.classes) },
		func() error { return loadSet(z, "categories", "sourcedId", r, &r.categories) },
		func() error { return loadSet(z, "scoreScales", "sourcedId", r, &r.scales) },
		func() error { return z.loadSessions(r) },
		func() error { return z.loadLineItems(r) },
		func() error { return z.loadEnrollments(r) },
		func() error { return z.loadScales(r) },
		func() error { return z.loadObjectives(r) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// begin makes the table of a file that is there.
func begin[T any](z *archive, name string, t *refTable[T]) bool {
	if !z.has(name) {
		return false
	}
	t.objects = make(map[refKey]T)
	t.whole = z.manifest.modes[strings.ToLower(name)] == modeBulk
	return true
}

// status takes note of a row's status: where there is one, the file is a delta file whatever the manifest says
// (CSV Binding 1.2: the data win). It reports whether the object is there.
func (t *refTable[T]) status(value string) bool {
	if value != "" {
		t.whole = false
	}
	return value != oneroster.StatusToBeDeleted
}

func loadSet(z *archive, name, column string, r *refs, t *refTable[struct{}]) error {
	if !begin(z, name, t) {
		return nil
	}
	return z.table(name+".csv", []string{column, "status"}, func(f []string, _ int) {
		if t.status(f[1]) {
			t.objects[r.key(f[0])] = struct{}{}
		}
	})
}

func (z *archive) loadSessions(r *refs) error {
	if !begin(z, "academicSessions", &r.sessions) {
		return nil
	}
	return z.table("academicSessions.csv", []string{"sourcedId", "status", "startDate", "endDate"}, func(f []string, _ int) {
		if r.sessions.status(f[1]) {
			r.sessions.objects[r.key(f[0])] = sessionRef{day(f[2]), day(f[3])}
		}
	})
}

func (z *archive) loadLineItems(r *refs) error {
	if !begin(z, "lineItems", &r.lineItems) {
		return nil
	}
	columns := []string{"sourcedId", "status", "classSourcedId", "categorySourcedId", "academicSessionSourcedId|gradingPeriodSourcedId",
		"assignDate", "resultValueMin", "resultValueMax"}
	return z.table("lineItems.csv", columns, func(f []string, _ int) {
		if !r.lineItems.status(f[1]) {
			return
		}
		r.lineItems.objects[r.key(f[0])] = lineItemRef{class: r.key(f[2]), hasClass: f[2] != "",
			session: r.key(f[4]), hasSession: f[4] != "", assigned: day(f[5]), min: bound(f[6]), max: bound(f[7]),
			lostCategory: f[3] != "" && r.categories.lacks(r.key(f[3]))}
	})
}

func (z *archive) loadEnrollments(r *refs) error {
	if !begin(z, "enrollments", &r.enrolled) {
		return nil
	}
	return z.table("enrollments.csv", []string{"userSourcedId", "status", "classSourcedId", "role"}, func(f []string, _ int) {
		if r.enrolled.status(f[1]) && (f[3] == "" || strings.EqualFold(f[3], "student")) {
			r.enrolled.objects[pair(r.key(f[0]), r.key(f[2]))] = struct{}{}
		}
	})
}

// pair is the key of a student in a class.
func pair(student, class refKey) refKey {
	return refKey{student[0]*31 + class[0], student[1]*37 + class[1]}
}

// day is a date as yyyymmdd, 0 where it is none.
func day(date string) int32 {
	if len(date) < 10 || !shaped(date[:10], "0000-00-00") {
		return 0
	}
	return int32(number(date[:4])*10000 + number(date[5:7])*100 + number(date[8:10]))
}

func bound(value string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}
