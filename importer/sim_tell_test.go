package importer

import (
	"fmt"
	"strings"
	"time"
)

func (s *story) note(kind, what, more string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, simNote{time.Since(s.start), s.runs, kind, what, more, n})
}

// broken notes that a promise is broken.
func (s *story) broken(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, fmt.Sprintf("run %d: ", s.runs)+fmt.Sprintf(format, args...))
}

func (s *story) fails() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.failures) > 0
}

func (s *story) verdict() string { return strings.Join(s.failures[:min(len(s.failures), 10)], "\n") }

func (s *story) events() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, n := range s.notes {
		fmt.Fprintf(&b, "%12s run %d  %-6s %s %s %d\n", n.at.Round(time.Microsecond), n.run, n.kind, n.what, n.more, n.n)
	}
	return b.String()
}
