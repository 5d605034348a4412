package gradecsv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMappingREADME: every example is read as it stands there, and every key is shown.
func TestMappingREADME(t *testing.T) {
	t.Chdir(filepath.Join(samplesDir, "mappings"))
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```yaml\n")[1:]
	const fields = "fields:\n"
	const needed = "  lineItemSourcedId: l\n  studentSourcedId: s\n  scoreStatus: {value: exempt}\n"
	for i, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		switch {
		case strings.HasPrefix(block, "    "):
			block = fields + needed + "  score:\n    column: x\n" + block
		case strings.HasPrefix(block, "  "):
			block = fields + block
		}
		if !strings.Contains(block, fields) {
			block += fields
		}
		for _, line := range strings.SplitAfter(needed, "\n") {
			if name, _, _ := strings.Cut(line, ":"); !strings.Contains(block, name+":") {
				block = strings.TrimSuffix(block, "\n") + "\n" + line
			}
		}
		if _, err := parseProfile("README.yaml", []byte(block)); err != nil {
			t.Errorf("example %d: %v\n%s", i+1, err, block)
		}
	}
	if len(blocks) != 8 {
		t.Errorf("%d examples", len(blocks))
	}
}

// TestSamplesREADME: every sample is in the table.
func TestSamplesREADME(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(samplesDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples() {
		if !strings.Contains(string(text), "| `"+s.file+"` |") {
			t.Errorf("%s is not in the table", s.file)
		}
	}
}
