package enrich

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/text"
	"tocsin/enrich/where"
)

// placing is a place name in the text.
type placing struct {
	where.Mention
	word int
	// admin is the name of the next larger place that says more than the country:
	// of a quarter, its town.
	admin string
	wide  bool // over several countries
}

// name is the name as written.
func (p *placing) name() string { return p.Mention.Name }

// town tells whether the name is of a settlement, or of something in one.
func (p *placing) town() bool { return p.Kind >= gazetteer.Settlement }

// country tells whether the name is of a whole country.
func (p *placing) country() bool { return p.Kind == gazetteer.Country && !p.Demonym }

// province tells whether the name is of a division or area that may hold a town.
func (p *placing) province() bool {
	return p.Kind == gazetteer.Admin1 || p.Kind == gazetteer.Admin2 || p.Kind == gazetteer.Area
}

// unlisted tells whether only the grammar says that it is a place.
func (p *placing) unlisted() bool { return p.Kind == gazetteer.None && !p.Border }

// placing reads a place name at toks[i] and makes one word of it. n is how many
// tokens the lexicon's own reading, e, covers: the longer one wins.
func (r *reading) placing(d *text.Doc, toks []text.Token, i, n int, e *lexicon.Entry, headline bool) (int, bool) {
	m, k := r.atlas.At(d, toks, i, n, e, headline)
	if k == 0 {
		return 0, false
	}
	r.mentions = append(r.mentions, *m)
	r.places = append(r.places, placing{word: len(r.words)})
	w := word{start: toks[i].Start, end: toks[i+k-1].End, e: person(m, e, k == n), place: len(r.places), upper: !m.Capital && !m.Here && !m.Part, caps: toks[i].Caps}
	if k == 1 {
		w.low = toks[i].Low
	} else {
		w.low = text.Phrase(d.Lower, toks[i:i+k])
	}
	r.words = append(r.words, w)
	return k, true
}

// person keeps what the lexicon knows of a name that is also a people's:
// "two Iraqis", "a Syrian".
func person(m *where.Mention, e *lexicon.Entry, same bool) *lexicon.Entry {
	if same && m.Demonym && e.Is(lexicon.Person) {
		return e
	}
	return lexicon.None
}

// resolve decides which place each name is, once all of the text is read.
func (r *reading) resolve() {
	for i := range r.places {
		si := r.sentenceAt(r.places[i].word)
		s := &r.sents[si]
		m := &r.mentions[i]
		m.Sentence, m.Title, m.Dateline = si, s.title, r.places[i].word < s.first+s.dateline
	}
	r.atlas.Resolve(r.mentions, r.art.Country)
	for i := range r.places {
		p := &r.places[i]
		p.Mention = r.mentions[i]
		p.wide = p.Country == "" && r.gaz.Radius(p.ID) > 600_000
		if p.Kind > gazetteer.Settlement {
			// Of a quarter or camp, the town that it is in says more than the district.
			for up := r.gaz.Parent(p.ID); up != 0 && p.admin == ""; up = r.gaz.Parent(up) {
				if r.gaz.Kind(up) >= gazetteer.Settlement {
					p.admin = r.gaz.Name(up)
				}
			}
		}
	}
}

// title tells whether a word before a name makes it a person's.
func title(w string) bool {
	switch w {
	case "mr", "mrs", "ms", "dr", "gen", "general", "colonel", "col", "captain", "president", "minister", "senator", "judge", "sheikh", "father", "monsignor", "saint":
		return true
	}
	return false
}

// rank orders places: an incident's is the most specific that is named.
func (p *placing) rank() int {
	switch {
	case p.Border:
		return 1
	case p.Demonym, p.Foreign && p.Kind == gazetteer.Country:
		return 0
	case p.Kind == gazetteer.Area && p.wide:
		return 1 // "the Middle East"
	case p.ID == 0 && (p.Here || p.Capital || p.Part):
		return 0
	case p.Away != nil:
		return 5 // the place is another, and may have a name of its own
	case p.town():
		return 6
	case p.Kind == gazetteer.None, p.Kind == gazetteer.Admin2:
		return 5
	case p.province(), p.Kind == gazetteer.Sea:
		return 4
	case p.Region:
		return 3
	}
	return 2
}

