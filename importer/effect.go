package importer

import (
	"net/http"

	"gradebook-import/importer/oneroster"
)

// Effect is what sending a row does to what the server has.
type Effect uint8

const (
	Creates  Effect = iota + 1 // the server has nothing under the sourcedId
	Replaces                   // it has another content, or an earlier run sent one
	Deletes                    // it has the result, which is to be deleted
	Repeats                    // it has the same already, or what is to be deleted is gone
)

func (e Effect) String() string { return [...]string{"", "create", "replace", "delete", "none"}[e] }

// Effects counts accepted rows by what sending them does. Rows of which it is not known are in none of them.
type Effects struct {
	Created  int `json:"created"`
	Replaced int `json:"replaced"`
	Deleted  int `json:"deleted"`
	Same     int `json:"same"`
}

// Changes is how many rows replace or delete what the server has.
func (e *Effects) Changes() int { return e.Replaced + e.Deleted }

// add counts one row. A nil Effects counts nothing.
func (e *Effects) add(of Effect) {
	if e == nil || of == 0 {
		return
	}
	*[...]*int{nil, &e.Created, &e.Replaced, &e.Deleted, &e.Same}[of]++
}

// effect is what a send that was accepted does, as far as the checkpoint or a look before it can tell.
func (t *task) effect(a oneroster.Answer) Effect {
	switch {
	case a.Before == oneroster.Accepted:
		return Repeats
	case t.method == http.MethodDelete:
		return Deletes
	case a.Before == oneroster.Different, t.standing:
		return Replaces
	case a.Before == oneroster.Missing:
		return Creates
	}
	return 0
}
