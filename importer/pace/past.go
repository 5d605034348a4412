package pace

import "math"

// past is what was accepted when, since the last refusal that counted, and what such pasts have said about the server's
// bucket. A server that refuses has an empty bucket: it was empty then, and it is empty now. What it accepted in between is
// what flowed in, less what the full bucket lost. So for a bucket that holds depth requests the rate is the largest of
// what was accepted a second in all, and of what was accepted above depth in any stretch of time that ends now.
//
// The depth is not known. The depth under which one refusal after another tells of the same rate is believed.
type past struct {
	n        int
	stretch  [32]stretch
	told     [len(depths)]float64 // the rates of the last refusal, by depth
	wrong    [len(depths)]float64 // how far apart they lay, as logarithms, smoothed
	refused  int
	believed int // index of the depth
}

type stretch struct{ accepted, seconds float64 }

// depths are those that are held against each other. The last one stands for every bucket that is never full.
var depths = [...]float64{0, 4, 16, 64, math.Inf(1)}

const (
	clearly    = 0.6 // how far apart the rates of a truer depth lie at most, as a share of those of the one believed
	leastCount = 8   // accepted requests that make a stretch to learn from
)

func (p past) add(accepted, seconds float64) past {
	if p.n == len(p.stretch) { // halve the resolution
		for i := range p.n / 2 {
			a, b := p.stretch[2*i], p.stretch[2*i+1]
			p.stretch[i] = stretch{a.accepted + b.accepted, a.seconds + b.seconds}
		}
		p.n /= 2
	}
	p.stretch[p.n] = stretch{accepted, seconds}
	p.n++
	return p
}

// begin forgets what was accepted.
func (p past) begin() past {
	p.n = 0
	return p
}

// rate is the server's, if its bucket holds depth requests; overall is what was accepted a second in all.
func (p past) rate(depth, overall float64) float64 {
	r := overall
	var n, s float64
	last := p.n - 1
	if last >= 0 && p.stretch[last].accepted == 0 { // ends with the refusal
		last--
	}
	for i := last; i >= 0; i-- {
		n, s = n+p.stretch[i].accepted, s+p.stretch[i].seconds
		if n >= leastCount && s > 0 {
			r = max(r, (n-depth)/s)
		}
	}
	return r
}

// judge compares what each depth says now with what it said before, and returns the depth to believe: the one believed so
// far, the deepest at first, unless another one is clearly truer.
func (p past) judge(overall float64) (past, float64) {
	if p.refused == 0 {
		p.believed = len(depths) - 1
	}
	for i, d := range depths {
		r := p.rate(d, overall)
		if p.refused > 0 {
			p.wrong[i] += (math.Abs(math.Log(r/p.told[i])) - p.wrong[i]) / 2
		}
		p.told[i] = r
	}
	p.refused++
	for i := range depths {
		if p.wrong[i] < clearly*p.wrong[p.believed]-0.001 {
			p.believed = i
		}
	}
	return p, depths[p.believed]
}
