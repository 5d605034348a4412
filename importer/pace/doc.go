// Package pace is the one controller that all workers of a run share: it learns how many requests a second and how many
// in flight a server allows, stays just under, and follows when that moves.
package pace