// where makes a report's place of the names that its sentences gave, best
// first; nil where there were none.
func (r *reading) where(names []int) (pl *Place, zone string) {
	best := -1
	for _, n := range names {
		if p := &r.places[n]; p.rank() > 0 && (best < 0 || p.rank() > r.places[best].rank()) {
			best = n
		}
	}
	if best < 0 {
		return nil, ""
	}
	for _, n := range names { // a part of the town says more than the town
		if p := &r.places[n]; n != best && p.town() && r.places[best].town() && p.ID != r.places[best].ID && r.gaz.Within(p.ID, r.places[best].ID) {
			best = n
			break
		}
	}
	if n := best - 1; n >= 0 && r.places[best].Away != nil && r.places[best].Holds() && r.places[n].town() {
		best = n // "Al-Harir, 70 kilometres north-east of Arbil"
	}
	best = r.inProvince(names, best)
	for _, n := range names { // "in the Hay al-Sanawbar district of Tripoli"
		if p := &r.places[n]; p.ID == r.places[best].ID && p.town() && p.Holds() && n > 0 && r.places[n-1].unlisted() && slices.Contains(names, n-1) {
			best = n - 1
			break
		}
	}
	b := &r.places[best]
	w := &r.words[b.word]
	s := &r.sents[r.sentenceAt(b.word)]
	pl = &Place{Name: b.name(), Country: b.Country, Basis: "sentence", Evidence: []Span{r.span(s.field, b.Start, max(b.End, w.end))}}
	if s.title {
		pl.Basis = "title"
	}
	at, in := b.ID, -1 // what the coordinates are of
	switch {
	case b.Border:
		// What lies near a border may lie on this side of it.
		pl.Precision, pl.Country, at = "sea_or_border", "", 0
		if pl.Name = r.borderName(b); len(names) > 1 {
			pl.Country = r.otherSide(names, b)
		}
	case b.unlisted():
		pl.Precision = "unknown"
		if in = r.container(names, best); in >= 0 {
			c := &r.places[in]
			at, pl.Country = c.ID, c.Country
			pl.Evidence = append(pl.Evidence, r.quotePlace(c))
			if c.Kind != gazetteer.Country {
				pl.Admin = c.name()
			}
		}
	case b.Kind == gazetteer.Country:
		if pl.Precision = "country"; b.Region {
			pl.Precision = "admin1"
		} else {
			pl.Name = ""
		}
	case b.Kind == gazetteer.Sea:
		pl.Precision = "sea_or_border"
	case b.Kind == gazetteer.Admin1, b.Kind == gazetteer.Area, b.Kind == gazetteer.River:
		pl.Precision = "admin1"
	case b.Kind == gazetteer.Admin2:
		pl.Precision = "admin2"
	case b.Kind == gazetteer.Camp, b.Kind == gazetteer.Site:
		pl.Precision = "exact"
	default:
		pl.Precision = "settlement"
	}
	if b.Capital || b.Here {
		pl.Name = r.gaz.Name(b.ID)
	}
	if pl.Country == "" && b.ID == 0 && !b.Border {
		for _, n := range names {
			if p := &r.places[n]; p.Country != "" && !p.Border {
				pl.Country = p.Country
				break
			}
		}
	}
	pl.Admin = cmp.Or(pl.Admin, r.larger(names, best), b.admin)
	zone = r.locate(pl, at)
	switch row := r.gaz.Place(at); {
	case at != 0 && !row.Located && row.Parent != 0:
		pl.Precision = precisionOf(r.gaz.Kind(row.Parent)) // somewhere in there
	case at != 0 && b.Region && b.Kind == gazetteer.Country:
		r.towards(pl, b.name())
	}
	away, of := b.Away, b.name()
	if b.unlisted() && at != 0 {
		pl.Precision = precisionOf(r.gaz.Kind(at))
		if c := &r.places[in]; c.Away != nil && away == nil {
			away, of = c.Away, c.name()
		}
	}
	if away != nil && at != 0 {
		r.offset(pl, away, of)
	}
	return pl, zone
}

