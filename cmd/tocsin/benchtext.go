package main

import (
	"fmt"
	"strings"
	"time"

	"tocsin/ingest"
)

// The articles of the benchmark: wire-like prose in our own words, of a given
// length, a given share of which tells of an incident.

// benchDays is how many incidents are of a day of their own, so that each becomes one.
// Of more than that two are of one day, in two places, and the second comes years late.
const benchDays = 2000

var benchPlaces = []string{"Baghdad", "Kabul", "Mogadishu", "Kharkiv", "Maiduguri", "Peshawar", "Aden", "Gao", "Goma", "Khartoum", "Quetta", "Homs"}

var benchLeads = []string{
	"A car bomb exploded near a crowded bus station in %s on %s, killing %d people and wounding %d others, police said.",
	"Gunmen opened fire on a checkpoint outside %s on %s, killing %d soldiers and injuring %d more, the army said.",
	"A drone strike hit a fuel depot in %s on %s; at least %d people were killed and %d were injured, officials said.",
	"A suicide bomber attacked a police academy in %s on %s, killing %d recruits and wounding %d, the interior ministry said.",
}

var benchDull = []string{
	"The city council of %s approved a new budget on %s after %d hours of debate, with %d members voting against it.",
	"The home side beat visitors from %s on %s and moved up to place %d of the table with %d points.",
	"A maker of farm machines in %s said on %s that orders had grown by %d percent and that it would hire %d workers.",
}

var benchFill = []string{
	"Residents said that the streets around the main square were quiet in the evening, and that most of the shops had closed early.",
	"The governor told reporters that an inquiry would begin at once and that its findings would be made public within weeks.",
	"Roads in the province, some 70 kilometers (45 miles) north of the capital, have been repaired over the past two years.",
	"The ministry has put 1,200 officers on the streets since the spring, a spokesman said, and the number will grow.",
	"Prices for bread and fuel have risen by a fifth this year, and many families say that they can hardly make ends meet.",
	"The harvest was better than feared, and the cooperative has filled 14 of its 16 silos to the roof.",
	"Talks between the two sides, which began in January, were to go on next week under the eye of three mediators.",
	"A spokeswoman for the hospital said that blood had been given by more than two hundred people by noon.",
	"The railway to the coast carries about 3,000 passengers on an ordinary day, and was closed for several hours.",
	"Analysts say that the vote in autumn will show how far the new parties can reach beyond the larger towns.",
}

// benchArticles makes n articles; the same call makes the same articles.
func benchArticles(n, size int, incidents float64) []ingest.Article {
	base := time.Date(2020, 1, 6, 15, 0, 0, 0, time.UTC)
	list := make([]ingest.Article, n)
	told := 0.0
	for k := range list {
		at := base.AddDate(0, 0, k%benchDays).Add(time.Duration(k) * time.Second)
		place, weekday := benchPlaces[(k+k/benchDays)%len(benchPlaces)], at.Weekday().String()
		context := ""
		lead := fmt.Sprintf(benchDull[k%len(benchDull)], place, weekday, 2+k%30, 3+k%50)
		title := "News in brief from " + place
		if told += incidents; told >= 1-1e-9 {
			told--
			lead = fmt.Sprintf(benchLeads[k%len(benchLeads)], place, weekday, 2+k%30, 3+k%50)
			title = "Deadly attack in " + place
			context = "\n\nLast year, an attack on a convoy in the same district killed 14 people and drew wide condemnation."
		}
		var b strings.Builder
		b.WriteString(lead + context)
		for f := k; b.Len() < size-len(title); f++ {
			if b.WriteString("\n\n"); f%2 == 0 {
				b.WriteString(benchFill[f%len(benchFill)] + " ")
			}
			b.WriteString(benchFill[(f+3)%len(benchFill)])
		}
		list[k] = ingest.Article{
			Schema: ingest.ArticleSchema, Edition: 1, Feed: "bench", Outlet: "Bench", URL: fmt.Sprintf("https://bench.invalid/%d", k),
			Title: title, Body: b.String(), Language: "en", Published: at, FirstSeen: at, Fetched: at,
		}
		a := &list[k]
		a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
		a.ID = ingest.ArticleID(a.Feed, a.URL)
	}
	return list
}
