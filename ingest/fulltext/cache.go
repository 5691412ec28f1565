package fulltext

import "container/list"

// cache keeps the values used last, bounded in number and in bytes.
type cache[V any] struct {
	entries, bytes int // limits
	size           int
	order          *list.List // of *cached[V], used last in front
	byKey          map[string]*list.Element
}

type cached[V any] struct {
	key  string
	val  V
	size int
}

func newCache[V any](entries, bytes int) cache[V] {
	return cache[V]{entries: entries, bytes: bytes, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache[V]) get(key string) (v V, ok bool) {
	el, ok := c.byKey[key]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(el)
	return el.Value.(*cached[V]).val, true
}

// put keeps v, which takes size bytes, and lets go of what has no room any more.
func (c *cache[V]) put(key string, v V, size int) {
	if el, ok := c.byKey[key]; ok {
		c.drop(el)
	}
	c.byKey[key] = c.order.PushFront(&cached[V]{key, v, size})
	c.size += size
	for c.order.Len() > c.entries || c.size > c.bytes {
		c.drop(c.order.Back())
	}
}

func (c *cache[V]) drop(el *list.Element) {
	e := c.order.Remove(el).(*cached[V])
	delete(c.byKey, e.key)
	c.size -= e.size
}
