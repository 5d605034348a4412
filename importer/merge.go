package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Merge adds up the reports of an input's shards, or of inputs that were run one by one. Rows that another shard owns are
// counted once, so that Counts.Read is the rows of the file.
//
// The warnings say what makes the sum less than one whole import: a shard that is missing, is there twice (only the run
// that began last counts), is not finished, went to another target or read another file. A missing or unfinished shard
// makes the merged run a stopped one. A single report is returned as it is; the warning is that of the other shards.
//
// The error says why there is no sum at all.
func Merge(reports []*Report) (*Report, []string, error) {
	parts, err := sift(reports)
	if err != nil {
		return nil, nil, err
	}
	if len(reports) == 1 {
		one := *reports[0]
		return &one, missing(parts), nil
	}
	parts, warnings := latest(parts)
	missing := missing(parts)
	warnings = slices.Concat(missing, warnings, unfinished(parts), sameTarget(parts), sameFiles(parts))
	m := add(parts)
	m.Run = addRuns(parts, missing)
	m.Timeline = addTimelines(parts, m.Run.Started)
	if len(warnings) == 0 {
		warnings = sameRows(m)
	}
	return m, warnings, nil
}

// portion is a report and the shard that it is of.
type portion struct {
	*Report
	shard Shard
}

// name is what people call a part.
func (p portion) name() string {
	if p.shard.Count > 1 {
		return "shard " + p.shard.String()
	}
	return "run " + p.Run.ID
}

// sift checks that reports can be added up, and puts them in the order of their shards.
func sift(reports []*Report) ([]portion, error) {
	if len(reports) == 0 {
		return nil, errors.New("there is no report to merge")
	}
	parts := make([]portion, len(reports))
	for i, r := range reports {
		p, err := newPortion(r)
		if err != nil {
			return nil, err
		}
		parts[i] = p
		switch first := parts[0]; {
		case p.shard.Count != first.shard.Count:
			return nil, fmt.Errorf("shards %s and %s are parts of different splits and cannot be added up", first.shard, p.shard)
		case p.Run.DryRun != first.Run.DryRun:
			return nil, errors.New("some of these runs are dry runs and some are not: they cannot be added up")
		case (p.Verify == nil) != (first.Verify == nil):
			return nil, errors.New("some of these reports are of imports and some of comparisons: they cannot be added up")
		}
	}
	slices.SortStableFunc(parts, func(a, b portion) int {
		return cmp.Or(cmp.Compare(a.shard.Index, b.shard.Index), a.Run.Started.Compare(b.Run.Started))
	})
	return parts, nil
}

func newPortion(r *Report) (portion, error) {
	if r.SchemaVersion != schemaVersion {
		return portion{}, fmt.Errorf("the report of run %s has schema version %d, and this program reads version %d: use the one that wrote it",
			r.Run.ID, r.SchemaVersion, schemaVersion)
	}
	if r.Counts.sum() != r.Counts.Read || r.Run.Foreign > r.Counts.Filtered {
		return portion{}, fmt.Errorf("the counts of run %s do not add up to the rows read: the report was changed or is damaged", r.Run.ID)
	}
	shard, err := ParseShard(cmp.Or(r.Run.Shard, "0/1"))
	if err != nil {
		return portion{}, fmt.Errorf("the report of run %s: %w", r.Run.ID, err)
	}
	return portion{r, shard}, nil
}

// latest keeps of each part the run that began last: it knows what the earlier ones did.
func latest(parts []portion) (kept []portion, warnings []string) {
	at := map[string]int{}
	for _, p := range parts { // of a shard, the later run comes later
		key := p.shard.String() + contents(p.Report)
		if p.shard.Count > 1 {
			key = p.shard.String()
		}
		i, twice := at[key]
		if !twice {
			at[key] = len(kept)
			kept = append(kept, p)
			continue
		}
		if kept[i].Run.ID == p.Run.ID {
			warnings = append(warnings, fmt.Sprintf("%s is here twice, as the same run; it is counted once", p.name()))
		} else {
			warnings = append(warnings, fmt.Sprintf("%s is here twice, as runs %s and %s; only the later, %s, is counted",
				p.name(), kept[i].Run.ID, p.Run.ID, p.Run.ID))
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
