package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"gradebook-import/importer"
)

// SARIF 2.1.0 (OASIS), as far as a list of problems needs it. The libraries for it build the whole log in memory before
// they write any of it; results here are a stream.

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifRule struct {
	ID    string    `json:"id"`
	Short sarifText `json:"shortDescription"`
}

type sarifTool struct {
	Driver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	} `json:"driver"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	ExitCode      int                 `json:"exitCode"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

// sarif writes the log. What is known only at the end, such as what was left out, comes after the results.
func (l *listing) sarif(w io.Writer, status int) error {
	var tool sarifTool
	tool.Driver.Name, tool.Driver.Version, tool.Driver.Rules = program, thisVersion(), []sarifRule{}
	for _, id := range slices.Sorted(maps.Keys(l.rules)) {
		tool.Driver.Rules = append(tool.Driver.Rules, sarifRule{id, sarifText{oneLine(l.rules[id])}})
	}
	_, err := fmt.Fprintf(w, `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",`+
		`"runs":[{"tool":%s,"columnKind":"unicodeCodePoints","results":[`, inline(tool))
	separator := "\n"
	err = errors.Join(err, l.each(func(text []byte) error {
		_, err := io.WriteString(w, separator)
		separator = ",\n"
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}))
	run := sarifInvocation{Successful: status == importer.ExitOK || status == importer.ExitRejects, ExitCode: status}
	for _, p := range l.failures {
		run.Notifications = append(run.Notifications, sarifNotification{p.severity, sarifText{oneLine(p.Message)}, locations(p)})
	}
	if l.left > 0 {
		run.Notifications = append(run.Notifications, sarifNotification{Level: "note", Message: sarifText{l.more()}})
	}
	_, endErr := fmt.Fprintf(w, "\n],\"invocations\":[%s]}]}\n", inline(run))
	return errors.Join(err, endErr)
}

// more says what was not listed.
func (l *listing) more() string {
	return fmt.Sprintf("the problems of %s more are not listed; --max-problems 0 lists all", rows(l.left))
}

func (l *listing) result(p problem) []byte {
	return inline(sarifResult{p.Code, p.severity, sarifText{oneLine(p.Text(l.showValues))}, locations(p)})
}

func locations(p problem) []sarifLocation {
	if p.File == "" {
		return nil
	}
	var at sarifLocation
	at.Physical.Artifact.URI = fileURI(p.File)
	if p.Line > 0 {
		at.Physical.Region = &sarifRegion{p.Line, p.column}
	}
	return []sarifLocation{at}
}

// fileURI is a path as SARIF has it: relative to where the program runs, or a file URI.
func fileURI(path string) string {
	slashed := filepath.ToSlash(path)
	if filepath.IsAbs(path) {
		return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(slashed, "/")}).String()
	}
	return (&url.URL{Path: slashed}).String() // with ./ where a colon would make a scheme
}

// inline is v in one line.
func inline(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(program + ": internal error: " + err.Error())
	}
	return data
}
