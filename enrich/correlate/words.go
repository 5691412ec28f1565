package correlate

import (
	"strings"

	"tocsin/enrich/correlate/match"
)

// featureWords say what each feature of match/weights.txt means, for a desk: as a part
// of "because of …". Whether it speaks for or against stands beside it.
var featureWords = map[string]string{
	"bias": "before anything is compared",

	"place.spot":          "the same spot",
	"place.town":          "the same town",
	"place.near":          "places close to each other",
	"place.holds":         "one place lies in the other",
	"place.country":       "the same country, and no more is told",
	"place.other-spot":    "two spots of one town",
	"place.apart":         "two places of one region",
	"place.far":           "places more than 50 km apart",
	"place.distant":       "places more than 200 km apart",
	"place.other-country": "two countries",
	"place.none":          "no place in common is known",
	"place.metropolis":    "a city in which much happens",
	"place.named":         "both texts name the same places",
	"place.named-none":    "the texts name no place in common",
	"title.place":         "the headline names one of its places",
	"title.elsewhere":     "the headline names another place",

	"time.day":           "the same day",
	"time.hour":          "the same hour",
	"time.other-hour":    "another hour of the day",
	"time.span":          "one time lies in the other",
	"time.close":         "the same night",
	"time.next-day":      "the day before or after",
	"time.days-apart":    "days apart",
	"time.undated-soon":  "no date, told at the same time",
	"time.undated-later": "no date, told a day or two later",
	"time.undated-long":  "no date, told long after",
	"time.before":        "told before it happened",
	"time.follows":       "tells what came after",
	"cue.again":          "it says that this is another one",
	"cue.another-untold": "its headline says that this is another one, and its outlet told of none",
	"cue.another":        "its headline says that this is another one",
	"cue.apart":          "it says that it has nothing to do with another",
	"cue.later":          "it goes on from earlier news",
	"about.elsewhere":    "it names the other as an older one",

	"type.same":     "the same kind of incident",
	"type.kin":      "kinds that outlets mix",
	"type.generic":  "one kind is not told",
	"type.cross":    "kinds that may be of one event",
	"type.alien":    "kinds that do not go together",
	"subtype.same":  "the same means",
	"subtype.other": "other means",
	"site.same":     "the same kind of site",
	"site.other":    "another kind of site",
	"target.same":   "the same people were hit",
	"target.other":  "other people were hit",

	"killed.same":      "the same number killed",
	"killed.replaces":  "it names the toll before as outdated",
	"killed.grown":     "a higher toll",
	"killed.leap":      "a far higher toll",
	"killed.lower":     "a lower toll",
	"killed.far-lower": "a far lower toll",
	"killed.none":      "one tells of dead, the other of none",
	"toll.pair":        "killed and injured both agree",
	"injured.same":     "the same number injured",
	"injured.other":    "a very different number injured",
	"held.same":        "the same number held",
	"held.other":       "a very different number held",

	"actor.same":   "the same group or person is named",
	"actor.other":  "another group is blamed",
	"terms.shared": "rare words in common",
	"terms.part":   "much of the rare words in common",
	"terms.none":   "no rare word in common",
	"terms.few":    "it says not what happened, and has few words in common",
	"title.shared": "headlines name the same",
	"title.novel":  "its headline names what no report of it does",
	"toll.late":    "a new toll, and no word of an old one",
	"toll.other":   "other numbers killed and injured",

	"aerial.place":     "a town that is hit day after day",
	"aerial.other-day": "another day of an air war",
	"text.same":        "the same text",
	"outlet.same":      "the same outlet",
	"outlet.lower":     "a lower toll than the outlet gave, and no word of it",
	"report.second":    "told beside other news",
}

// Words say what a feature of matching means.
func Words(feature string) string {
	if w, ok := featureWords[feature]; ok {
		return w
	}
	return feature // newer than this list
}

