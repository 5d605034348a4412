package kubernetes

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// ruleFile is the format of Prometheus' rule files.
type ruleFile struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []struct {
			Alert       string            `json:"alert"`
			Expr        string            `json:"expr"`
			For         string            `json:"for"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"rules"`
	} `json:"groups"`
}

// exposed is what the program shows of itself: the lines of its metrics, while running and at the end.
func exposed(t *testing.T) string {
	t.Helper()
	c := newCluster(t)
	c.files(t)
	if status, _ := c.run(t, workloads(t)[0], 0); status != 0 {
		t.Fatalf("exit status %d:\n%s", status, c.stderr.String())
	}
	if c.scraped == "" || c.pushed == "" {
		t.Fatalf("scraped %d bytes, pushed %d", len(c.scraped), len(c.pushed))
	}
	return c.scraped + c.pushed
}

// shown tells whether text has a series that the selector could mean, leaving aside labels that come with the scrape.
func shown(text string, s *parser.VectorSelector) bool {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, s.Name)
		if !ok || !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, " ") {
			continue
		}
		if !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool { return contradicts(rest, m) }) {
			return true
		}
	}
	return false
}

// contradicts tells whether the labels of a line are not what a matcher asks for.
func contradicts(line string, m *labels.Matcher) bool {
	value := regexp.MustCompile(`[{,]` + m.Name + `="([^"]*)"`).FindStringSubmatch(line)
	switch m.Name {
	case "__name__":
		return false
	case "shard", "target", "client_id", "instance": // added by the push, or by the scrape
		return value != nil
	}
	return value == nil || !m.Matches(value[1])
}

// check holds an expression against what the program shows.
func check(t *testing.T, where, expr, text string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok && !shown(text, s) {
			t.Errorf("%s: the program has no %s", where, s)
		}
		return nil
	})
}

func TestAlertsAreAboutMetricsThatExist(t *testing.T) {
	var file ruleFile
	strictly(t, "monitoring/alerts.yaml", &file)
	text := exposed(t)
	seen := map[string]bool{}
	for _, rule := range file.Groups[0].Rules {
		check(t, rule.Alert, rule.Expr, text)
		if seen[rule.Alert] || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["action"] == "" {
			t.Errorf("%s: an alert has a name of its own, a severity, a summary and what to do", rule.Alert)
		}
		seen[rule.Alert] = true
		if rule.For != "" && !regexp.MustCompile(`^\d+[mh]$`).MatchString(rule.For) {
			t.Errorf("%s: for %s", rule.Alert, rule.For)
		}
	}
	if len(seen) < 5 {
		t.Errorf("only %d alerts", len(seen))
	}
}

// dashboard is what is read of Grafana's format.
type dashboard struct {
	UID        string
	Templating struct {
		List []struct{ Name, Definition string }
	}
	Panels []struct {
		ID          int
		Type, Title string
		GridPos     struct{ H, W, X, Y int }
		Targets     []struct{ Expr string }
	}
}

func TestDashboardShowsMetricsThatExist(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal(read(t, "monitoring/dashboard.json"), &d); err != nil {
		t.Fatal(err)
	}
	text := exposed(t)
	// Grafana puts these in.
	variables := []string{"$__rate_interval", "5m"}
	for _, v := range d.Templating.List {
		variables = append(variables, "$"+v.Name, ".*")
		if metric := regexp.MustCompile(`^label_values\((\w+),`).FindStringSubmatch(v.Definition); metric != nil {
			check(t, "$"+v.Name, metric[1], text)
		}
	}
	put := strings.NewReplacer(variables...)
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s: panel %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies over %q, or beyond the edge", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			expr := put.Replace(target.Expr)
			if strings.Contains(expr, "$") {
				t.Errorf("%s: a variable that the dashboard does not have: %s", p.Title, expr)
			}
			check(t, p.Title, expr, text)
		}
	}
}
