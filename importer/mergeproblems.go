package importer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// addProblems adds up the kinds of problems, those with most rows first, within the bounds of a report.
func addProblems(parts []portion) []Problem {
	sum := []Problem{}
	at := map[problemKey]int{}
	others := map[[2]string]string{} // by code and line
	for _, part := range parts {
		for _, p := range part.Problems {
			key := problemKey{p.Code, p.Message, p.Status}
			i, ok := at[key]
			if !ok {
				i = len(sum)
				at[key] = i
				sum = append(sum, Problem{Code: p.Code, Message: p.Message, Status: p.Status, Lines: []string{}})
			}
			sum[i].Count += p.Count
			sum[i].Lines = append(sum[i].Lines, p.Lines...)
			for n, other := range p.Others[:min(len(p.Others), len(p.Lines))] {
				others[[2]string{p.Code, p.Lines[n]}] = other
			}
		}
	}
	for i := range sum {
		sum[i].Lines = firstLines(sum[i].Lines)
		for _, line := range sum[i].Lines {
			if other, ok := others[[2]string{sum[i].Code, line}]; ok {
				sum[i].Others = append(sum[i].Others, other)
			}
		}
	}
	slices.SortStableFunc(sum, func(a, b Problem) int { return b.Count - a.Count })
	return foldRest(sum)
}

// foldRest makes one kind for each status of those beyond the bound, as the recorder does.
func foldRest(sum []Problem) []Problem {
	kept := sum[:min(len(sum), problemKinds)]
	for _, p := range sum[len(kept):] {
		i := slices.IndexFunc(kept, func(o Problem) bool { return o.Code == restCode && o.Status == p.Status })
		if i < 0 {
			i = len(kept)
			kept = append(slices.Clip(kept), Problem{Code: restCode, Message: restMessage, Status: p.Status, Lines: []string{}})
		}
		kept[i].Count += p.Count
		kept[i].Lines = firstLines(append(kept[i].Lines, p.Lines...))
	}
	return kept
}

// firstLines are the first of some positions in the order of the input, each once.
func firstLines(lines []string) []string {
	slices.SortFunc(lines, comparePositions)
	lines = slices.Compact(lines)
	return lines[:min(len(lines), problemLines)]
}

func comparePositions(a, b string) int {
	fileA, placeA := splitPosition(a)
	fileB, placeB := splitPosition(b)
	return cmp.Or(cmp.Compare(fileA, fileB), slices.Compare(placeA, placeB))
}

// splitPosition takes file:line or file:line:column apart.
func splitPosition(s string) (file string, place []int) {
	for len(place) < 2 {
		i := strings.LastIndexByte(s, ':')
		n, err := strconv.Atoi(s[i+1:])
		if i < 0 || err != nil {
			break
		}
		s, place = s[:i], append([]int{n}, place...)
	}
	return s, place
}