// ruleWords say why a version was made, by the rules that begin with status. or order.
var ruleWords = map[string]string{
	"status.first-report":    "the first report",
	"status.perhaps-known":   "perhaps one that is known: told once a second article tells of it",
	"status.cancelled":       "no report stands by it",
	"status.back":            "reports stand by it again",
	"status.severity-up":     "graver than was told",
	"status.type-withdrawn":  "the kind was withdrawn",
	"status.type-changed":    "another kind",
	"status.country-changed": "another country",
	"status.place-moved":     "another place",
	"status.claimed":         "claimed",
	"status.arrest":          "arrests",
	"status.trial":           "a trial",
	"status.release":         "a release",
	"order.merge":            "merged by order",
	"order.split":            "split by order",
	"order.undo":             "an order taken back",
}

// Why says in words why a version was made; empty where only the word of another
// outlet was added.
func (i *Incident) Why() string {
	var parts []string
	for _, r := range i.Explain.Rules {
		w, ok := ruleWords[r]
		switch {
		case ok:
		case strings.HasPrefix(r, "status.") && strings.HasSuffix(r, "-up"):
			w = "more " + strings.TrimSuffix(r[len("status."):], "-up")
		case strings.HasPrefix(r, "status.") && strings.HasSuffix(r, "-down"):
			w = "fewer " + strings.TrimSuffix(r[len("status."):], "-down")
		case strings.HasPrefix(r, "status."):
			w = strings.ReplaceAll(r[len("status."):], "-", " ")
		default:
			continue // about what it is, not what changed
		}
		parts = append(parts, w)
	}
	return strings.Join(parts, ", ")
}

// Comparison is how two groups of reports look to each other now.
type Comparison struct {
	One     bool      `json:"one"` // they would be put together, if a report came that is of both
	Why     string    `json:"why"`
	Score   float64   `json:"score"`   // log-odds on the whole that they are of one event
	Weighed []Weighed `json:"weighed"` // the reports of the smaller group, each against the larger
}

// Weighed is one report against a group of others.
type Weighed struct {
	Report  string         `json:"report"`
	Article string         `json:"article"`
	Score   float64        `json:"score"`
	Reasons []match.Reason `json:"reasons"`
}

// Compare weighs the readings of the smaller one of two incidents, each against all of
// the larger one, by the rules that decide whether two incidents are one. Part makes
// incidents of single reports.
func Compare(a, b *Incident) Comparison {
	if len(a.Readings) > len(b.Readings) {
		a, b = b, a
	}
	small, large := clusterOf(a), clusterOf(b)
	c := Comparison{One: len(a.Readings) > 0 && one(small, large), Weighed: []Weighed{}}
	sum, least := 0.0, 0.0
	var worst, both, parted *Reading
	for k := range a.Readings {
		x := &a.Readings[k]
		s := match.Weigh(x.look(), large.card)
		c.Weighed = append(c.Weighed, Weighed{Report: x.Report, Article: x.Article, Score: round(s), Reasons: match.Reasons(x.look(), large.card)})
		if sum += s; worst == nil || s < least {
			worst, least = x, s
		}
		for n := range b.Readings {
			y := &b.Readings[n]
			if y.Article == x.Article && y.Edition == x.Edition && y.Report != x.Report {
				both = x
			}
			if x.Bound != "" && y.Bound != "" && x.Bound != y.Bound {
				parted = x
			}
		}
	}
	c.Score = round(sum / float64(max(1, len(a.Readings))))
	switch {
	case worst == nil:
		c.Why = "one of them has no reports"
	case parted != nil:
		c.Why = "an operator's order keeps them apart"
	case both != nil:
		c.Why = "article " + both.Article + " tells of both, as of two"
	case c.One:
		c.Why = "the reports of the one fit the other"
	case least < bridgeNever:
		c.Why = "the report of article " + worst.Article + " speaks against it"
	case c.Score < match.Merge && c.Score >= match.Related:
		c.Why = "they have much in common, and too little to be one"
	default:
		c.Why = "the reports of the one do not fit the other"
	}
	return c
}

func clusterOf(i *Incident) *cluster {
	return &cluster{id: i.ID, card: CardOf(i), readings: i.Readings}
}

// Part is an incident with some of its reports alone, to be compared.
func (i *Incident) Part(keep func(*Reading) bool) *Incident {
	part := &Incident{ID: i.ID, Type: i.Type}
	for k := range i.Readings {
		if keep(&i.Readings[k]) {
			part.Readings = append(part.Readings, i.Readings[k])
		}
	}
	return part
}
