package pace

import "time"

// whims are refusals that the rate does not explain, such as those of a server that sheds load now and then: they come as
// often however slowly one goes, and a law that answered each with a cut would end at a crawl. Well below the wall, where a
// bucket has room, a refusal is taken for one unless others are near. How often they come there is what is overlooked
// near the wall, too.
type whims struct {
	gap, before float64 // accepted since the last refusal, and between the two before that
	count       float64 // refused since the curve began
	accepted    float64 // well below the wall
	overlooked  float64 // refused there
}

const (
	roomy      = 0.05 // what was accepted less than the wall allows leaves room, as a share
	often      = 25   // accepted requests to a whim at least: what comes more often is a limit
	seldom     = 200  // at most: what comes less often is not looked for near the wall
	leastWhims = 2    // overlooked that show how often they come
	whimMemory = 2000 // accepted requests after which they count half
)

func (w whims) absorb(accepted float64, low bool) whims {
	w.gap += accepted
	if low {
		w.accepted += accepted
	}
	if w.accepted > whimMemory {
		w.accepted, w.overlooked = w.accepted/2, w.overlooked/2
	}
	return w
}

func (w whims) refused() whims {
	w.gap, w.before = 0, w.gap
	w.count++
	return w
}

// usual is how many are accepted for one whim; 0: there are none to speak of.
func (w whims) usual() float64 {
	u := (w.accepted + often) / w.overlooked
	if w.overlooked < leastWhims || u < often || u > seldom {
		return 0
	}
	return u
}

// low says that well less was accepted since the last cut than the wall allows: the server should have room.
func (c curve) low(now time.Time) bool {
	return c.accepted < (1-roomy)*c.wall*now.Sub(c.mark).Seconds()
}

// whim says that a refusal now is none of the rate's. Among shards it never is: that they all yield is what makes them share.
func (c curve) whim(now time.Time) bool {
	if !c.known || c.paused > 0 || c.shards > 1 {
		return false
	}
	if u := c.whims.usual(); u > 0 && c.whims.gap+c.whims.before >= u/2 {
		return true
	}
	return c.low(now) && c.whims.count <= c.accepted/often
}

// overlook books a whim: it costs none of the refusals that may be spent.
func (c curve) overlook(now time.Time) curve {
	if c.low(now) {
		c.whims.overlooked++
	}
	c.whims = c.whims.refused()
	return c
}
