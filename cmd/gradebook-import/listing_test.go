package main

import "testing"

func TestNothingInAListIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"   ":                     "   ",
		"score: must be a number": "score: must be a number",
		"=1+1":                    "'=1+1",
		"+1+A1":                   "'+1+A1",
		"-A1":                     "'-A1",
		"-1.5":                    "-1.5",
		"@SUM(A1)":                "'@SUM(A1)",
		" =1":                     "' =1",
		"\u00a0=1":                "'\u00a0=1",
		"\t=1":                    "'=1",
		"\n=1":                    "' =1",
		"＝1":                      "'＝1",
		"é=1":                     "é=1",
	} {
		if got := inert(text); got != want {
			t.Errorf("inert(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{
		"results.csv":             "results.csv",
		"a b/ü.csv":               "a%20b/%C3%BC.csv",
		"/data/a b.csv":           "file:///data/a%20b.csv",
		"c:results.csv":           "./c:results.csv",
		"term.zip/results.csv":    "term.zip/results.csv",
		"50% of it.csv":           "50%25%20of%20it.csv",
		"what?.csv":               "what%3F.csv",
		"../other/#1/results.csv": "../other/%231/results.csv",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("fileURI(%q) = %q, want %q", path, got, want)
		}
	}
}