// inProvince finds the town that the text goes on to name where a name is a town's
// and its province's alike: "Six bodies found in Zacatecas … in Jerez".
func (r *reading) inProvince(names []int, best int) int {
	b := &r.places[best]
	if b.Seat == 0 {
		return best
	}
	for _, n := range names {
		p := &r.places[n]
		if n == best || p.Demonym || p.Sentence < b.Sentence || p.ID != 0 && r.gaz.Within(p.ID, b.ID) {
			continue
		}
		if p.Kind == gazetteer.Settlement && p.Seat == 0 && p.Away == nil && r.gaz.Within(p.ID, b.Seat) || p.unlisted() && p.OfVillage() {
			return n
		}
	}
	return best
}

// precisionOf is how closely a place is known of which only what holds it is.
func precisionOf(k gazetteer.Kind) string {
	switch k {
	case gazetteer.Country:
		return "country"
	case gazetteer.Admin1, gazetteer.Area, gazetteer.River:
		return "admin1"
	case gazetteer.Admin2:
		return "admin2"
	case gazetteer.Sea:
		return "sea_or_border"
	}
	return "settlement"
}

// locate gives a place the coordinates of a row of the gazetteer, and tells its
// time zone.
func (r *reading) locate(pl *Place, id gazetteer.ID) (zone string) {
	if id == 0 {
		return ""
	}
	p := r.gaz.Place(id)
	pl.Gazetteer, pl.GeoNames = "tocsin", p.GeoNames
	if p.GeoNames != 0 {
		pl.Gazetteer = "geonames"
	}
	lat, lon := p.Lat, p.Lon
	pl.Lat, pl.Lon, pl.Radius = &lat, &lon, p.Radius
	if up := r.gaz.Admin(id); up != 0 && up != id {
		pl.Admin1 = r.gaz.Name(up)
	}
	return p.Zone
}

// towards moves the middle of a country towards the part that the text names:
// "north-eastern Kenya" is not around Nairobi.
func (r *reading) towards(pl *Place, part string) {
	for w := range strings.FieldsSeq(strings.ToLower(part)) {
		if bearing, ok := where.Bearing(w); ok {
			lat, lon := gazetteer.Offset(*pl.Lat, *pl.Lon, 0.6*float64(pl.Radius), bearing)
			pl.Lat, pl.Lon = &lat, &lon
			return
		}
	}
}

// offset moves a place by the way that the text gives: "70 kilometres north-east
// of Arbil" is a point and how far it may be off.
func (r *reading) offset(pl *Place, o *where.Offset, of string) {
	pl.Precision = "near"
	pl.Offset = &Offset{Km: math.Round(o.Metres/100) / 10, Bearing: o.Words, Of: of}
	switch {
	case o.Metres == 0:
		pl.Radius = max(2*pl.Radius, 20_000)
	case o.Bearing < 0:
		pl.Radius += int(o.Metres)
	default:
		lat, lon := gazetteer.Offset(*pl.Lat, *pl.Lon, o.Metres, o.Bearing)
		pl.Lat, pl.Lon = &lat, &lon
		// A direction of eight is 22.5 degrees off at most, a distance a tenth.
		pl.Radius = int(o.Metres*0.4) + 1000
	}
}

// container finds the place among names that holds an unlisted one: the closest
// known in its own sentence, of those the smallest; -1 where there is none.
func (r *reading) container(names []int, of int) int {
	best := -1
	home := r.sentenceAt(r.places[of].word)
	// "Shohin", and further on "the Shohin district of the Khatlon region".
	for n := range r.places[:min(len(r.places), compared)] {
		if p := &r.places[n]; p.ID != 0 || p.name() != r.places[of].name() || n+1 >= len(r.places) {
			continue
		}
		for m := n + 1; m < min(n+3, len(r.places)); m++ { // "… in Ukraine's Kharkiv oblast": Kharkiv
			q := &r.places[m]
			if q.ID == 0 || q.Demonym || q.Border || q.Foreign || q.Sentence != r.places[n].Sentence || q.word-r.places[m-1].word > 5 || !r.joined(r.places[m-1].word, q.word) {
				break
			}
			if best < 0 || q.rank() > r.places[best].rank() {
				best = m
			}
		}
		if best >= 0 {
			return best
		}
	}
	for _, n := range names {
		p := &r.places[n]
		if n == of || p.ID == 0 || p.Demonym || p.Border || r.fromAfar(n) {
			continue
		}
		if best >= 0 && p.rank() <= r.places[best].rank() {
			continue
		}
		if r.sentenceAt(p.word) != home && best >= 0 {
			continue
		}
		best = n
	}
	return best
}

