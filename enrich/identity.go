package enrich

import (
	"strings"
)

// Single people whom an article tells of one after the other: whether the second
// is somebody else than the first ("a waitress was cut … a child was hurt"), or the
// same told of again ("man shot … a 34-year-old man was shot").

// traits are what a noun group says of a single person.
type traits struct {
	sex byte // m, f; 0 where it does not tell
	age int  // in years; 0 where it does not tell
	old byte // c a child, a an adult; 0 where it does not tell
}

// traitsOf reads the words of a group and the age that follows it.
func (r *reading) traitsOf(g int) traits {
	var t traits
	gr := &r.groups[g]
	for k := gr.first; k < gr.last; k++ {
		w := &r.words[k]
		t.read(w.low)
		if a, ok := strings.CutSuffix(w.low, "-year-old"); ok && t.age == 0 {
			t.age = smallAge(a)
		}
	}
	if k := gr.first - 1; k >= 0 && t.age == 0 {
		if a, ok := strings.CutSuffix(r.words[k].low, "-year-old"); ok {
			t.age = smallAge(a)
		}
	}
	after := gr.last
	if after+1 < len(r.words) && r.words[after].low == "," {
		if h := r.group(after + 1); h >= 0 && r.groups[h].q == nil && r.names(h) == r.groups[h].last-r.groups[h].first {
			after = r.groups[h].last // "her mother, Ana Ruiz, 60"
		}
	}
	for k := after; k < min(after+3, len(r.words)) && t.age == 0; k++ {
		if h := r.group(k); h >= 0 && r.groups[h].age && r.groups[h].q != nil {
			t.age = r.groups[h].q.Min
		}
	}
	if t.age > 0 {
		t.old = 'a'
		if t.age < 18 {
			t.old = 'c'
		}
	}
	return t
}

func (t *traits) read(word string) {
	switch word {
	case "man", "father", "husband", "grandfather", "uncle", "waiter", "fisherman", "gentleman", "businessman", "widower":
		t.sex, t.old = 'm', 'a'
	case "woman", "mother", "wife", "grandmother", "aunt", "waitress", "nun", "businesswoman", "housewife", "widow":
		t.sex, t.old = 'f', 'a'
	case "boy", "schoolboy":
		t.sex, t.old = 'm', 'c'
	case "girl", "schoolgirl":
		t.sex, t.old = 'f', 'c'
	case "brother", "son", "nephew", "grandson", "male", "policeman", "boyfriend":
		t.sex = 'm'
	case "sister", "daughter", "niece", "granddaughter", "female", "policewoman", "girlfriend":
		t.sex = 'f'
	case "child", "toddler", "baby", "infant", "pupil", "schoolchild":
		t.old = 'c'
	}
}

// smallAge reads "34"; 0 where it is no number.
func smallAge(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return min(n, 120)
}

// differ tells whether two descriptions cannot be of one person.
func (t *traits) differ(u traits) bool {
	return t.sex != 0 && u.sex != 0 && t.sex != u.sex || t.age != 0 && u.age != 0 && t.age != u.age || t.old != 0 && u.old != 0 && t.old != u.old
}

// isSingle tells whether a figure is one person who is told of without a number: "a
// guard", "the driver", "Ana Ruiz".
func (r *reading) isSingle(f *mention) bool {
	return f.group >= 0 && r.groups[f.group].q == nil && f.q.Quantifier == "exact" && f.q.Min == 1 && f.q.Max == 1 && f.relation == "total"
}

func owned(det string) bool { return det == "his" || det == "her" || det == "their" }

// isOfKind tells whether a figure numbers people of some kind: "two women", never
// "two people" or "two", which may be the sum of all.
func (r *reading) isOfKind(f *mention) bool {
	if f.group < 0 || f.relation != "total" || f.q.Quantifier != "exact" || f.q.Min < 2 || !clausal(f.rule) || r.sents[f.sent].title {
		return false
	}
	g := &r.groups[f.group]
	return g.q != nil && g.person && g.head >= 0 && g.det != "the" && g.who != "any" && g.who != "suspect"
}

// otherPerson tells whether f is nobody whom an earlier figure of its measure tells
// of. known are those figures.
func (r *reading) otherPerson(known []*mention, f *mention) bool {
	for _, p := range known {
		if !r.others(p, f) {
			return false
		}
	}
	return true
}

// ofWhom tells whether group a is somebody's whom group b names: "the wife of the mayor".
func (r *reading) ofWhom(a, b int) bool {
	k := r.groups[b].prep
	return k > 0 && r.words[k].low == "of" && r.group(k-1) == a
}

// others tells whether two figures are known to be of two people.
func (r *reading) others(p, f *mention) bool {
	a, b := &r.groups[p.group], &r.groups[f.group]
	if r.byName(p) && r.byName(f) {
		return !r.sameName(p.group, f.group)
	}
	if r.ofWhom(f.group, p.group) || r.ofWhom(p.group, f.group) {
		return true
	}
	if t := r.traitsOf(p.group); t.differ(r.traitsOf(f.group)) {
		return true
	}
	sameHead := a.head >= 0 && b.head >= 0 && r.words[a.head].low == r.words[b.head].low
	if a.q != nil || b.q != nil {
		// A number of some kind and somebody of another: "two women … a guard".
		return !sameHead && a.who != b.who && a.who != "any" && b.who != "any"
	}
	if owned(b.det) && b.person && !sameHead && p.sent <= f.sent && !r.sents[p.sent].title {
		return true // "her mother" is not she
	}
	if (b.det == "a" || b.det == "an") && b.person && !sameHead && p.sent < f.sent && !r.sents[p.sent].title && (owned(a.det) || a.det == "the" || r.byName(p)) {
		return true // who is brought in as new was not told of before
	}
	if f.others && b.person && (b.det == "a" || b.det == "an" || b.det == "another") && !sameHead {
		return true // "a soldier was also killed"
	}
	if r.sents[p.sent].title || a.head < 0 || b.head < 0 || !a.person || !b.person {
		return false
	}
	if p.sent == f.sent {
		// "the driver was hit in the shoulder while the mayor's daughter was grazed"
		return r.words[a.head].low != r.words[b.head].low
	}
	return false
}
