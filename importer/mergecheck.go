package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// missing names the shards that no report is of.
func missing(parts []portion) []string {
	have := map[int]bool{}
	for _, p := range parts {
		have[p.shard.Index] = true
	}
	count := parts[0].shard.Count
	var names []string
	for i := 0; i < count && len(names) < mostListed; i++ {
		if !have[i] {
			names = append(names, Shard{i, count}.String())
		}
	}
	switch n := count - len(have); n {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("shard %s is missing: its rows are not counted; add its report, or run it", names[0])}
	default:
		return []string{fmt.Sprintf("shards %s are missing: their rows are not counted; add their reports, or run them", listed(names, n, ", "))}
	}
}

// mostListed is how many things a message names.
const mostListed = 20

// listed names the first of n things.
func listed(all []string, n int, between string) string {
	all = all[:min(len(all), mostListed)]
	if more := n - len(all); more > 0 {
		all = append(slices.Clone(all), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, between)
}

func (p portion) finished() bool {
	return p.Run.Stopped == "" && slices.Contains([]int{ExitOK, ExitRejects, ExitInDoubt}, p.Run.ExitCode)
}

func unfinished(parts []portion) (faults []string) {
	for _, p := range parts {
		if !p.finished() {
			faults = append(faults, fmt.Sprintf("%s is not finished: %s", p.name(),
				cmp.Or(p.Run.Stopped, "it ended with status "+strconv.Itoa(p.Run.ExitCode))))
		}
	}
	return faults
}

// sameFiles holds the files of shards against those of the first that read to its end: one that was stopped may not have
// read all of them.
func sameFiles(parts []portion) (faults []string) {
	if parts[0].shard.Count <= 1 {
		return nil
	}
	first := parts[max(0, slices.IndexFunc(parts, portion.finished))]
	for _, p := range parts {
		if file := p.stranger(first); file != nil {
			faults = append(faults, fmt.Sprintf("%s read another input than %s: %s, which is not %s; these counts are not those of one input: "+
				"run the shards that read the wrong one again, with the right one", p.name(), first.name(), file.label(), first.Sources[0].label()))
		} else if p.finished() && len(p.Sources) != len(first.Sources) {
			faults = append(faults, fmt.Sprintf("%s read %s, and %s %s; these counts are not those of one input: run the shards that read too few again",
				p.name(), files(len(p.Sources)), first.name(), files(len(first.Sources))))
		}
	}
	return faults
}

// stranger is a file of p that other does not have.
func (p portion) stranger(other portion) *File {
	for i, f := range p.Sources {
		if len(other.Sources) > 0 && !slices.ContainsFunc(other.Sources, func(o File) bool { return o.SHA256 == f.SHA256 }) {
			return &p.Sources[i]
		}
	}
	return nil
}

// label tells a file from another one of the same name.
func (f File) label() string {
	const enough = 12
	return f.File + " (sha256 " + f.SHA256[:min(len(f.SHA256), enough)] + "…)"
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return strconv.Itoa(n) + " files"
}

// twice finds the files that several runs read whole, whose rows the sum has more than once.
func twice(parts []portion) (faults []string) {
	if parts[0].shard.Count > 1 {
		return nil
	}
	seen := map[string]string{} // the part by the file's digest
	for _, p := range parts {
		for _, f := range p.Sources {
			if first, known := seen[f.SHA256]; known && first != p.Name {
				faults = append(faults, fmt.Sprintf("%s is in %s and in %s: its rows are counted twice; leave out one of the two", f.File, first, p.Name))
			}
			seen[f.SHA256] = cmp.Or(seen[f.SHA256], p.Name)
		}
	}
	return faults
}

// sameRows is the check of the sum itself, where nothing else is known to be wrong.
func sameRows(m *Report) []string {
	rows := 0
	for _, f := range m.Sources {
		rows += f.Rows
	}
	if rows == m.Counts.Read {
		return nil
	}
	return []string{fmt.Sprintf("these reports account for %d rows, and the input has %d: they are not parts of one import; "+
		"were all run with the same flags, and by the same version?", m.Counts.Read, rows)}
}