// joined tells whether a place at word b is said to hold the one at word a: "the
// Shohin district of the Khatlon region", "Shohin, Khatlon".
func (r *reading) joined(a, b int) bool {
	link := false
	for k := a + 1; k < b; k++ {
		w := &r.words[k]
		switch {
		case w.low == "of", w.low == "in", w.low == ",", w.clitic:
			link = true
		case w.is(lexicon.Det), where.Direction(w.low), where.Noun(w.low) != gazetteer.None:
		default:
			return false
		}
	}
	return link
}

// larger is the next larger place that the text names for one, "" where it names
// none but the country.
func (r *reading) larger(names []int, of int) string {
	b := &r.places[of]
	out := ""
	for _, n := range names {
		p := &r.places[n]
		if n == of || p.Demonym || p.country() && !p.Region || p.name() == b.name() || p.Border || p.Here || p.Capital {
			continue
		}
		switch {
		case b.ID != 0 && p.ID != 0 && p.ID != b.ID && r.gaz.Within(b.ID, p.ID):
			return p.name()
		case out == "" && p.Country == b.Country && p.ID != b.ID && (p.province() || p.Region || p.unlisted() || b.unlisted()):
			out = p.name()
		}
	}
	return out
}

func (r *reading) quotePlace(p *placing) Span {
	s := &r.sents[r.sentenceAt(p.word)]
	return r.span(s.field, p.Start, p.End)
}

// borderName is the border as the text names it: "Lebanese border".
func (r *reading) borderName(p *placing) string {
	s := &r.sents[r.sentenceAt(p.word)]
	t := r.art.Text(s.field)
	for k := p.word + 1; k < s.last && k <= p.word+1; k++ {
		if l := r.words[k].low; l == "border" || l == "borders" || l == "frontier" {
			return t[p.Start:r.words[k].end]
		}
	}
	for k := p.word - 1; k >= s.first && k >= p.word-4; k-- {
		if l := r.words[k].low; l == "border" || l == "borders" || l == "frontier" {
			return t[r.words[k].start:p.End]
		}
	}
	return p.name()
}

// otherSide is the country on this side of the border: another one that the names
// are in.
func (r *reading) otherSide(names []int, b *placing) string {
	for _, n := range names {
		if p := &r.places[n]; !p.Border && !p.Demonym && p.Country != "" && p.Country != b.Country {
			return p.Country
		}
	}
	return ""
}

// home is the country that an article is set in: the one that its opening names
// most; "" where none leads. Only incidents without a place of their own take it.
// Who people are does not tell where they are, but a country's own police do.
func (r *reading) home() string {
	type vote struct {
		country string
		n       int
	}
	var votes [16]vote
	used := 0
	for i := range r.places {
		p := &r.places[i]
		if p.Country == "" || p.Border || p.Foreign || p.Demonym && !p.Office && !p.Forces || r.planned(p.word) || r.nationality(p.word) || p.country() && r.carer(p.word) || r.fromAfar(i) || r.atHome(i) {
			continue
		}
		if p.Sentence > 8 && used > 0 {
			break
		}
		n := 2
		if p.Title || p.Sentence < 2 {
			n = 6
		}
		switch {
		case p.Dateline:
			n /= 3
		case p.Demonym, !r.located(i):
			n /= 2
		}
		k := slices.IndexFunc(votes[:used], func(v vote) bool { return v.country == p.Country })
		if k < 0 {
			if used == len(votes) {
				continue
			}
			k = used
			votes[k].country = p.Country
			used++
		}
		votes[k].n += n
	}
	best := vote{}
	for _, v := range votes[:used] {
		if v.n > best.n {
			best = v
		}
	}
	return best.country
}

