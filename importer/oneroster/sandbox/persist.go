package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const savedVersion = 1

// savedHead is the first line of a saved server; one savedResult a line follows.
type savedHead struct {
	Version int     `json:"sandbox"`
	Serial  uint64  `json:"serial"`
	Results int     `json:"results"`
	Totals  Changes `json:"totals"`
}

type savedResult struct {
	ID       string          `json:"id"`
	Supplied string          `json:"supplied"`
	Changes  Changes         `json:"changes"`
	Modified time.Time       `json:"modified"`
	Content  json.RawMessage `json:"content"` // without sourcedId and dateLastModified
}

// Save writes the results and what was done to them, as lines of JSON. Requests, tokens and writes that are still to
// come (delay-apply) are not kept: the server ends here.
func (s *Server) Save(w io.Writer) error {
	entries := s.store.all()
	s.store.lock()
	defer s.store.mu.Unlock()
	buffered := bufio.NewWriterSize(w, 1<<20)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(savedHead{savedVersion, s.store.serial, len(entries), s.store.totals}); err != nil {
		return err
	}
	for _, e := range entries {
		st := e.now.Load()
		content := json.RawMessage("{" + string(st.rest) + "}")
		err := encoder.Encode(savedResult{e.id, e.supplied, e.changes, time.Unix(0, st.modified).UTC(), content})
		if err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// Load fills a server that has no results yet with what Save wrote. After an error the server is of no use.
func (s *Server) Load(r io.Reader) error {
	decoder := json.NewDecoder(r)
	var head savedHead
	if err := decoder.Decode(&head); err != nil {
		return fmt.Errorf("not a saved sandbox: %w", err)
	}
	if head.Version != savedVersion {
		return fmt.Errorf("saved by another version of the sandbox (%d, not %d): remove the file to begin anew", head.Version, savedVersion)
	}
	s.store.lock()
	defer s.store.mu.Unlock()
	if len(s.store.order) > 0 {
		return errors.New("the sandbox already has results")
	}
	s.store.serial, s.store.totals = head.Serial, head.Totals
	for i := range head.Results {
		if err := s.store.load(decoder); err != nil {
			return fmt.Errorf("result %d of %d: %w", i+1, head.Results, err)
		}
	}
	return nil
}

func (s *store) load(decoder *json.Decoder) error {
	var saved savedResult
	if err := decoder.Decode(&saved); err != nil {
		return err
	}
	if saved.ID == "" || s.byID[saved.ID] != nil {
		return errors.New("the id is blank or there twice")
	}
	if len(saved.Content) == 0 || saved.Content[0] != '{' {
		return errors.New("the content is missing")
	}
	var f fields
	f.fill(saved.Content)
	in, problems := validate(&f, true)
	if problems != nil {
		return fmt.Errorf("%s: %s", problems[0].field, problems[0].message)
	}
	e := &entry{id: saved.ID, supplied: saved.Supplied, changes: saved.Changes}
	s.insert(e)
	deleted, _ := lookup(in.rest, "status")
	e.now.Store(&state{rest: in.rest, modified: saved.Modified.UnixNano(), deleted: deleted == "tobedeleted"})
	return nil
}

var _ http.Handler = (*Server)(nil)
