package where

import (
	"strings"
	"sync"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/text"
)

// homes are words that the news of one country has and hardly that of another: its
// forces, offices, money and offices' abbreviations. Who writes for readers at home says
// them and leaves out the country. Those in capital letters count only so.
const homes = `
NG: NYSC; corps member; corps members; corper; LGA; LGAs; local government area; naira; amotekun; EFCC; NSCDC; civil defence corps; middle belt; arewa; miyetti allah; ohanaeze; afenifere; hadin kai
IN: crore; CRPF; BSF; ITBP; jawan; jawans; naxal; naxals; naxalite; naxalites; lok sabha; BJP; panchayat; gram panchayat; anganwadi; L-G; sub-divisional magistrate
PK: ISPR; khwarij; khawarij; katcha; tehsil headquarters hospital; frontier corps; motorway police
PH: barangay; barangays; BARMM; purok; sitio
KE: matatu; national police reservists
UG: UPDF; LC1
ZA: SAPS; taxi rank
US: sheriff's office; county sheriff; sheriff's deputies; state troopers; school district; U.S. marshals; ATF
GB: metropolitan police; police scotland; detective chief inspector; counter terrorism policing
IL: MDA; magen david adom; knesset
MX: SEDENA; guardia nacional
CO: clan del golfo; segunda marquetalia
`

// home is a phrase of homes.
type home struct {
	words   []string // as text gives them: small letters
	caps    bool
	country string
}

// homesBy are those of homes, by their first word.
var homesBy = sync.OnceValue(func() map[string][]home {
	m := map[string][]home{}
	for line := range strings.Lines(homes) {
		country, list, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		for phrase := range strings.SplitSeq(list, "; ") {
			h := home{words: strings.Fields(strings.ToLower(phrase)), caps: phrase == strings.ToUpper(phrase), country: country}
			m[h.words[0]] = append(m[h.words[0]], h)
		}
	}
	return m
})

// Home leans towards the country whose news has the words at toks[i], if there is one.
func (r *Reader) Home(toks []text.Token, i int) {
next:
	for _, h := range homesBy()[toks[i].Low] {
		if h.caps && !toks[i].Caps {
			continue
		}
		for k, w := range h.words {
			if i+k >= len(toks) || toks[i+k].Low != w {
				continue next
			}
		}
		r.Lean(r.gaz.CountryID(h.country))
		return
	}
}

// Leaning is the country that the text leans to by such words, 0 where there is none, or
// more than one.
func (r *Reader) Leaning() gazetteer.ID {
	var one gazetteer.ID
	for _, v := range r.lean {
		if one != 0 && one != v.country {
			return 0
		}
		one = v.country
	}
	return one
}

// HomeOf is the country that an outlet is at home in, as its name tells: "Dhaka Courier", "The
// Irish Sentinel"; 0 where it tells none, or two.
func (r *Reader) HomeOf(outlet string) gazetteer.ID {
	words := strings.Fields(outlet)
	var home gazetteer.ID
	for i := 0; i < min(len(words), 8); i++ {
		for n := min(3, len(words)-i); n > 0; n-- {
			c := r.wellKnown(strings.Trim(strings.Join(words[i:i+n], " "), "()-:,.|"))
			if c == 0 {
				continue
			}
			if home != 0 && home != c {
				return 0
			}
			home = c
			i += n - 1
			break
		}
	}
	return home
}

// wellKnown is the country of a name that is a country's, a people's or a city's, and of no
// other country's place that is as well known.
func (r *Reader) wellKnown(name string) gazetteer.ID {
	k := r.find(name, false)
	if !k.info.Strong || k.info.Word || k.info.Person {
		return 0
	}
	best := &k.cands[0]
	for i := range k.cands {
		if c := &k.cands[i]; c.prior > best.prior {
			best = c
		}
	}
	home := r.gaz.CountryOf(best.ID)
	for i := range k.cands {
		if c := &k.cands[i]; r.gaz.CountryOf(c.ID) != home && c.prior > best.prior-1 {
			return 0
		}
	}
	switch kind := r.gaz.Kind(best.ID); {
	case kind == gazetteer.Country, kind == gazetteer.Admin1, kind == gazetteer.Settlement && r.gaz.Population(best.ID) >= 100_000:
		return home
	}
	return 0
}