// carer tells whether the place at word k is a part of a hospital's name: "St. Vincent
// hospital".
func (r *reading) carer(k int) bool {
	for n := k; n < min(k+5, len(r.words)); n++ {
		w := &r.words[n]
		if n > k && w.punct {
			return false
		}
		for _, s := range []string{"hospital", "clinic", "infirmary"} {
			if strings.HasSuffix(w.low, s) {
				return true
			}
		}
		if n > k && !w.upper {
			return false
		}
	}
	return false
}

// fromAfar tells whether a state only speaks to its people, or of others: "China tells
// citizens to leave", "France condemns the attack", "Beijing's embassy".
func (r *reading) fromAfar(i int) bool {
	p := &r.places[i]
	n := p.word + 1
	if n < len(r.words) && r.words[n].clitic {
		n++
	}
	if n >= len(r.words) {
		return false
	}
	switch r.words[n].low {
	case "embassy", "consulate", "ambassador", "consul":
		return true
	case "foreign":
		return p.country() || p.Demonym // ministers, who speak of what was abroad
	case "tells", "told", "urges", "urged", "warns", "warned", "advises", "advised", "condemns", "condemned", "deplores", "mourns", "evacuates", "repatriates":
		return p.country() && !p.Demonym
	}
	return false
}

// nationality tells whether a country at word k is only whose people somebody is of:
// "two citizens of the PRC".
func (r *reading) nationality(k int) bool {
	k--
	if r.lowAt(k) == "the" {
		k--
	}
	if r.lowAt(k) != "of" {
		return false
	}
	switch r.lowAt(k - 1) {
	case "citizen", "citizens", "national", "nationals", "native", "natives", "subjects":
		return true
	}
	return false
}

// dateline is the place that a dateline names, -1 where there is none.
func (r *reading) datelinePlace() int {
	best := -1
	for i := range r.places {
		if p := &r.places[i]; p.Dateline && p.Country != "" && !p.Demonym && (best < 0 || p.town() && !r.places[best].town()) {
			best = i
		}
	}
	return best
}

// placeOf is where an incident happened, and the time zone there. Where its own
// sentences name no place, the main incident was where the article is set; of last
// resort are the dateline, which says where the reporter sat, and the feed.
func (r *reading) placeOf(x *incident, cs []clause) (pl *Place, zone string) {
	pl, zone = r.where(r.orderPlaces(x, cs))
	if pl == nil && x.role == Background {
		pl, zone = r.where(r.beside(x, cs))
	}
	if pl == nil && x.role == Main {
		pl, zone = r.where(r.leadTown(x, cs))
	}
	r.site(x, cs, pl)
	switch {
	case x.role == Background && x.alone && pl == nil: // the article was written where it happened
	case pl != nil && pl.Country != "" || x.role != Main && pl == nil || x.role == Background:
		return pl, zone
	}
	country, basis := r.home(), "lead"
	if pl != nil && pl.Precision == "sea_or_border" && r.bordersOn(x, country) {
		return pl, zone // on which side, nothing tells
	}
	if pl != nil && pl.Precision == "sea_or_border" && country == "" {
		return pl, zone // the reporter sat ashore
	}
	if d := r.datelinePlace(); d >= 0 && (country == "" || country == r.places[d].Country) {
		country = r.places[d].Country
		if basis = "dateline"; pl == nil && r.places[d].town() {
			// It happened somewhere around there, as like as not.
			if pl, zone = r.where([]int{d}); pl != nil {
				pl.Admin, pl.Name = pl.Name, ""
				pl.Precision, pl.Radius = "admin1", max(pl.Radius, 50_000)
			}
		}
	}
	if country == "" && len(r.art.Country) == 2 {
		country, basis = r.art.Country, "feed_default"
	}
	if country == "" {
		country = r.gaz.Country(r.atlas.Leaning()) // "corps members", "barangay"
	}
	if country == "" && x.role == Main && (pl == nil || pl.Lat == nil) {
		country, basis = r.outletsHome(), "feed_default"
	}
	id := r.gaz.CountryID(country)
	if id == 0 {
		return pl, zone
	}
	if pl == nil {
		pl = &Place{Precision: "country"}
	}
	if pl.Country == "" || pl.Basis == "" {
		pl.Country, pl.Basis = country, cmp.Or(pl.Basis, basis)
	}
	if basis == "dateline" {
		pl.Basis = basis
	}
	if pl.Lat == nil {
		if zone = r.locate(pl, id); pl.Precision == "unknown" {
			pl.Precision = "country"
		}
	}
	r.site(x, cs, pl)
	return pl, zone
}

