package main

import (
	"fmt"
	"strings"
)

// count is a number of people as an article gives it.
type count struct {
	n   int
	how string // "" exact, "at least", "more than", "dozens", "scores"
}

// toll is what an article says of the victims; nil is nothing.
type toll struct{ killed, injured, taken *count }

func exactly(n int) *count { return &count{n: n} }
func atLeast(n int) *count { return &count{n: n, how: "at least"} }
func moreThan(n int) *count {
	return &count{n: n, how: "more than"}
}
func dozens() *count { return &count{n: 12, how: "dozens"} }
func scores() *count { return &count{n: 20, how: "scores"} }

// dead and hurt make tolls of plain numbers; less than 0 is nothing said.
func dead(killed, injured int) toll {
	var t toll
	if killed >= 0 {
		t.killed = exactly(killed)
	}
	if injured >= 0 {
		t.injured = exactly(injured)
	}
	return t
}

// loosely is the toll with a floor only.
func (t toll) loosely() toll {
	if t.killed != nil {
		t.killed = atLeast(t.killed.n)
	}
	return t
}

// killedOnly leaves the injured out.
func (t toll) killedOnly() toll { return toll{killed: t.killed} }

// floor is the least that a count means.
func (c *count) floor() int {
	if c.how == "more than" {
		return c.n + 1
	}
	return c.n
}

func (c *count) exact() bool { return c.how == "" }
func (c *count) vague() bool { return c.how == "dozens" || c.how == "scores" }
func (c *count) one() bool   { return c.n == 1 && !c.vague() }

var small = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
var tens = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")

// inWords spells numbers below 1000.
func inWords(n int) string {
	switch {
	case n < 20:
		return small[n]
	case n < 100 && n%10 == 0:
		return tens[n/10]
	case n < 100:
		return tens[n/10] + "-" + small[n%10]
	case n%100 == 0:
		return small[n/100] + " hundred"
	}
	return small[n/100] + " hundred and " + inWords(n%100)
}

// singular is the word for one of them.
func singular(people string) string {
	if people == "people" {
		return "person"
	}
	return strings.TrimSuffix(people, "s")
}

// numbers says how an outlet writes them.
type numbers int

const (
	wordsToNine numbers = iota
	allWords
	allDigits
)

// write is a number in running text; a sentence begins with no digits.
func (s numbers) write(n int, start bool) string {
	if s == allDigits || n >= 100 && !start || s == wordsToNine && n > 9 && !start {
		return fmt.Sprint(n)
	}
	return inWords(n)
}

// amount is a count without its noun: "at least nine"; "dozens".
func (s numbers) amount(c *count, start bool) string {
	switch {
	case c.vague():
		return c.how
	case c.how != "":
		return c.how + " " + s.write(c.n, false)
	}
	return s.write(c.n, start)
}

// people is a count with its noun: "at least nine people", "dozens of people".
func (s numbers) people(c *count, noun string, start bool) string {
	switch {
	case c.vague():
		return c.how + " of " + noun
	case c.one():
		noun = singular(noun)
	}
	return s.amount(c, start) + " " + noun
}

// title is a count in a headline.
func (s numbers) title(c *count) string {
	n := fmt.Sprint(c.n)
	if c.n < 10 && s != allDigits || s == allWords {
		n = inWords(c.n)
	}
	switch {
	case c.vague():
		return c.how
	case c.how != "":
		return c.how + " " + n
	}
	return n
}
