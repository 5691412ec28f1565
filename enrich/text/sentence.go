package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentences groups tokens. A blank line always ends a sentence; a single line
// break does so after a closing mark, before a bullet, a number of a list or the
// time of a live blog, and after a line that stands alone.
func (d *Doc) sentences() {
	first, para := 0, 0
	if cap(d.Sentences) == 0 {
		d.Sentences = make([]Sentence, 0, len(d.Tokens)/20+2)
	}
	l := layout{doc: d, end: -1}
	end := func(last int) {
		d.Sentences = append(d.Sentences, Sentence{First: first, Last: last, Para: para, Caps: capitals(d.Tokens[first:last]), Stamp: min(d.stamp(first), last-first)})
		first = last
	}
	for i := range d.Tokens {
		if i+1 == len(d.Tokens) {
			end(i + 1)
			break
		}
		lines := 0
		if a, b := d.Tokens[i].End, d.Tokens[i+1].Start; b > a && (b > a+1 || d.Text[a] != ' ') {
			lines = d.lineBreaks(a, b)
		}
		switch {
		case lines >= 2 || lines == 1 && (d.endsLine(i) || d.item(i+1) || l.alone(i)):
			end(i + 1)
			para++
		case d.ends(i) || d.clock(first) && d.stamp(i+1) > 0:
			end(i + 1)
		}
		if lines > 0 {
			l.start = d.Tokens[i+1].Start
		}
	}
}

// capitals tells whether a sentence is written in capitals.
func capitals(toks []Token) bool {
	caps, small := 0, 0
	for i := range toks {
		if t := &toks[i]; t.Kind == Word && t.End-t.Start > 1 {
			if t.Caps {
				caps++
			} else if t.Low[0] > '9' {
				small++
			}
		}
	}
	return caps >= 3 && small*8 <= caps
}

func (d *Doc) lineBreaks(a, b int) (n int) {
	for ; a < b; a++ {
		switch c := d.Text[a]; c {
		case '\n':
			n++
		case '\r':
			if a+1 == len(d.Text) || d.Text[a+1] != '\n' {
				n++
			}
		case 0xe2: // U+2028 line separator, U+2029 paragraph separator
			if strings.HasPrefix(d.Text[a:], "\u2028") {
				n++
			} else if strings.HasPrefix(d.Text[a:], "\u2029") {
				n += 2
			}
		}
	}
	return n
}

// endsLine tells whether a line may end a sentence after token i.
func (d *Doc) endsLine(i int) bool {
	switch d.Tokens[i].Low {
	case ".", "!", "?", "\"", "”", "’", "»", ":", "…", ")", "...":
		return true
	}
	return false
}

// item tells whether a line that begins with token i is one of a list.
func (d *Doc) item(i int) bool {
	t := &d.Tokens[i]
	switch t.Kind {
	case Punct:
		switch t.Low {
		case "-", "--", "*", "•", "–", "—", "·", "‣", "▪", "●", "○", "►", "➤", ">", "+":
			return true
		}
		r, _ := d.peek(t.Start)
		return isPicture(r)
	case Number:
		if i+1 == len(d.Tokens) {
			return false
		}
		if next := &d.Tokens[i+1]; next.Start == t.End && len(t.Low) <= 2 && (next.Low == "." || next.Low == ")") {
			return true
		}
		return d.stamp(i) > 0
	}
	return false
}

// clock tells whether token i is a time of day in digits: "16:40", and at the head of a
// line "16.40".
func (d *Doc) clock(i int) bool {
	t := &d.Tokens[i]
	if t.Kind != Number || len(t.Low) != 4 && len(t.Low) != 5 {
		return false
	}
	switch t.Low[len(t.Low)-3] {
	case ':':
		return true
	case '.':
		return len(t.Low) == 5 && t.Low[:2] < "24" && t.Low[3] < '6' && (i == 0 || d.lineBreaks(d.Tokens[i-1].End, t.Start) > 0)
	}
	return false
}

