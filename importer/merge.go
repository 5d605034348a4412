package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Part is a report to be added to others, and the file's name by which messages call it.
type Part struct {
	Name string
	*Report
}

// Merge adds up the reports of an input's shards, or of inputs that were run one by one. Rows that another shard owns are
// counted once, so that Counts.Read is the rows of the file.
//
// The warnings say what makes the sum less, or other, than one whole import: a shard that is missing, is not finished or
// read another file. The merged run is a stopped one then, and says the same. That a report is there twice is a warning
// alone; of two runs of a shard, or of a file, the one that began last counts. A single report is returned as it is; the
// warning is that of the other shards.
//
// The error says why there is no sum at all.
func Merge(reports []Part) (*Report, []string, error) {
	parts, err := sift(reports)
	if err != nil {
		return nil, nil, err
	}
	if len(reports) == 1 {
		one := *reports[0].Report
		return &one, missing(parts), nil
	}
	parts, warnings := latest(parts)
	m := add(parts)
	faults := slices.Concat(missing(parts), unfinished(parts), sameFiles(parts), twice(parts))
	if len(faults)+len(warnings) == 0 {
		faults = sameRows(m)
	}
	m.Run = addRuns(parts, faults)
	m.Timeline = addTimelines(parts, m.Run.Started)
	return m, slices.Concat(faults, warnings), nil
}

// portion is a report and the shard that it is of.
type portion struct {
	Part
	shard Shard
}

// name is what people call a part.
func (p portion) name() string {
	if p.shard.Count > 1 {
		return "shard " + p.shard.String() + " (" + p.Name + ")"
	}
	return p.Name
}

// kind is what sort of run a part is of.
func (p portion) kind() string {
	switch {
	case p.Verify != nil:
		return "a comparison"
	case p.Run.DryRun:
		return "a dry run"
	}
	return "an import"
}

// sift checks that reports can be added up, and puts them in the order of their shards.
func sift(reports []Part) ([]portion, error) {
	if len(reports) == 0 {
		return nil, errors.New("there is no report to merge")
	}
	parts := make([]portion, len(reports))
	to := 0 // the first part that went to a server
	for i, r := range reports {
		p, err := newPortion(r)
		if err != nil {
			return nil, err
		}
		parts[i] = p
		if parts[to].Target == (Target{}) {
			to = i
		}
		switch first, sent := parts[0], parts[to]; {
		case p.shard.Count != first.shard.Count:
			return nil, fmt.Errorf("%s is of shard %s and %s of shard %s: parts of different splits cannot be added up; name the reports of one split",
				first.Name, first.shard, p.Name, p.shard)
		case p.kind() != first.kind():
			return nil, fmt.Errorf("%s is of %s and %s of %s: they cannot be added up; make a page of each", first.Name, first.kind(), p.Name, p.kind())
		case p.Target != sent.Target && p.Target != (Target{}):
			return nil, fmt.Errorf("%s is for %s, and %s for %s: two gradebooks cannot be added up; make a page of each, "+
				"or where one went to the wrong server, run that again with the right one", sent.name(), sent.Target, p.name(), p.Target)
		}
	}
	slices.SortStableFunc(parts, func(a, b portion) int {
		return cmp.Or(cmp.Compare(a.shard.Index, b.shard.Index), a.Run.Started.Compare(b.Run.Started))
	})
	return parts, nil
}

func newPortion(r Part) (portion, error) {
	if r.SchemaVersion != schemaVersion {
		return portion{}, fmt.Errorf("%s: a report of version %d, and this program reads version %d: use the one that wrote it",
			r.Name, r.SchemaVersion, schemaVersion)
	}
	if !r.Counts.sound() || r.Run.Foreign < 0 || r.Run.Foreign > r.Counts.Filtered {
		return portion{}, fmt.Errorf("%s: its counts do not add up to the rows read: the report was changed or is damaged", r.Name)
	}
	shard, err := ParseShard(cmp.Or(r.Run.Shard, "0/1"))
	if err != nil {
		return portion{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	return portion{r, shard}, nil
}

// latest keeps of each part the run that began last: it knows what the earlier ones did.
func latest(parts []portion) (kept []portion, warnings []string) {
	at := map[string]int{}
	for _, p := range parts { // of a shard, the later run comes later
		key := contents(p.Report)
		if p.shard.Count > 1 {
			key = p.shard.String()
		}
		i, twice := at[key]
		if !twice {
			at[key] = len(kept)
			kept = append(kept, p)
			continue
		}
		switch {
		case kept[i].Name == p.Name:
			warnings = append(warnings, p.Name+" is named twice; it is counted once")
		case kept[i].Run.ID == p.Run.ID:
			warnings = append(warnings, fmt.Sprintf("%s and %s are the same run; it is counted once", kept[i].Name, p.Name))
		default:
			warnings = append(warnings, fmt.Sprintf("%s and %s are two runs of the same %s; only the later one, %s, is counted",
				kept[i].Name, p.Name, map[bool]string{true: "shard", false: "file"}[p.shard.Count > 1], p.Name))
		}
		kept[i] = p
	}
	return kept, warnings
}

// contents names the input by its digests; a run that read no file to its end is like no other.
func contents(r *Report) string {
	if len(r.Sources) == 0 {
		return r.Run.ID
	}
	var sums []string
	for _, f := range r.Sources {
		sums = append(sums, f.SHA256)
	}
	return strings.Join(sums, " ")
}
