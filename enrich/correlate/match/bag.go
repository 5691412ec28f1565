package match

// bag is a set of words with their weights, made to be asked often: a report is held
// against hundreds of incidents.
type bag struct {
	mask  uint32
	may   [4]uint64 // by eight bits of their hashes, whether there is any: most words are not there
	terms []term    // by hash, one after the other where they collide; weight 0 is a free place
	sum   float32
}

func bagOf(list []term) bag {
	size := 4
	for size < 3*len(list) {
		size *= 2
	}
	b := bag{mask: uint32(size - 1), terms: make([]term, size)}
	for _, t := range list {
		b.sum += t.weight
		if t.weight == 0 {
			continue
		}
		b.may[t.word>>6&3] |= 1 << (t.word & 63)
		k := t.word & b.mask
		for b.terms[k].weight != 0 {
			k = (k + 1) & b.mask
		}
		b.terms[k] = t
	}
	return b
}

// weight is that of a word, 0 where it is not there.
func (b *bag) weight(word uint32) float32 {
	for k := word & b.mask; ; k = (k + 1) & b.mask {
		if t := &b.terms[k]; t.weight == 0 || t.word == word {
			return t.weight
		}
	}
}

// shared is the weight of those that a list has, too; all is that of the list.
func (b *bag) shared(list []counted[term]) (shared, all float32) {
	for i := range list {
		t := &list[i].v
		all += t.weight
		if b.may[t.word>>6&3]&(1<<(t.word&63)) != 0 {
			shared += b.weight(t.word)
		}
	}
	return shared, all
}
