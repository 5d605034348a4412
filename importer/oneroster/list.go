package oneroster

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Query asks for one page of results.
type Query struct {
	Filter        string // as the API document spells it, status='active' AND scoreStatus='exempt'; "" for all
	Limit, Offset int    // Limit 0: the server's choice
}

// Page is what a server answered to a Query.
type Page struct {
	Results []Result
	// Total is how many results there are on all pages, -1 where the server does not say.
	Total int
	query Query
}

// Next is the query of the page after p; false when p was the last. Pages may be short in the middle of the data, as
// servers leave out rows after they cut the page: only the total, or an empty page without one, is an end. A result
// may therefore come twice, and none is left out.
func (p Page) Next() (Query, bool) {
	q := p.query
	step := len(p.Results)
	if step == 0 {
		step = q.Limit
	}
	q.Offset += step
	if p.Total >= 0 {
		return q, step > 0 && q.Offset < p.Total
	}
	return q, len(p.Results) > 0
}

// List reads one page. Accepted means that the page is good; Blind that this server gives no such list, so that
// results must be looked up one at a time.
func (c *Client) List(ctx context.Context, q Query) (Page, Answer) {
	page := Page{query: q, Total: -1}
	req := request{method: http.MethodGet, url: c.listURL(q), most: listBytes, list: true}
	a := c.send(ctx, &req, func(a *Answer, resp *response) {
		results, total, err := decodeResults(resp.body)
		if err != nil || resp.cut {
			a.Verdict, a.Code, a.Reason = Doubt, "server.unreadable", "the server's list of results cannot be read"
			return
		}
		page.Results, page.Total = results, total
		if n, err := strconv.Atoi(resp.header.Get("X-Total-Count")); err == nil && n >= 0 && total < 0 {
			page.Total = n
		}
	})
	return page, a
}

func (c *Client) listURL(q Query) *url.URL {
	v := url.Values{}
	if q.Filter != "" {
		v.Set("filter", q.Filter)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset > 0 {
		v.Set("offset", strconv.Itoa(q.Offset))
	}
	u := *c.base
	u.RawQuery = strings.ReplaceAll(v.Encode(), "+", "%20") // a space is a space everywhere only so
	return &u
}
