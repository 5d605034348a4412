package gradecsv

import (
	"cmp"
	"slices"
	"strings"

	"gradebook-import/importer/oneroster"
)

// partRefs are the files that hold parts of results: their score scales and their learning objectives. They are found by
// the result's own id, and kept in memory: some 40 bytes a line, and each text once.
type partRefs struct {
	texts      []string
	numbers    map[string]uint32 // of texts
	scales     map[refKey]scaleRef
	objectives []objectiveRef // by result, then in the order of the file
}

// scaleRef is a result's score scale. Line is where it stands.
type scaleRef struct {
	id      uint32
	line    uint32
	several bool
	lost    bool // not in scoreScales.csv
}

type objectiveRef struct {
	result                          refKey
	source, objective, score, grade uint32
	line                            uint32
}

// intern is the number of a text that is kept once.
func (f *partRefs) intern(text string) uint32 {
	if n, ok := f.numbers[text]; ok {
		return n
	}
	if f.numbers == nil {
		f.numbers = make(map[string]uint32)
	}
	text = strings.Clone(text)
	n := uint32(len(f.texts))
	f.texts = append(f.texts, text)
	f.numbers[text] = n
	return n
}

func (z *archive) loadScales(r *refs) error {
	if !z.has(scalesName) {
		return nil
	}
	f := &r.folded
	f.scales = make(map[refKey]scaleRef)
	return z.table(scalesName+".csv", []string{"resultSourcedId", "status", "scoreScaleSourcedId"}, func(v []string, line int) {
		if v[1] == oneroster.StatusToBeDeleted {
			return
		}
		key, id := r.key(v[0]), f.intern(v[2])
		s, twice := f.scales[key]
		if twice && s.id != id {
			s.several, s.line = true, uint32(line)
			f.scales[key] = s
			return
		}
		f.scales[key] = scaleRef{id: id, line: uint32(line), lost: r.scales.lacks(r.key(v[2]))}
	})
}

func (z *archive) loadObjectives(r *refs) error {
	if !z.has(objectivesName) {
		return nil
	}
	f := &r.folded
	columns := []string{"resultSourcedId", "status", "source", "learningObjectiveId", "score", "textScore"}
	err := z.table(objectivesName+".csv", columns, func(v []string, line int) {
		if v[1] != oneroster.StatusToBeDeleted {
			f.objectives = append(f.objectives, objectiveRef{r.key(v[0]), f.intern(v[2]), f.intern(v[3]), f.intern(v[4]), f.intern(v[5]), uint32(line)})
		}
	})
	slices.SortStableFunc(f.objectives, func(a, b objectiveRef) int { return compareKeys(a.result, b.result) })
	f.numbers = nil
	return err
}

func compareKeys(a, b refKey) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

// fold adds the row's score scale and learning objectives.
func (c *converter) fold() {
	id := c.rec.columns[colSourcedID]
	if id == "" {
		return
	}
	key := c.refs.key(id)
	if s, ok := c.refs.folded.scales[key]; ok {
		c.foldScale(s)
	}
	all := c.refs.folded.objectives
	from, _ := slices.BinarySearchFunc(all, key, func(o objectiveRef, k refKey) int { return compareKeys(o.result, k) })
	for i := from; i < len(all) && all[i].result == key; i++ {
		c.foldObjective(all[i])
	}
}

func (c *converter) foldScale(s scaleRef) {
	id := c.refs.folded.texts[s.id]
	switch {
	case s.several:
		c.failBeside(scalesName, s.line, "ref.scoreScale", "the result has several score scales; the API takes one", "")
		id = "several: choose one" // no id, so that nobody can forget to
	case id == "" || checkID(id) != "":
		c.failBeside(scalesName, s.line, "ref.scoreScale", "scoreScaleSourcedId is no id", id)
	case s.lost:
		c.failBeside(scalesName, s.line, "ref.scoreScale", "the score scale is not in scoreScales.csv", id)
	}
	c.row.Result.ScoreScale = &oneroster.Ref{SourcedID: id}
}

// foldObjective adds a learning objective to those of its source.
func (c *converter) foldObjective(o objectiveRef) {
	texts := c.refs.folded.texts
	c.addObjective(objective{texts[o.source], texts[o.objective], texts[o.score], texts[o.grade]}, func(code, message, value string) {
		c.failBeside(objectivesName, o.line, code, message, value)
	})
}

// failBeside adds an error that stands in a file beside results.csv.
func (c *converter) failBeside(name string, line uint32, code, message, value string) {
	c.row.Errors = append(c.row.Errors, Problem{Code: code, File: strings.TrimSuffix(c.file, resultsName) + name + ".csv",
		Line: int(line), Col: 1, Message: message, Value: value})
}
