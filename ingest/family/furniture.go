package family

import "strings"

// What agencies and outlets put around a story would make families of
// strangers, and hide a copy from its original. It is taken out before words
// are counted.

const (
	maxDateline = 80  // bytes: "SANTA CRUZ DE LA SIERRA, Bolivia, September 30 (Agency) —"
	maxCredit   = 100 // bytes: two photographers and their agencies
)

// agencies mark a bracket as a credit, wherever it stands.
var agencies = map[string]bool{
	"AAP": true, "AFP": true, "ANI": true, "ANSA": true, "AP": true, "APP": true, "Anadolu": true, "Bernama": true,
	"Bloomberg": true, "CNN": true, "DPA": true, "dpa": true, "EFE": true, "EPA": true, "Getty": true, "IANS": true,
	"Interfax": true, "KUNA": true, "Kyodo": true, "NAN": true, "PA": true, "PTI": true, "REUTERS": true, "Reuters": true,
	"SANA": true, "TASS": true, "UNB": true, "UPI": true, "WAM": true, "Xinhua": true, "Yonhap": true,
	"Handout": true, "Photo": true, "photo": true, "PHOTO": true, "Shutterstock": true, "picture": true, "Picture": true,
}

// credit is the length of a bracket at the start of s that names an agency:
// "(Reuters)", "[Jane Roe/AFP]"; 0 where it is none.
func credit(s string) int {
	end := strings.IndexAny(s[:min(len(s), maxCredit)], ")]\n")
	if end < 0 || s[end] == '\n' {
		return 0
	}
	for in := s[1:end]; in != ""; {
		n := 0
		for n < len(in) && in[n] < 0x80 && ascii[in[n]] > '9' {
			n++
		}
		if agencies[in[:n]] {
			return end + 1
		}
		in = in[min(n+1, len(in)):]
	}
	return 0
}

// dateline is the length of the place, day and agency before a story:
// "LONDON, March 3 (Agency) -", "NEW DELHI:"; 0 where there is none.
func dateline(s string) int {
	head := s[:min(len(s), maxDateline)]
	capitals := 0 // in the first word
	for capitals < len(head) && head[capitals] >= 'A' && head[capitals] <= 'Z' {
		capitals++
	}
	shout := capitals >= 2 && capitals < len(head) && strings.IndexByte(" ,.:(-/", head[capitals]) >= 0
	small := 0 // words without capital: "Rio de Janeiro" has one, a sentence more
	for i := 0; i < len(head); i++ {
		switch c := head[i]; {
		case c == '\n' || c == '"' || c == ';' || c == '?':
			return 0
		case c == '(' || c == '[':
			n := credit(s[i:])
			if n == 0 {
				return 0
			}
			return i + n // a dash after it is no word
		case c == ':' && strings.HasPrefix(head[i:], ": "):
			if shout && strings.ToUpper(head[:i]) == head[:i] {
				return i + 1
			}
			return 0
		case strings.HasPrefix(head[i:], "—"), strings.HasPrefix(head[i:], "–"):
			if shout {
				return i + len("—")
			}
			return 0
		case strings.HasPrefix(head[i:], " - "), strings.HasPrefix(head[i:], " -- "):
			if shout {
				return i + 2
			}
			return 0
		case c >= 'a' && c <= 'z' && (i == 0 || head[i-1] == ' '):
			if small++; small > 1 {
				return 0
			}
		}
	}
	return 0
}

// phrase opens a sentence that belongs to no story.
type phrase struct {
	text string // lower case
	line bool   // all that follows in the line is of the same kind
}

// phrases by their first byte.
var phrases = func() (t [256][]phrase) {
	add := func(line bool, texts ...string) {
		for _, s := range texts {
			t[s[0]] = append(t[s[0]], phrase{s, line})
			if c := s[0]; c >= 'a' && c <= 'z' {
				t[c-'a'+'A'] = append(t[c-'a'+'A'], phrase{s, line})
			}
		}
	}
	// Initials have dots, so that a credit's end is the line's.
	add(true, "reporting by ", "additional reporting by ", "additional reporting from ", "editing by ", "writing by ",
		"compiled by ", "report by ", "with inputs from ", "with input from ", "with files from ", "with agency inputs",
		"(c) ", "©", "copyright ©", "copyright (c)", "copyright 20", "our standards: ")
	add(false, "read more", "read also", "also read", "read the full story", "read next", "see also:", "related:", "related stories",
		"more on this story", "sign up for ", "sign up to ", "subscribe to ", "click here", "follow us ", "share this ", "advertisement",
		"scroll to continue", "story continues below", "all rights reserved",
		"photo:", "photo by ", "photo credit", "photos:", "photograph:", "file photo", "file picture", "image:", "image credit",
		"image source", "picture:", "video:", "getty images",
		"this story has been published", "this story has not been edited", "this story is published", "this article was originally",
		"this article has been published", "this story was originally", "this report was first", "this content was",
		"except for the headline", "the associated press contributed", "agence france-presse contributed", "reuters contributed")
	return t
}()

// furniture is the length of a sentence at the start of s that is no part of
// the story; 0 where there is none.
func furniture(s string) int {
	i := 0
	if s[0] == '(' || s[0] == '[' {
		i = 1
	}
	if i >= len(s) {
		return 0
	}
	for _, p := range phrases[s[i]] {
		if len(s)-i < len(p.text) || !strings.EqualFold(s[i:i+len(p.text)], p.text) {
			continue
		}
		for n := i + len(p.text); n < len(s); n++ {
			switch c := s[n]; {
			case c == '\n':
				return n
			case !p.line && (c == '.' || c == '!' || c == '?') && (n+1 == len(s) || s[n+1] == ' ' || s[n+1] == ')'):
				return n + 1
			}
		}
		return len(s)
	}
	return 0
}
