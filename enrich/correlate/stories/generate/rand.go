package main

// random is a small generator of its own (splitmix64): the committed stories must
// not change with a release of Go.
type random struct{ state uint64 }

func newRandom(seed uint64, name string) *random {
	r := &random{seed}
	for _, c := range []byte(name) {
		r.state = r.state*1099511628211 + uint64(c)
		r.next()
	}
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is a number from 0 to limit-1.
func (r *random) n(limit int) int { return int(r.next() >> 1 % uint64(limit)) }

// between is a number from low to high.
func (r *random) between(low, high int) int { return low + r.n(high-low+1) }

// chance is true in percent of a hundred calls.
func (r *random) chance(percent int) bool { return r.n(100) < percent }

func pick[T any](r *random, list []T) T { return list[r.n(len(list))] }

func shuffle[T any](r *random, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := r.n(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}
