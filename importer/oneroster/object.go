package oneroster

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Collection is where a server has the objects that results refer to, below its root.
type Collection string

// The collections of OneRoster 1.2. Not every server has both of students.
const (
	LineItems Collection = "/ims/oneroster/gradebook/v1p2/lineItems"
	Users     Collection = "/ims/oneroster/rostering/v1p2/users"
	Students  Collection = "/ims/oneroster/rostering/v1p2/students"
	Classes   Collection = "/ims/oneroster/rostering/v1p2/classes"
)

// Object looks whether a collection has an object. Accepted: it has. NotFound: 404 or 410, which says that it has not, if the
// server has the collection at all.
func (c *Client) Object(ctx context.Context, in Collection, id string) Answer {
	u := c.collection(in)
	u.Path, u.RawPath = u.Path+"/", u.RawPath+"/"
	req := request{method: http.MethodGet, url: under(u, id), most: foundBytes}
	return c.send(ctx, &req, func(a *Answer, resp *response) {
		var object map[string]json.RawMessage
		if resp.cut || json.Unmarshal(resp.body, &object) != nil {
			unreadable(a)
		}
	})
}

// AnyObject is the sourcedId of some object of a collection, "" where it shows none.
func (c *Client) AnyObject(ctx context.Context, in Collection) (id string, a Answer) {
	u := c.collection(in)
	u.RawQuery = "limit=1"
	req := request{method: http.MethodGet, url: u, most: listBytes, list: true}
	a = c.send(ctx, &req, func(a *Answer, resp *response) {
		var page map[string]json.RawMessage
		if resp.cut || json.Unmarshal(resp.body, &page) != nil {
			unreadable(a)
			return
		}
		for _, value := range page {
			var objects []struct {
				SourcedID anyText `json:"sourcedId"`
			}
			if json.Unmarshal(value, &objects) == nil && len(objects) > 0 && objects[0].SourcedID != "" {
				id = string(objects[0].SourcedID)
			}
		}
	})
	return id, a
}

func unreadable(a *Answer) {
	a.Verdict, a.Code = Doubt, "server.unreadable"
	a.Reason = "the server's answer cannot be read; nothing was learned of what it holds"
}

func (c *Client) collection(in Collection) *url.URL {
	u := *c.root
	u.Path, u.RawPath = u.Path+string(in), u.RawPath+string(in)
	return &u
}