// stamp counts the tokens from i on that are the time before an entry of a live
// blog: "16:40 Police say", "16:40 GMT - nine dead". A time inside a sentence has
// a preposition.
func (d *Doc) stamp(i int) int {
	if !d.clock(i) {
		return 0
	}
	switch d.Tokens[max(i-1, 0)].Low {
	case "at", "by", "around", "about", "from", "to", "until", "till", "before", "after", "since", "near", "nearly", "almost", "and", "between", "-", "–", "(", "exactly", "shortly":
		if i > 0 {
			return 0
		}
	}
	k := i + 1
	for k < len(d.Tokens) && k < i+4 {
		t := &d.Tokens[k]
		switch t.Low {
		case "gmt", "utc", "bst", "est", "et", "am", "pm", "a.m.", "p.m.", "-", "–", "—", ":", "|", ")", "]":
			k++
			continue
		}
		if t.Upper || t.Kind == Number || k > i+1 {
			return k - i
		}
		break
	}
	return 0
}

// layout tells lines that were wrapped from lines that stand alone.
type layout struct {
	doc     *Doc
	start   int // of the line
	end     int // the token after the block that was looked at last
	wrapped bool
	longest int // line of the text, in bytes; 0 until it is needed
}

// unwrapped is longer than any line that a program wraps.
const unwrapped = 100

// alone tells whether the line that ends with token i is a headline or an entry
// and not a part of wrapped prose: the next line begins as a sentence does, no
// line around it begins in the middle of one, and the word that comes next would
// have had its place on this line.
func (l *layout) alone(i int) bool {
	d := l.doc
	t, next := &d.Tokens[i], &d.Tokens[i+1]
	if !next.Upper && next.Kind != Number && next.Kind != Link && !isOpen(next.Low) && !d.small || dangling(t.Low) {
		return false
	}
	if i >= l.end {
		l.block(i)
	}
	if l.wrapped {
		return false
	}
	if l.longest == 0 {
		for line := range strings.SplitSeq(d.Text, "\n") {
			l.longest = max(l.longest, len(line))
		}
	}
	line := t.End - l.start
	return line > unwrapped || line+1+next.End-next.Start <= l.longest
}

// block looks at the lines from token i to the next blank line.
func (l *layout) block(i int) {
	d := l.doc
	l.wrapped = false
	for ; i+1 < len(d.Tokens); i++ {
		next := &d.Tokens[i+1]
		n := d.lineBreaks(d.Tokens[i].End, next.Start)
		if n >= 2 {
			break
		}
		if n == 1 && next.Kind == Word && !next.Upper && asciiStart(next.Low) && !d.small && !innerCapital(d.Text[next.Start:next.End]) {
			l.wrapped = true
		}
	}
	l.end = i + 1
}

// dangling tells whether a line that ends so goes on in the next.
func dangling(low string) bool {
	switch low {
	case ",", ";", "-", "–", "—", "&", "(", "/", "“", "‘", "of", "in", "at", "on", "to", "the", "a", "an", "and", "or", "by", "for", "from", "with", "near", "as", "that", "than",
		"was", "were", "is", "are", "has", "have", "had", "its", "his", "her", "their", "least", "some", "about", "over", "under", "between", "into", "after", "before", "president", "minister", "gen", "mr":
		return true
	}
	return false
}

func isOpen(s string) bool { return s == "“" || s == "\"" || s == "‘" || s == "«" || s == "[" }

