package family

import (
	"strings"
)

// recipe is one way in which newsrooms reprint a wire.
type recipe struct {
	name string
	make func(n int, title, body string) string // n varies what is added
}

var recipes = []recipe{
	{"cut", func(n int, title, body string) string {
		return headline(n, title) + "\n" + cut(body)
	}},
	{"credited", func(n int, title, body string) string {
		return title + "\n" + credited(n, body)
	}},
	{"lead", func(n int, title, body string) string {
		return headline(n, title) + "\n" + leads[n%len(leads)] + "\n\n" + body
	}},
	{"american", func(_ int, title, body string) string {
		return american.Replace(title + "\n" + body)
	}},
	{"edited", func(n int, title, body string) string {
		return headline(n, title) + "\n" + edited.Replace(body)
	}},
	{"lead+cut", func(n int, title, body string) string {
		return headline(n, title) + "\n" + leads[n%len(leads)] + "\n\n" + cut(body)
	}},
	{"edited+cut+credited", func(n int, title, body string) string {
		return headline(n, title) + "\n" + credited(n, edited.Replace(cut(body)))
	}},
	{"squashed", func(_ int, title, body string) string {
		return title + "\n" + strings.Join(strings.Fields(american.Replace(body)), " ")
	}},
}

// cut keeps the opening: half of the paragraphs of a short wire, fewer of a long one.
func cut(body string) string {
	p := strings.Split(body, "\n\n")
	n := max(2, (len(p)+1)/2)
	if len(p) > 6 {
		n = 3
	}
	return strings.Join(p[:min(n, len(p))], "\n\n")
}

func headline(n int, title string) string {
	switch n % 3 {
	case 0:
		return "What we know: " + title
	case 1:
		return "Breaking news from abroad"
	}
	return title
}

// credited puts an agency's furniture around the text.
func credited(n int, body string) string {
	before := []string{"CAPITAL CITY, March 9 (AFP) — ", "(Reuters) - ", "CAPITAL CITY: ", "Capital City (AP) - "}[n%4]
	after := []string{
		"Reporting by A. N. Author and O. T. Hers; Editing by S. O. Meone",
		"This story has been published from a wire agency feed without modifications to the text.",
		"© 2026 Example Agency. All rights reserved.\n\nRead more: Five things to see this weekend",
		"(This story has not been edited by our staff and is auto-generated from a syndicated feed.)",
	}[n%4]
	p := strings.Split(body, "\n\n")
	p[0] += " [Jane Roe/AFP]"
	return before + strings.Join(p, "\n\nAdvertisement\n\n") + "\n\n" + after
}

var leads = []string{
	"Readers of this newspaper have asked how they can help. The city's aid committee will collect blankets and money at the town hall on Saturday, Councillor Margaret Stowe said.",
	"The news was met with concern in our region, where several hundred families have roots in the country. \"We are all on the telephone,\" said Viktor Alm, who chairs their association in Easterby.",
	"Our correspondent is on the way and will report tomorrow. Until then we bring the account of the agencies, with a map on page 4.",
}

var american = strings.NewReplacer(
	"metre", "meter", "centre", "center", "colour", "color", "neighbour", "neighbor", "harbour", "harbor",
	"defence", "defense", "organis", "organiz", "equalis", "equaliz", "burnt", "burned", "burned tyres", "burned tires",
	"tyres", "tires", "lorry", "truck", "petrol", "gasoline", "aeroplane", "airplane", "north-west", "northwest",
	"per cent", "percent", "Doctor ", "Dr. ", "towards", "toward", "programme", "program", "labour", "labor",
)

// edited is the hand of a sub-editor.
var edited = strings.NewReplacer(
	"said that ", "said ", "more than ", "over ", "some ", "about ", "killing at least", "leaving dead at least",
	" who had been ", " who was ", "according to", "said", "was arrested", "was detained", "did not", "didn't",
	"wounding", "injuring", "wounded", "injured", "two", "2", "three", "3", "told reporters", "said", "a third", "one-third",
	"in the early hours of", "early on", "is expected", "was expected", "people", "persons", "such as", "like",
	"officials said", "authorities said", "after ", "following ", "has been", "was", "which", "that",
)
