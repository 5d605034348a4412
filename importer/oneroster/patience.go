package oneroster

import (
	"context"
	"time"
)

// patience is a context that ends when its parent does, or a timeout after wait. Where the time was not over it serves the
// next request: context.WithTimeout, new for each, costs a tenth of what a request allocates, net/http's included.
type patience struct {
	parent, ctx context.Context
	cancel      context.CancelCauseFunc
	timer       *time.Timer
}

// wait begins a request under ctx; waited must follow.
func (c *Client) wait(ctx context.Context) *patience {
	select {
	case p := <-c.patient:
		if p.parent == ctx {
			p.timer.Reset(c.timeout)
			return p
		}
		p.cancel(nil)
	default:
	}
	p := &patience{parent: ctx}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	p.timer = time.AfterFunc(c.timeout, func() { p.cancel(context.DeadlineExceeded) })
	return p
}

// waited keeps p for another request, unless its time was over.
func (c *Client) waited(p *patience) {
	if p.timer.Stop() {
		select {
		case c.patient <- p:
			return
		default:
		}
	}
	p.cancel(nil)
}

// expired says that the time was over, whatever the transport makes of it.
func (p *patience) expired() bool { return context.Cause(p.ctx) == context.DeadlineExceeded }