// ends tells whether token i closes a sentence.
func (d *Doc) ends(i int) bool {
	t, next := &d.Tokens[i], &d.Tokens[i+1]
	if t.Kind != Punct {
		// "in the U.S. Army" goes on, "in the U.S. The army" does not.
		return t.Kind == Word && t.Low[len(t.Low)-1] == '.' && next.Start > t.End && next.Upper && opener(next.Low)
	}
	j := i
	for range maxClosers { // ".”)": a page of brackets is not looked at again for each of them
		if j == 0 || !isClose(d.Tokens[j].Low) || d.Tokens[j-1].End != d.Tokens[j].Start {
			break
		}
		j--
	}
	switch d.Tokens[j].Low {
	case "!", "?", "…", "...":
	case ".":
		if j > 0 && d.Tokens[j-1].End == d.Tokens[j].Start && d.abbreviation(&d.Tokens[j-1], next) {
			return false
		}
	default:
		return false
	}
	if next.Start == t.End {
		return j == i && next.Kind == Word && next.Upper && t.Low != "..." && d.Tokens[max(j-1, 0)].Kind == Word && len(d.Tokens[max(j-1, 0)].Low) > 2
	}
	if isClose(next.Low) && next.Low != "\"" && next.Low != "'" {
		return false
	}
	return next.Upper || next.Kind != Word || d.small || !asciiStart(next.Low) || innerCapital(d.Text[next.Start:next.End])
}

// maxClosers is how many quotation marks and brackets close one sentence.
const maxClosers = 4

// innerCapital tells whether a word with a small first letter is a name:
// "al-Shabaab", "eThekwini".
func innerCapital(w string) bool {
	if len(w) > 40 {
		return false
	}
	return strings.IndexFunc(w, unicode.IsUpper) > 0
}

func asciiStart(s string) bool { return s != "" && s[0] < utf8.RuneSelf }

func isClose(s string) bool {
	switch s {
	case "\"", "”", "’", "'", "»", ")", "]":
		return true
	}
	return false
}

// opener tells whether a capitalised word begins a sentence rather than a name.
func opener(low string) bool {
	switch low {
	case "the", "a", "an", "it", "he", "she", "they", "we", "i", "in", "on", "at", "but", "and", "this", "that", "these", "those", "there", "after", "when", "while", "no", "one", "two", "three", "some",
		"his", "her", "its", "their", "police", "officials", "authorities", "witnesses", "gunmen", "however", "meanwhile", "according", "as", "for", "since", "by", "both", "many", "most", "several":
		return true
	}
	return false
}

// abbreviation tells whether a dot after t is of the word and next goes on.
func (d *Doc) abbreviation(t, next *Token) bool {
	if t.Kind != Word {
		return false
	}
	switch t.Low {
	case "mr", "mrs", "ms", "mme", "dr", "drs", "gen", "lt", "lieut", "col", "sgt", "ssgt", "maj", "capt", "cpl", "brig", "adm", "cmdr", "cdr", "gov", "govs", "sen", "sens", "rep", "reps", "prof", "pres", "amb", "atty",
		"st", "mt", "ft", "hon", "rev", "fr", "supt", "insp", "det", "pte", "pvt", "pfc", "eng", "msgr", "messrs", "cllr", "asst", "sr":
		return t.Upper || d.small
	case "vs", "approx", "eg", "ie", "viz":
		return true
	case "no", "nos", "rs", "fig", "vol", "pp", "art", "sec", "para", "ch": // "No. 5", but "He said no. Five died."
		return next.Kind == Number || next.Kind == Word && next.Low[0] >= '0' && next.Low[0] <= '9'
	case "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec", "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun",
		"ala", "ariz", "ark", "calif", "colo", "conn", "del", "fla", "ga", "ill", "ind", "kan", "ky", "la", "mass", "md", "mich", "minn", "miss", "mo", "mont", "neb", "nev", "okla", "ore", "pa", "tenn", "tex", "va", "vt", "wash", "wis", "wyo",
		"ave", "blvd", "rd":
		return t.Upper && !t.Caps && !opener(next.Low)
	case "inc", "ltd", "co", "corp", "dept", "etc", "jr", "bros", "est", "govt":
		return (t.Upper || t.Low == "etc" || d.small) && !opener(next.Low)
	}
	// "J. K. Okoro", but "Plan B. The".
	return t.Upper && t.End-t.Start <= 2 && utf8.RuneCountInString(t.Low) == 1 && t.Low != "i" && !opener(next.Low)
}