// outletsHome is the country that the outlet is at home in, where the text names no other: who
// writes for readers at home leaves it out.
func (r *reading) outletsHome() string {
	home := r.gaz.Country(r.atlas.HomeOf(r.art.Outlet))
	if slices.ContainsFunc(r.places, func(p placing) bool { return p.Country != "" && p.Country != home }) {
		return ""
	}
	return home
}

// beside are the towns that the sentence of an older incident names, where its own
// clause names none.
func (r *reading) beside(x *incident, cs []clause) []int {
	if len(x.clauses) == 0 {
		return nil
	}
	s := &r.sents[cs[x.clauses[0]].sent]
	for i := range r.places {
		if p := &r.places[i]; p.word >= s.first && p.word < s.last && p.town() && !p.Dateline && r.located(i) {
			return []int{i}
		}
	}
	return nil
}

// leadTown is the town that the first sentence places things in, where it is the headline
// that says what happened: "Firing at border, gate closed || The gate at Chaman was shut …".
func (r *reading) leadTown(x *incident, cs []clause) []int {
	for _, ci := range x.clauses {
		c := &cs[ci]
		if !r.opens(c.sent) || r.sents[c.sent].title || c.scope != "current" {
			continue
		}
		for _, p := range c.places {
			if q := &r.places[p]; q.town() && !q.Demonym && !q.Dateline && r.within(p) && r.located(p) && !r.tended(p) && !r.carriedTo(p) && !r.sourceSeat(p) {
				return []int{p}
			}
		}
	}
	return nil
}

// bordersOn tells whether a country is the one that the incident was near the border of.
func (r *reading) bordersOn(x *incident, country string) bool {
	return slices.ContainsFunc(few(x.places), func(p int) bool { return r.places[p].Border && r.places[p].Country == country })
}

// site tells what kind of site an incident hit, and the site's own name: the first
// that its clauses name after a preposition of place.
func (r *reading) site(x *incident, cs []clause, pl *Place) {
	if pl == nil || pl.SiteKind != "" {
		return
	}
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k < c.last; k++ {
			kind := siteKind(r.words[k].low)
			if kind == "" && !nameable(r.words[k].low) && !(r.words[k].upper && street(r.words[k].low)) {
				continue
			}
			from := k
			if g := r.group(k); g >= 0 {
				from = r.groups[g].first
			}
			if kind == "hospital" && r.inCare(from) || r.words[k].low == "court" && r.ofLaw(k) && !r.courtAsPlace(&r.sents[c.sent], k) {
				continue
			}
			at := false
			for n := k - 1; n >= c.first && n >= from-1 && !at; n-- {
				switch r.words[n].low {
				case "in", "at", "near", "outside", "inside", "on", "into", "hit", "struck", "attacked", "stormed", "targeting", "targeted", "through", "of", "damaged", "destroyed", "against", "out of":
					at = true
				}
			}
			if !at {
				continue
			}
			r.siteName(x, k, pl)
			if pl.SiteKind = kind; kind != "" {
				return
			}
		}
	}
}

// ofLaw tells whether the court at word k is one of law, and no street: "Coventry Crown
// Court".
func (r *reading) ofLaw(k int) bool {
	switch r.lowAt(k - 1) {
	case "crown", "high", "district", "magistrate", "magistrates", "'s", "’s", "'", "’", "supreme", "federal", "special", "criminal", "appeals", "appeal", "county", "superior", "circuit", "military", "sessions", "regional", "city", "municipal", "anti-terrorism", "antiterrorism":
		return true
	}
	return false
}

