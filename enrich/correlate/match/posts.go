package match

// posts are a map from posts to what stands there. It differs from one of Go's in that a
// search, which asks for thirty, can have all of them come from memory at once.
type posts struct {
	parts [64]part // each grows by itself, so that none takes long
	n     int
}

// part is a table of a power of two places; a post is at the place of its hash or in the
// next ones, without a free one between.
type part struct {
	places []place
	n      int
}

type place struct {
	post post // 0 for a free one: no kind of posts is 0
	what uint32
}

// home is the part that a post is in, and its hash there.
func (t *posts) home(p post) (*part, uint32) {
	h := uint64(p) * 0x9e3779b97f4a7c15
	return &t.parts[h>>58], uint32(h >> 26)
}

// at is the place of a post, or the free one where it would be.
func (q *part) at(p post, hash uint32) *place {
	mask := uint32(len(q.places) - 1)
	for k := hash & mask; ; k = (k + 1) & mask {
		if at := &q.places[k]; at.post == p || at.post == 0 {
			return at
		}
	}
}

func (t *posts) get(p post) (what uint32, is bool) {
	q, h := t.home(p)
	if q.n == 0 {
		return 0, false
	}
	at := q.at(p, h)
	return at.what, at.post != 0
}

// approach reads the place where a post ought to be.
func (t *posts) approach(p post) uint32 {
	q, h := t.home(p)
	if q.n == 0 {
		return 0
	}
	return q.places[h&uint32(len(q.places)-1)].what
}

func (t *posts) set(p post, what uint32) {
	q, h := t.home(p)
	if 3*len(q.places) <= 4*q.n { // three quarters are taken
		old := q.places
		q.places = make([]place, max(8, 2*len(old)))
		for _, o := range old {
			if o.post != 0 {
				_, h := t.home(o.post)
				*q.at(o.post, h) = o
			}
		}
	}
	at := q.at(p, h)
	if at.post == 0 {
		q.n++
		t.n++
	}
	*at = place{p, what}
}

// remove takes a post out, and brings those nearer to their hashes that stand behind it.
func (t *posts) remove(p post) {
	q, h := t.home(p)
	if q.n == 0 {
		return
	}
	mask := uint32(len(q.places) - 1)
	k := h & mask
	for q.places[k].post != p {
		if q.places[k].post == 0 {
			return
		}
		k = (k + 1) & mask
	}
	q.n--
	t.n--
	for free := k; ; {
		k = (k + 1) & mask
		o := q.places[k]
		if o.post == 0 {
			q.places[free] = place{}
			return
		}
		if _, h := t.home(o.post); (k-h)&mask >= (k-free)&mask { // its hash is not behind the free one
			q.places[free], free = o, k
		}
	}
}

// all calls each for every post.
func (t *posts) all(each func(post, uint32)) {
	for k := range t.parts {
		for _, p := range t.parts[k].places {
			if p.post != 0 {
				each(p.post, p.what)
			}
		}
	}
}