// siteName takes the name that stands before the word for a site or behind it,
// "the Imam Dawud mosque", "Camp Dosan", where the place that was found for the
// incident stands beside it and so holds it.
func (r *reading) siteName(x *incident, k int, pl *Place) {
	s := &r.sents[r.sentenceAt(k)]
	if s.headline || pl.Name == "" || pl.Offset != nil || pl.Precision == "sea_or_border" || pl.Basis == "dateline" {
		return
	}
	proper := func(n int) bool {
		w := &r.words[n]
		return w.upper && !w.punct && !w.clitic && w.q == nil && w.date == 0 && !w.is(lexicon.Function) && (w.place == 0 || !r.places[w.place-1].Demonym)
	}
	first, last := k, k+1
	for first > s.first+s.dateline && first > k-5 && (proper(first-1) || first < k && particle(r.words[first-1].low) && first-2 > s.first && proper(first-2)) {
		first--
	}
	if first == k && r.words[k].upper {
		for last < s.last && last < k+5 && proper(last) {
			last++
		}
		if last == k+1 {
			return
		}
	} else if first == k {
		return
	}
	// The place must stand within the sentence, next to the site.
	holds := false
	for _, p := range few(x.places) {
		q := &r.places[p]
		if q.name() == pl.Name && q.word >= first-8 && q.word < last+8 && q.word >= s.first && q.word < s.last {
			holds = true
		}
	}
	if !holds && !(first < k && pl.Precision == "settlement" && street(r.words[k].low)) {
		return
	}
	if w := &r.words[first]; last-first == 2 && w.place > 0 && !r.places[w.place-1].unlisted() {
		return // "a Baghdad market" is any
	}
	name := r.art.Text(s.field)[r.words[first].start:r.words[last-1].end]
	if pl.Admin == "" || !strings.Contains(name, pl.Name) {
		if !strings.Contains(name, pl.Name) {
			pl.Admin = pl.Name
		}
		pl.Name = name
		pl.Evidence = append(pl.Evidence, r.span(s.field, r.words[first].start, r.words[last-1].end))
	}
}

// street tells whether a word with a capital letter ends the name of a street,
// which lies in the town that the text is about.
func street(w string) bool {
	switch w {
	case "street", "road", "avenue", "drive", "lane", "boulevard", "court", "highway", "terrace", "circle", "parkway", "crescent", "rd", "ave", "blvd":
		return true
	}
	return false
}

// particle tells whether a small word may stand within a name.
func particle(w string) bool {
	switch w {
	case "de", "del", "la", "el", "al", "bin", "do", "da", "dos", "of":
		return true
	}
	return false
}

// nameable tells whether a word is of a site that has a name, though of no kind
// that rules ask for.
func nameable(w string) bool {
	switch w {
	case "bridge", "street", "square", "plaza", "mall", "centre", "center", "supermarket", "park", "gate", "avenue", "calle", "roundabout", "club", "pub", "building", "tower", "theatre", "theater", "cinema", "library", "museum", "dam", "plant", "refinery", "mine", "station":
		return true
	}
	return false
}

func siteKind(w string) string {
	switch w {
	case "market", "bazaar", "marketplace":
		return "market"
	case "mosque", "church", "temple", "shrine", "synagogue", "cathedral", "seminary":
		return "worship"
	case "school", "university", "college", "kindergarten", "schools":
		return "school"
	case "hospital", "clinic", "hospitals":
		return "hospital"
	case "airport":
		return "airport"
	case "embassy", "consulate":
		return "embassy"
	case "base", "barracks", "camp", "outpost", "garrison":
		return "base"
	case "checkpoint", "checkpoints":
		return "checkpoint"
	case "hotel", "restaurant", "cafe", "nightclub", "bar", "resort":
		return "hospitality"
	case "bus", "train", "metro", "railway":
		return "transport"
	case "prison", "jail":
		return "prison"
	case "headquarters", "ministry", "parliament", "courthouse", "palace":
		return "government"
	case "stadium", "concert":
		return "crowd"
	}
	return ""
}
