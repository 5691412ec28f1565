package gazetteer

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/enrich/gazetteer/internal/table"
)

// either is what Find gives for a name, or else FindAlike.
func either(g *Gazetteer, name string) []Match {
	m, _ := g.Find(nil, name)
	if len(m) == 0 {
		m = g.FindAlike(nil, name)
	}
	return m
}

// show tells the places of a name in a message.
func show(g *Gazetteer, ms []Match) string {
	var s []string
	for _, m := range ms[:min(4, len(ms))] {
		s = append(s, g.Name(m.ID)+" "+g.Kind(m.ID).String()+" "+g.Country(m.ID))
	}
	return "[" + strings.Join(s, ", ") + "]"
}

func TestSpellingsMeet(t *testing.T) {
	g := Load()
	for _, tt := range []struct{ a, b, country string }{
		{"Erbil", "Arbil", "IQ"},
		{"Kyiv", "Kiev", "UA"},
		{"Hodeidah", "Hudaydah", "YE"},
		{"Hodeidah", "Al Hudaydah", "YE"},
		{"Hudaydah", "al-Hudaydah", "YE"},
		{"Khan Younis", "Khan Yunis", "PS"},
		{"Zaporizhzhia", "Zaporizhia", "UA"},
		{"Al-Qaim", "Qaim", "IQ"},
		{"Sana'a", "Sanaa", "YE"},
		{"Bogotá", "Bogota", "CO"},
		{"Şırnak", "Sirnak", "TR"},
		{"Port-au-Prince", "Port au Prince", "HT"},
		{"Deir ez-Zor", "Deir Ezzor", "SY"},
		{"Deir ez-Zor", "Deir al-Zour", "SY"},
		{"St. Petersburg", "Saint Petersburg", "RU"},
		{"Cox's Bazar", "Coxs Bazar", "BD"},
		{"Cox’s Bazar", "Cox's Bazar", "BD"},
		{"Côte d'Ivoire", "Cote d'Ivoire", "CI"},
		{"Côte d’Ivoire", "Ivory Coast", "CI"},
		{"Kharkiv", "Kharkov", "UA"},
		{"Odesa", "Odessa", "UA"},
		{"Lviv", "Lvov", "UA"},
		{"Mykolaiv", "Nikolaev", "UA"},
		{"Bakhmut", "Artemivsk", "UA"},
		{"Qamishli", "Kamishli", "SY"},
		{"Raqqa", "Ar-Raqqah", "SY"},
		{"Al-Hasakah", "Hasakeh", "SY"},
		{"Idlib", "Idleb", "SY"},
		{"Homs", "Hims", "SY"},
		{"Aleppo", "Halab", "SY"},
		{"Fallujah", "Falluja", "IQ"},
		{"Al-Fallujah", "Falluja", "IQ"},
		{"Ba'qubah", "Baquba", "IQ"},
		{"Tikrit", "Takrit", "IQ"},
		{"Mosul", "Al-Mawsil", "IQ"},
		{"Taiz", "Ta'izz", "YE"},
		{"Marib", "Ma'rib", "YE"},
		{"Mogadishu", "Muqdisho", "SO"},
		{"Kismayo", "Kismaayo", "SO"},
		{"Baidoa", "Baydhabo", "SO"},
		{"Beledweyne", "Belet Weyne", "SO"},
		{"N'Djamena", "Ndjamena", "TD"},
		{"N’Djaména", "NDJAMENA", "TD"},
		{"Mekelle", "Mekele", "ET"},
		{"Lashkar Gah", "Lashkargah", "AF"},
		{"Mazar-i-Sharif", "Mazar-e Sharif", "AF"},
		{"Kunduz", "Konduz", "AF"},
		{"Jalalabad", "Jalālābād", "AF"},
		{"Yangon", "Rangoon", "MM"},
		{"Mumbai", "Bombay", "IN"},
		{"Kolkata", "Calcutta", "IN"},
		{"Beijing", "Peking", "CN"},
		{"São Paulo", "Sao Paulo", "BR"},
		{"Medellín", "MEDELLIN", "CO"},
		{"Diyarbakır", "Diyarbakir", "TR"},
		{"Tel Aviv", "Tel Aviv-Yafo", "IL"},
		{"Rafah", "Rafaḩ", "PS"},
		{"Jabalia", "Jabaliya", "PS"},
		{"Deir al-Balah", "Deir el-Balah", "PS"},
		{"Beit Lahia", "Bayt Lahya", "PS"},
		{"Sirte", "Surt", "LY"},
		{"Benghazi", "Banghazi", "LY"},
		{"Timbuktu", "Tombouctou", "ML"},
		{"Ménaka", "Menaka", "ML"},
		{"El Fasher", "Al Fashir", "SD"},
		{"El Geneina", "Al-Junaynah", "SD"},
		{"Omdurman", "Umm Durman", "SD"},
		{"Wad Madani", "Wad Medani", "SD"},
		{"Mocímboa da Praia", "Mocimboa da Praia", "MZ"},
		{"Grozny", "Groznyy", "RU"},
		{"Rostov-on-Don", "Rostov-na-Donu", "RU"},
		{"Nagorno-Karabakh", "Nagorno Karabakh", "AZ"},
		{"Stepanakert", "Khankendi", "AZ"},
		{"Burma", "Myanmar", "MM"},
		{"Swaziland", "Eswatini", "SZ"},
		{"D.R. Congo", "DR Congo", "CD"},
	} {
		t.Run(tt.a+" and "+tt.b, func(t *testing.T) {
			a, b := either(g, tt.a), either(g, tt.b)
			if len(a) == 0 || len(b) == 0 {
				t.Fatalf("%q is %s, %q is %s; want both known", tt.a, show(g, a), tt.b, show(g, b))
			}
			meets := func(m Match) bool {
				return g.Country(m.ID) == tt.country && slices.ContainsFunc(b[:min(3, len(b))], func(o Match) bool { return o.ID == m.ID })
			}
			if !slices.ContainsFunc(a[:min(3, len(a))], meets) {
				t.Errorf("%q is %s, %q is %s; want one place of %s in both", tt.a, show(g, a), tt.b, show(g, b), tt.country)
			}
		})
	}
}

// TestKnownPlaces holds what an atlas says: within 20 km, or the reach of what is
// no point.
func TestKnownPlaces(t *testing.T) {
	g := Load()
	for _, tt := range []struct {
		name          string
		kind          Kind
		country       string
		lat, lon      float64
		zone, admin   string // "" where several or none
		within        string // what holds it, "" for not asked
		capital, area bool
	}{
		{name: "Kabul", kind: Settlement, country: "AF", lat: 34.53, lon: 69.17, zone: "Asia/Kabul", admin: "Kabul", capital: true},
		{name: "Baghdad", kind: Settlement, country: "IQ", lat: 33.34, lon: 44.40, zone: "Asia/Baghdad", admin: "Baghdad", capital: true},
		{name: "Damascus", kind: Settlement, country: "SY", lat: 33.51, lon: 36.29, zone: "Asia/Damascus", admin: "Damascus", capital: true},
		{name: "Mogadishu", kind: Settlement, country: "SO", lat: 2.04, lon: 45.34, zone: "Africa/Mogadishu", admin: "Banaadir", capital: true},
		{name: "Bamako", kind: Settlement, country: "ML", lat: 12.65, lon: -8.00, zone: "Africa/Bamako", admin: "Bamako", capital: true},
		{name: "Ouagadougou", kind: Settlement, country: "BF", lat: 12.37, lon: -1.53, zone: "Africa/Ouagadougou", admin: "Centre", capital: true},
		{name: "Niamey", kind: Settlement, country: "NE", lat: 13.51, lon: 2.11, zone: "Africa/Niamey", admin: "Niamey", capital: true},
		{name: "Khartoum", kind: Settlement, country: "SD", lat: 15.55, lon: 32.53, zone: "Africa/Khartoum", admin: "Khartoum", capital: true},
		{name: "Bogota", kind: Settlement, country: "CO", lat: 4.65, lon: -74.08, zone: "America/Bogota", admin: "Bogota D.C.", capital: true},
		{name: "Port-au-Prince", kind: Settlement, country: "HT", lat: 18.55, lon: -72.33, zone: "America/Port-au-Prince", admin: "Ouest", capital: true},
		{name: "Manila", kind: Settlement, country: "PH", lat: 14.60, lon: 120.98, zone: "Asia/Manila", capital: true},
		{name: "Kyiv", kind: Settlement, country: "UA", lat: 50.45, lon: 30.52, zone: "Europe/Kyiv", admin: "Kyiv", capital: true},
		{name: "Mosul", kind: Settlement, country: "IQ", lat: 36.34, lon: 43.13, zone: "Asia/Baghdad", admin: "Nineveh"},
		{name: "Fallujah", kind: Settlement, country: "IQ", lat: 33.35, lon: 43.78, zone: "Asia/Baghdad", admin: "Anbar"},
		{name: "Aleppo", kind: Settlement, country: "SY", lat: 36.20, lon: 37.16, zone: "Asia/Damascus", admin: "Aleppo"},
		{name: "Kobani", kind: Settlement, country: "SY", lat: 36.89, lon: 38.35, zone: "Asia/Damascus", admin: "Aleppo"},
		{name: "Hodeidah", kind: Settlement, country: "YE", lat: 14.80, lon: 42.95, zone: "Asia/Aden", admin: "Al Hudaydah"},
		{name: "Aden", kind: Settlement, country: "YE", lat: 12.79, lon: 45.03, zone: "Asia/Aden", admin: "Aden"},
		{name: "Kandahar", kind: Settlement, country: "AF", lat: 31.61, lon: 65.71, zone: "Asia/Kabul", admin: "Kandahar"},
		{name: "Kunduz", kind: Settlement, country: "AF", lat: 36.73, lon: 68.87, zone: "Asia/Kabul", admin: "Kunduz"},
		{name: "Quetta", kind: Settlement, country: "PK", lat: 30.18, lon: 67.00, zone: "Asia/Karachi", admin: "Balochistan"},
		{name: "Peshawar", kind: Settlement, country: "PK", lat: 34.01, lon: 71.58, zone: "Asia/Karachi", admin: "Khyber Pakhtunkhwa"},
		{name: "Srinagar", kind: Settlement, country: "IN", lat: 34.09, lon: 74.80, zone: "Asia/Kolkata", admin: "Jammu and Kashmir"},
		{name: "Imphal", kind: Settlement, country: "IN", lat: 24.81, lon: 93.94, zone: "Asia/Kolkata", admin: "Manipur"},
		{name: "Cox's Bazar", kind: Settlement, country: "BD", lat: 21.44, lon: 91.98, zone: "Asia/Dhaka", admin: "Chittagong"},
		{name: "Sittwe", kind: Settlement, country: "MM", lat: 20.15, lon: 92.90, zone: "Asia/Yangon", admin: "Rakhine"},
		{name: "Marawi", kind: Settlement, country: "PH", lat: 8.00, lon: 124.29, zone: "Asia/Manila"},
		{name: "Pattani", kind: Settlement, country: "TH", lat: 6.87, lon: 101.25, zone: "Asia/Bangkok", admin: "Pattani"},
		{name: "Maiduguri", kind: Settlement, country: "NG", lat: 11.85, lon: 13.16, zone: "Africa/Lagos", admin: "Borno"},
		{name: "Jos", kind: Settlement, country: "NG", lat: 9.92, lon: 8.89, zone: "Africa/Lagos", admin: "Plateau"},
		{name: "Diffa", kind: Settlement, country: "NE", lat: 13.32, lon: 12.61, zone: "Africa/Niamey", admin: "Diffa"},
		{name: "Kidal", kind: Settlement, country: "ML", lat: 18.44, lon: 1.41, zone: "Africa/Bamako", admin: "Kidal"},
		{name: "Gao", kind: Settlement, country: "ML", lat: 16.27, lon: -0.04, zone: "Africa/Bamako", admin: "Gao"},
		{name: "Djibo", kind: Settlement, country: "BF", lat: 14.10, lon: -1.63, zone: "Africa/Ouagadougou", admin: "Sahel"},
		{name: "Goma", kind: Settlement, country: "CD", lat: -1.67, lon: 29.22, zone: "Africa/Lubumbashi", admin: "North Kivu"},
		{name: "Bunia", kind: Settlement, country: "CD", lat: 1.56, lon: 30.25, zone: "Africa/Lubumbashi", admin: "Ituri"},
		{name: "Bria", kind: Settlement, country: "CF", lat: 6.54, lon: 21.99, zone: "Africa/Bangui", admin: "Haute-Kotto"},
		{name: "El Fasher", kind: Settlement, country: "SD", lat: 13.63, lon: 25.35, zone: "Africa/Khartoum", admin: "North Darfur"},
		{name: "Malakal", kind: Settlement, country: "SS", lat: 9.53, lon: 31.66, zone: "Africa/Juba", admin: "Upper Nile"},
		{name: "Mekelle", kind: Settlement, country: "ET", lat: 13.50, lon: 39.47, zone: "Africa/Addis_Ababa", admin: "Tigray"},
		{name: "Kismayo", kind: Settlement, country: "SO", lat: -0.36, lon: 42.55, zone: "Africa/Mogadishu", admin: "Lower Juba"},
		{name: "Garissa", kind: Settlement, country: "KE", lat: -0.46, lon: 39.64, zone: "Africa/Nairobi", admin: "Garissa"},
		{name: "Benghazi", kind: Settlement, country: "LY", lat: 32.11, lon: 20.07, zone: "Africa/Tripoli", admin: "Benghazi"},
		{name: "Arish", kind: Settlement, country: "EG", lat: 31.13, lon: 33.80, zone: "Africa/Cairo", admin: "North Sinai"},
		{name: "Donetsk", kind: Settlement, country: "UA", lat: 48.02, lon: 37.80, zone: "Europe/Kyiv", admin: "Donetsk"},
		{name: "Mariupol", kind: Settlement, country: "UA", lat: 47.10, lon: 37.55, zone: "Europe/Kyiv", admin: "Donetsk"},
		{name: "Grozny", kind: Settlement, country: "RU", lat: 43.32, lon: 45.69, zone: "Europe/Moscow", admin: "Chechnya"},
		{name: "Culiacan", kind: Settlement, country: "MX", lat: 24.80, lon: -107.39, zone: "America/Mazatlan", admin: "Sinaloa"},
		{name: "Ciudad Juarez", kind: Settlement, country: "MX", lat: 31.72, lon: -106.46, zone: "America/Ciudad_Juarez", admin: "Chihuahua"},
		{name: "Cali", kind: Settlement, country: "CO", lat: 3.44, lon: -76.52, zone: "America/Bogota", admin: "Valle del Cauca"},
		{name: "Guayaquil", kind: Settlement, country: "EC", lat: -2.20, lon: -79.90, zone: "America/Guayaquil", admin: "Guayas"},
		{name: "Diyarbakir", kind: Settlement, country: "TR", lat: 37.91, lon: 40.22, zone: "Europe/Istanbul", admin: "Diyarbakir"},
		{name: "Khan Younis", kind: Settlement, country: "PS", lat: 31.34, lon: 34.30, zone: "Asia/Gaza", admin: "Gaza Strip"},
		{name: "Nablus", kind: Settlement, country: "PS", lat: 32.22, lon: 35.25, zone: "Asia/Hebron", admin: "West Bank"},
		{name: "Sadr City", kind: District, country: "IQ", lat: 33.39, lon: 44.46, zone: "Asia/Baghdad", within: "Baghdad"},
		{name: "Cite Soleil", kind: None, country: "HT", lat: 18.58, lon: -72.33, zone: "America/Port-au-Prince", within: "Haiti"},
		{name: "Dadaab", kind: None, country: "KE", lat: 0.05, lon: 40.31, zone: "Africa/Nairobi", within: "Kenya"},
		{name: "Shatila", kind: None, country: "LB", lat: 33.86, lon: 35.50, zone: "Asia/Beirut", within: "Lebanon"},
		{name: "Jabalia refugee camp", kind: None, country: "PS", lat: 31.53, lon: 34.49, zone: "Asia/Gaza", within: "Gaza Strip"},
		{name: "Red Sea", kind: Sea, lat: 20, lon: 38, area: true},
		{name: "Gulf of Aden", kind: Sea, lat: 12.5, lon: 48, area: true},
		{name: "Black Sea", kind: Sea, lat: 43, lon: 34, area: true},
		{name: "Lake Chad", kind: Sea, lat: 13.2, lon: 14.2, area: true},
		{name: "Strait of Hormuz", kind: Sea, lat: 26.5, lon: 56.4, area: true},
		{name: "Sahel", kind: Area, lat: 15, lon: 3, area: true},
		{name: "Sinai", kind: Area, lat: 29.5, lon: 33.9, area: true},
		{name: "Darfur", kind: Area, country: "SD", lat: 13, lon: 24.5, area: true},
		{name: "Donbas", kind: Area, country: "UA", lat: 48.2, lon: 38, area: true},
		{name: "Kashmir", kind: None, country: "IN", lat: 34.3, lon: 75, area: true},
		{name: "Sambisa Forest", kind: None, country: "NG", lat: 11.3, lon: 13.6, area: true},
		{name: "Borno", kind: Admin1, country: "NG", lat: 11.5, lon: 13, zone: "Africa/Lagos", area: true},
		{name: "Helmand", kind: Admin1, country: "AF", lat: 31.3, lon: 64, zone: "Asia/Kabul", area: true},
		{name: "Cabo Delgado", kind: Admin1, country: "MZ", lat: -12.3, lon: 39.5, zone: "Africa/Maputo", area: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ms, _ := g.Find(nil, tt.name)
			for _, m := range ms {
				p := g.Place(m.ID)
				if tt.country != "" && p.Country != tt.country || tt.kind != None && p.Kind != tt.kind || m.How == Demonym {
					continue
				}
				reach := 20_000.0
				if tt.area {
					reach = max(reach, float64(p.Radius))
				}
				if far := Distance(p.Lat, p.Lon, tt.lat, tt.lon); far > reach {
					t.Errorf("%s is at %.2f %.2f; want %.2f %.2f, %.0f km from there", tt.name, p.Lat, p.Lon, tt.lat, tt.lon, far/1000)
				}
				if tt.zone != "" && p.Zone != tt.zone {
					t.Errorf("%s has the zone %q, want %q", tt.name, p.Zone, tt.zone)
				}
				if p.Capital != tt.capital {
					t.Errorf("%s: capital %v, want %v", tt.name, p.Capital, tt.capital)
				}
				if hs, _ := g.Find(nil, tt.admin); tt.admin != "" && !slices.ContainsFunc(hs, func(h Match) bool { return h.ID == g.Admin(m.ID) }) {
					t.Errorf("%s is in the division %q, want %q", tt.name, g.Name(g.Admin(m.ID)), tt.admin)
				}
				if hs, _ := g.Find(nil, tt.within); tt.within != "" && !slices.ContainsFunc(hs, func(h Match) bool { return h.ID != m.ID && g.Within(m.ID, h.ID) }) {
					t.Errorf("%s is in %q, want %q", tt.name, g.Name(p.Parent), tt.within)
				}
				return
			}
			t.Errorf("Find(%q) = %s; want a %s of %q", tt.name, show(g, ms), tt.kind, tt.country)
		})
	}
}

// iso lists the codes of ISO 3166-1 alpha-2, and that of Kosovo.
const iso = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK"

func TestCountries(t *testing.T) {
	g := Load()
	codes := strings.Fields(iso)
	slices.Sort(codes)
	if d := cmp.Diff(codes, g.codes[1:]); d != "" {
		t.Errorf("countries (-want +got)\n%s", d)
	}
	// Nobody lives there, nothing there is the capital, or it is no town of GeoNames
	// (Grytviken, Diego Garcia).
	none := strings.Fields("AQ BV GS HM IO TK UM")
	for _, code := range codes {
		id := g.CountryID(code)
		p := g.Place(id)
		if p.ID == 0 || p.Kind != Country || p.Country != code || p.Name == "" || p.Parent != 0 || g.CountryOf(id) != id {
			t.Errorf("CountryID(%q) = %+v; want the country of that code", code, p)
			continue
		}
		c := g.CapitalOf(code)
		if slices.Contains(none, code) {
			if c != 0 {
				t.Errorf("CapitalOf(%q) = %q, want none", code, g.Name(c))
			}
			continue
		}
		if c == 0 || !g.Capital(c) || g.Country(c) != code || g.CountryOf(c) != id || g.Kind(c) < Settlement || !g.Within(c, id) {
			t.Errorf("CapitalOf(%q) = %+v; want a town in it that is a capital", code, g.Place(c))
		}
		if ms, n := g.Find(nil, p.Name); !n.Strong || len(ms) == 0 || ms[0].ID != id && g.Kind(ms[0].ID) != Country {
			t.Errorf("Find(%q) = %s, %+v; want the country first, and strong", p.Name, show(g, ms), n)
		}
	}
	for _, code := range []string{"", "A", "AA", "ZZ", "iq", "IQQ", "\x00\x00", "\xff\xff", "UK", "EU"} {
		if id := g.CountryID(code); id != 0 || g.CapitalOf(code) != 0 {
			t.Errorf("CountryID(%q) = %d, CapitalOf %d; want 0, there is none", code, id, g.CapitalOf(code))
		}
	}
}

// TestEveryPlace holds what is true of each row.
func TestEveryPlace(t *testing.T) {
	g := Load()
	zones := map[string]bool{}
	for _, z := range g.zones {
		if _, err := time.LoadLocation(z); err != nil {
			t.Errorf("zone %q: %v", z, err)
		}
		zones[z] = true
	}
	bad := 0
	n := 0
	fail := func(p Place, want string) {
		if bad++; bad < 20 {
			t.Errorf("%+v: want %s", p, want)
		}
	}
	for p := range g.All() {
		n++
		switch {
		case p.ID != ID(n):
			fail(p, "places in the order of their ids")
		case p.Name == "":
			fail(p, "a name")
		case p.Kind == None || p.Kind >= kinds:
			fail(p, "a kind")
		case !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180):
			fail(p, "coordinates on the globe")
		case p.Radius < 0 || p.Radius > 6_553_500:
			fail(p, "a radius")
		case p.Country != "" && g.CountryID(p.Country) == 0, p.Country != "" && g.CountryOf(p.ID) != g.CountryID(p.Country), p.Country == "" && g.CountryOf(p.ID) != 0:
			fail(p, "CountryOf and CountryID to agree")
		case p.Country == "" && p.Kind >= Country:
			fail(p, "a country")
		case !zones[p.Zone]:
			fail(p, "a known zone")
		case p.Kind != g.Kind(p.ID) || p.Name != g.Name(p.ID) || p.Parent != g.Parent(p.ID) || p.Zone != g.Zone(p.ID) || p.Population != g.Population(p.ID) || p.Radius != g.Radius(p.ID) || p.Capital != g.Capital(p.ID) || p.Notable != g.Notable(p.ID):
			fail(p, "the accessors to agree with Place")
		}
		up, steps := p.Parent, 0
		for ; up != 0 && steps < 8; steps++ {
			if g.Kind(up) == Country && g.Country(up) != p.Country {
				fail(p, "its parents to end at its own country")
			}
			up = g.Parent(up)
		}
		if up != 0 || p.Kind > Country && !g.Within(p.ID, g.CountryID(p.Country)) {
			fail(p, "its parents to end at its country")
		}
		if a := g.Admin(p.ID); a != 0 && (g.Kind(a) != Admin1 || !g.Within(p.ID, a)) {
			fail(p, "its division to be one, and to hold it")
		}
	}
	if n != g.Len() || n < 200_000 {
		t.Errorf("All yields %d places, Len is %d; want the same, and the world", n, g.Len())
	}
	if bad > 0 {
		t.Errorf("%d places are wrong", bad)
	}
	for range g.All() { // who stops early is not called again
		break
	}
}

// TestNothingIsAtZero tells a division whose middle was lost: it has
// the coordinates 0, 0, which is no land.
func TestNothingIsAtZero(t *testing.T) {
	g := Load()
	var lost []string
	n := 0
	for p := range g.All() {
		if p.Lat == 0 && p.Lon == 0 {
			if n++; p.Located {
				t.Errorf("%+v: is said to be located at 0, 0", p)
			} else if len(lost) < 8 {
				lost = append(lost, p.Name+" "+p.Country)
			}
		}
	}
	t.Logf("%d places have no coordinates: %s …", n, strings.Join(lost, ", "))
}

func TestNoPlace(t *testing.T) {
	g := Load()
	want := Place{}
	for _, id := range []ID{0, ID(g.nRows), ID(g.nRows) + 1, math.MaxUint32} {
		got := g.Place(id)
		got.ID = 0
		got.Located = false
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("Place(%d) is not empty (-want +got)\n%s", id, d)
		}
		if g.Admin(id) != 0 || g.Within(id, g.CountryID("IQ")) || g.Parent(id) != 0 || g.Country(id) != "" {
			t.Errorf("%d is no place, and is somewhere", id)
		}
	}
	t.Run("not located", func(t *testing.T) {
		if p := g.Place(math.MaxUint32); p.Located {
			t.Error("Place(id) of an id beyond the table says Located (it asks id != 0 and not for the row)")
		}
	})
	if got := kinds.String(); got != "?" {
		t.Errorf("Kind(%d).String() = %q, want ?", kinds, got)
	}
}

// first is the first place of a name of a kind in a country.
func first(t testing.TB, g *Gazetteer, name, country string, kind Kind) ID {
	t.Helper()
	ms, _ := g.Find(nil, name)
	for _, m := range ms {
		if g.Kind(m.ID) == kind && g.Country(m.ID) == country {
			return m.ID
		}
	}
	t.Fatalf("Find(%q) = %s; want a %s of %s", name, show(g, ms), kind, country)
	return 0
}

func TestWithin(t *testing.T) {
	g := Load()
	mosul, nineveh := first(t, g, "Mosul", "IQ", Settlement), first(t, g, "Nineveh", "IQ", Admin1)
	iraq, syria := g.CountryID("IQ"), g.CountryID("SY")
	for _, tt := range []struct {
		name string
		a, b ID
		want bool
	}{
		{"a town is in its division", mosul, nineveh, true},
		{"and in its country", mosul, iraq, true},
		{"a division is in its country", nineveh, iraq, true},
		{"everything is in itself", mosul, mosul, true},
		{"a country too", iraq, iraq, true},
		{"not in another country", mosul, syria, false},
		{"not the other way round", nineveh, mosul, false},
		{"a country is not in its capital", iraq, g.CapitalOf("IQ"), false},
		{"a capital is in its country", g.CapitalOf("IQ"), iraq, true},
		{"nothing is in nothing", 0, 0, false},
		{"a town is not in nothing", mosul, 0, false},
		{"nothing is not in a country", 0, iraq, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := g.Within(tt.a, tt.b); got != tt.want {
				t.Errorf("Within(%q, %q) = %v, want %v", g.Name(tt.a), g.Name(tt.b), got, tt.want)
			}
		})
	}
	if got := g.Admin(mosul); got != nineveh {
		t.Errorf("Admin(Mosul) = %q, want %q", g.Name(got), g.Name(nineveh))
	}
	if got := g.Admin(iraq); got != 0 {
		t.Errorf("Admin(Iraq) = %q, want none", g.Name(got))
	}
}

func TestWithinProperties(t *testing.T) {
	g := Load()
	rapid.Check(t, func(t *rapid.T) {
		id := ID(rapid.IntRange(1, g.Len()).Draw(t, "id"))
		other := ID(rapid.IntRange(1, g.Len()).Draw(t, "other"))
		if !g.Within(id, id) {
			t.Fatalf("Within(%d, itself) = false", id)
		}
		if id != other && g.Within(id, other) && g.Within(other, id) {
			t.Fatalf("%d and %d hold each other", id, other)
		}
		for up := g.Parent(id); up != 0; up = g.Parent(up) {
			if !g.Within(id, up) {
				t.Fatalf("Within(%d, %d) = false, want true: it is a parent", id, up)
			}
		}
		if a := g.Admin(id); a != 0 && g.Country(a) != g.Country(id) {
			t.Fatalf("Admin(%d) = %d of %q, want one of %q", id, a, g.Country(a), g.Country(id))
		}
	})
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		lat1, lon1, lat2, lon2 float64
		km                     float64
	}{
		{"a degree of latitude", 0, 0, 1, 0, 111.2},
		{"a degree of longitude at the equator", 0, 0, 0, 1, 111.2},
		{"a degree of longitude half way up", 60, 0, 60, 1, 55.6},
		{"over the date line", 0, 179.5, 0, -179.5, 111.2},
		{"over the pole", 89.5, 0, 89.5, 180, 111.2},
		{"half the world", 0, 0, 0, 180, 20015},
		{"Baghdad to Mosul", 33.34, 44.40, 36.34, 43.13, 353},
		{"nowhere", 12, 34, 12, 34, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Distance(tt.lat1, tt.lon1, tt.lat2, tt.lon2) / 1000; math.Abs(got-tt.km) > 0.005*tt.km {
				t.Errorf("Distance(%v %v, %v %v) = %.1f km, want %.1f", tt.lat1, tt.lon1, tt.lat2, tt.lon2, got, tt.km)
			}
		})
	}
}

func TestDistanceProperties(t *testing.T) {
	lat, lon := rapid.Float64Range(-90, 90), rapid.Float64Range(-180, 180)
	rapid.Check(t, func(t *rapid.T) {
		y1, x1, y2, x2, y3, x3 := lat.Draw(t, "y1"), lon.Draw(t, "x1"), lat.Draw(t, "y2"), lon.Draw(t, "x2"), lat.Draw(t, "y3"), lon.Draw(t, "x3")
		a, b := Distance(y1, x1, y2, x2), Distance(y2, x2, y1, x1)
		if math.Abs(a-b) > 1e-3 {
			t.Fatalf("%v m there, %v m back", a, b)
		}
		if !(a >= 0 && a <= math.Pi*earth+1) {
			t.Fatalf("%v m, want no more than half the Earth's girth", a)
		}
		if c := Distance(y1, x1, y3, x3) + Distance(y3, x3, y2, x2); a > c+1 {
			t.Fatalf("%v m straight on, %v m with a stop", a, c)
		}
	})
}

func TestOffsetProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(-80, 80).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
		metres, bearing := rapid.Float64Range(100, 1e6).Draw(t, "metres"), rapid.Float64Range(0, 360).Draw(t, "bearing")
		y, x := Offset(lat, lon, metres, bearing)
		if !(math.Abs(y) <= 90 && math.Abs(x) <= 180) {
			t.Fatalf("Offset(%v, %v, %v, %v) = %v %v, which is off the globe", lat, lon, metres, bearing, y, x)
		}
		if got := Distance(lat, lon, y, x); math.Abs(got-metres) > 0.01*metres {
			t.Fatalf("Offset(%v, %v, %v, %v) = %v %v, %v m from there", lat, lon, metres, bearing, y, x, got)
		}
		if bearing < 80 && y <= lat && lat+metres/111_000 < 89 && metres < 1e5 {
			t.Fatalf("Offset(%v, %v, %v, %v) = %v %v, want one further north", lat, lon, metres, bearing, y, x)
		}
	})
}

// TestNear asks for what the comment promises, a hundredth, for the distances
// and latitudes that news is about, and for two hundredths beyond.
func TestNear(t *testing.T) {
	for _, tt := range []struct {
		name             string
		metres, lat, off float64
	}{
		{"120 km up to 60 degrees, a hundredth", 120_000, 60, 0.01},
		{"200 km up to 70 degrees, two hundredths", 200_000, 70, 0.02},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				lat, lon := rapid.Float64Range(-tt.lat, tt.lat).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
				y, x := Offset(lat, lon, rapid.Float64Range(100, tt.metres).Draw(t, "metres"), rapid.Float64Range(0, 360).Draw(t, "bearing"))
				if math.Abs(y) > tt.lat {
					t.Skip("beyond")
				}
				d := Distance(lat, lon, y, x)
				if !near(lat, lon, y, x, d*(1+tt.off)) || near(lat, lon, y, x, d*(1-tt.off)) {
					t.Fatalf("%v %v and %v %v are %.0f m apart; near does not agree within %v", lat, lon, y, x, d, tt.off)
				}
			})
		})
	}
	t.Run("200 km at 75 degrees, two hundredths", func(t *testing.T) {
		y, x := Offset(75, 20, 199_000, 180+54)
		if d := Distance(75, 20, y, x); !near(75, 20, y, x, 1.02*d) || near(75, 20, y, x, 0.98*d) || near(75, 20, y, x, d) != near(y, x, 75, 20, d) {
			t.Errorf("near measures with the cosine of the first latitude only: 75 20 and %.3f %.3f are %.0f m apart, and it is off by more than 2 %%, or Near(a, b) is not Near(b, a)", y, x, d)
		}
	})
	g := Load()
	baghdad, fallujah, mosul := g.CapitalOf("IQ"), first(t, g, "Fallujah", "IQ", Settlement), first(t, g, "Mosul", "IQ", Settlement)
	if !g.Near(baghdad, fallujah, 70_000) || g.Near(baghdad, fallujah, 40_000) || g.Near(baghdad, mosul, 300_000) || !g.Near(mosul, mosul, 0) {
		t.Error("Near(Baghdad, Fallujah), 57 km, and Near(Baghdad, Mosul), 353 km, are wrong")
	}
}

func TestFind(t *testing.T) {
	g := Load()
	t.Run("what is kept before stays", func(t *testing.T) {
		kept := []Match{{ID: 7, How: Also}}
		got, _ := g.Find(kept, "Baghdad")
		if len(got) < 2 || got[0] != kept[0] {
			t.Errorf("Find(%v, Baghdad) = %v; want it behind what was there", kept, got)
		}
	})
	t.Run("an unknown name adds nothing", func(t *testing.T) {
		for _, name := range []string{"", " ", "Xyzzyville-upon-Nowhere", "~", "-", "'", "\x00", "\xff", strings.Repeat("a", 300), strings.Repeat("Al ", 100)} {
			if got, n := g.Find(nil, name); got != nil || n != (Name{}) {
				t.Errorf("Find(%q) = %s, %+v; want nothing", name, show(g, got), n)
			}
		}
	})
	t.Run("sounds are asked of long names only", func(t *testing.T) {
		for _, name := range []string{"", "Gao", "aaaaaaa", "hhhh"} {
			if got := g.FindAlike(nil, name); got != nil {
				t.Errorf("FindAlike(%q) = %s, want nothing", name, show(g, got))
			}
		}
	})
	t.Run("what sounds alike says so", func(t *testing.T) {
		got := g.FindAlike(nil, "Hudaidah")
		if len(got) == 0 || slices.ContainsFunc(got, func(m Match) bool { return m.How != Alike }) {
			t.Errorf("FindAlike(Hudaidah) = %v; want some, all of them Alike", got)
		}
	})
	t.Run("a people is its country", func(t *testing.T) {
		for name, code := range map[string]string{"Iraqi": "IQ", "Afghans": "AF", "Nigerien": "NE", "Nigerian": "NG", "South Sudanese": "SS", "Burkinabe": "BF", "Filipino": "PH", "Malian": "ML"} {
			got, n := g.Find(nil, name)
			if len(got) == 0 || got[0] != (Match{g.CountryID(code), Demonym}) || !n.Strong {
				t.Errorf("Find(%q) = %v, %+v; want the people of %s, strong", name, got, n, code)
			}
		}
	})
	t.Run("words and persons are marked", func(t *testing.T) {
		for _, tt := range []struct {
			name string
			want Name
		}{{"Reading", Name{Word: true, Person: true}}, {"Date", Name{Word: true}}, {"Austin", Name{Person: true}}, {"Jordan", Name{Person: true}}, {"Mosul", Name{}}} {
			_, got := g.Find(nil, tt.name)
			if got.Word != tt.want.Word || got.Person != tt.want.Person || got.Total == 0 {
				t.Errorf("Find(%q): %+v; want Word %v, Person %v", tt.name, got, tt.want.Word, tt.want.Person)
			}
		}
	})
	t.Run("of many only the first are given", func(t *testing.T) {
		got, n := g.Find(nil, "San Antonio")
		if len(got) != maxMatches || n.Total <= maxMatches {
			t.Errorf("Find(San Antonio): %d of %d; want %d of more", len(got), n.Total, maxMatches)
		}
	})
	t.Run("the article is taken off where the name is not known with it", func(t *testing.T) {
		got, n := g.Find(nil, "al-Baghdad")
		if len(got) == 0 || g.CapitalOf("IQ") != got[0].ID || n.Strong {
			t.Errorf("Find(al-Baghdad) = %s, %+v; want Baghdad, not strong", show(g, got), n)
		}
	})
}

// TestNamesAreFound asks for places by their own names, and whether the short
// cuts of Longest and MayBegin let them through.
func TestNamesAreFound(t *testing.T) {
	g := Load()
	ask := func(t *testing.T, p Place, name string) {
		key := Fold(name)
		if len(key) < 2 || len(key) > 60 { // the builder leaves these out
			return
		}
		ms, n := g.Find(nil, name)
		if n.Total == 0 {
			t.Errorf("Find(%q) knows nothing; want %+v", name, p)
			return
		}
		if n.Total <= maxMatches && !slices.ContainsFunc(ms, func(m Match) bool { return m.ID == p.ID }) {
			t.Errorf("Find(%q) = %s of %d; want %+v among them", name, show(g, ms), n.Total, p)
		}
		words := strings.Fields(key)
		if got := g.Longest(words[0]); got < min(15, len(words)) {
			t.Errorf("Longest(%q) = %d; want %d or more for %q", words[0], got, len(words), name)
		}
		if got := g.Longest(strings.Fields(name)[0]); got < min(15, len(words)) {
			t.Errorf("Longest(%q) = %d; want %d or more for %q", strings.Fields(name)[0], got, len(words), name)
		}
		if len(words) > 1 && !g.MayBegin(words[0], words[1]) {
			t.Errorf("MayBegin(%q, %q) = false for %q", words[0], words[1], name)
		}
		if f := strings.Fields(name); len(f) > 1 && Fold(f[0]) != "" && Fold(f[1]) != "" && !g.MayBegin(f[0], f[1]) {
			t.Errorf("MayBegin(%q, %q) = false for %q", f[0], f[1], name)
		}
	}
	n := 0
	for id := ID(1); uint32(id) < g.nRows; id += 37 {
		p := g.Place(id)
		if strings.Count(Fold(p.Name), " ") <= 12 {
			ask(t, p, p.Name)
		}
		n++
	}
	for p := range g.All() {
		if p.Notable && n < 20_000 {
			ask(t, p, p.Name)
			n++
		}
	}
	t.Logf("%d names", n)
	for _, w := range []string{"", " ", "'", "~", "\xff"} {
		if got := g.Longest(w); got != 0 {
			t.Errorf("Longest(%q) = %d, want 0", w, got)
		}
	}
}

// TestEveryKeyIsLetThrough asks the short cuts for all names of the table.
func TestEveryKeyIsLetThrough(t *testing.T) {
	g := Load()
	n, bad := 0, 0
	for key := range keys(g) {
		if key[0] == '~' || n%11 != 0 { // sounds, and a tenth is enough
			n++
			continue
		}
		n++
		first, rest, _ := strings.Cut(key, " ")
		second, _, _ := strings.Cut(rest, " ")
		if got, want := g.Longest(first), min(15, strings.Count(key, " ")+1); got < want {
			bad++
			t.Errorf("Longest(%q) = %d; want %d or more for %q", first, got, want, key)
		}
		if second != "" && !g.MayBegin(first, second) {
			bad++
			t.Errorf("MayBegin(%q, %q) = false for %q", first, second, key)
		}
		if _, name := g.Find(nil, key); name.Total == 0 {
			bad++
			t.Errorf("Find(%q) knows nothing, and it is in the table", key)
		}
		if bad > 20 {
			t.Fatal("and so on")
		}
	}
	t.Logf("%d keys", n)
}

// keys yields the keys of the table.
func keys(g *Gazetteer) func(func(string) bool) {
	return func(yield func(string) bool) {
		for s := g.buckets; len(s) > 3; {
			n := int(s[0])
			total, k := uvarint(s[2:])
			if !yield(s[2+k : 2+k+n]) {
				return
			}
			s = s[2+k+n+table.LinkSize*total:]
		}
	}
}

// TestLinks holds what Find may return: each link names a place, the heaviest
// first, none twice.
func TestLinks(t *testing.T) {
	g := Load()
	n := 0
	for key := range keys(g) {
		if n++; n%13 != 0 {
			continue
		}
		ms, name := g.find(nil, []byte(key))
		if len(ms) != min(name.Total, maxMatches) || len(ms) == 0 {
			t.Fatalf("find(%q): %d of %d", key, len(ms), name.Total)
		}
		seen := map[ID]bool{}
		for _, m := range ms {
			if m.ID == 0 || uint32(m.ID) >= g.nRows || m.How > Alike || (m.How == Alike) != (key[0] == '~') || seen[m.ID] {
				t.Fatalf("find(%q) gives %+v; want places of the table, each once", key, m)
			}
			seen[m.ID] = true
			if m.How == Demonym && g.Kind(m.ID) != Country && g.Kind(m.ID) != Area {
				t.Errorf("find(%q) gives a people of %+v", key, g.Place(m.ID))
			}
		}
	}
}

// TestOpenRefuses gives open what is not the table.
func TestOpenRefuses(t *testing.T) {
	if _, ok := open(embedded); !ok {
		t.Fatal("the embedded table is refused")
	}
	lists := strings.LastIndex(embedded, "\n\n")
	lists = strings.LastIndex(embedded[:lists], "\nAD\n")
	for _, tt := range []struct{ name, in string }{
		{"nothing", ""},
		{"a byte", embedded[:1]},
		{"the mark alone", table.Magic},
		{"half a header", embedded[:table.HeaderSize/2]},
		{"a header that lacks a byte", embedded[:table.HeaderSize-1]},
		{"a header alone", embedded[:table.HeaderSize]},
		{"a row", embedded[:table.HeaderSize+table.RowSize]},
		{"a third", embedded[:len(embedded)/3]},
		{"half", embedded[:len(embedded)/2]},
		{"nine tenths", embedded[:len(embedded)/10*9]},
		{"all but the lists", embedded[:lists]},
		{"all but the zones", embedded[:strings.LastIndex(embedded, "\n\n")]},
		{"another format", "tocsin gazetteer 3\n" + embedded[len(table.Magic):]},
		{"text", strings.Repeat("<!doctype html>", 1000)},
		{"zeros", string(make([]byte, 1<<16))},
		{"sizes beyond the file", table.Magic + "\x00" + strings.Repeat("\xff", 1<<10)},
		{"zeros behind the mark", table.Magic + string(make([]byte, 1<<10))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, ok := open(tt.in); ok {
				t.Errorf("open(%d bytes, %.40q) says that it is the table", len(tt.in), tt.in)
			}
		})
	}
	t.Run("no cut panics", func(t *testing.T) {
		for n := 0; n < len(embedded); n += len(embedded)/1000 + 1 {
			if _, ok := open(embedded[:n]); ok {
				t.Errorf("open(the first %d of %d bytes) says that it is the table", n, len(embedded))
			}
		}
	})
	t.Run("the last zones", func(t *testing.T) {
		if _, ok := open(embedded[:len(embedded)-100]); ok {
			t.Error("a table whose list of zones is cut off opens, and Zone panics later: open compares neither the number of rows nor those of codes and zones with the sections")
		}
	})
	t.Run("a wrong number of rows", func(t *testing.T) {
		b := bytes.Clone([]byte(embedded[:1<<16]))
		b = append(b, embedded[1<<16:]...)
		b[len(table.Magic)+1+2] ^= 0xff
		if _, ok := open(string(b)); ok {
			t.Error("a header that promises more rows than there are opens, and Place panics later")
		}
	})
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(embedded[:table.HeaderSize]))
	f.Add([]byte(table.Magic + "\x00" + string(make([]byte, 64)) + "\nAD\n\n\nUTC"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		open(string(b))
	})
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "Tripoli", "Al-Qaim", "al ", "St", "~baghdad", "d'", "Cox’s Bazar", "Киев", "\xff\xfe", strings.Repeat("a ", 200), "San Antonio", "the Gulf of Aden"} {
		f.Add(s)
	}
	g := Load()
	f.Fuzz(func(t *testing.T, s string) {
		for _, find := range []func(string) ([]Match, Name){
			func(s string) ([]Match, Name) { return g.Find(nil, s) },
			func(s string) ([]Match, Name) { m := g.FindAlike(nil, s); return m, Name{Total: len(m)} },
		} {
			ms, n := find(s)
			if len(ms) > maxMatches || n.Total < len(ms) {
				t.Fatalf("%q: %d matches of %d; want at most %d", s, len(ms), n.Total, maxMatches)
			}
			for _, m := range ms {
				if m.ID == 0 || uint32(m.ID) >= g.nRows || m.How > Alike || g.Name(m.ID) == "" {
					t.Fatalf("%q: %+v is no place", s, m)
				}
			}
			again, n2 := find(s)
			if !slices.Equal(ms, again) || n != n2 {
				t.Fatalf("%q: %v %+v, and asked again %v %+v", s, ms, n, again, n2)
			}
		}
		if ms, n := g.Find(nil, s); n.Total > 0 {
			key, _, _ := strings.Cut(Fold(s), " ")
			if folded, _ := g.Find(nil, Fold(s)); !slices.Equal(ms, folded) {
				t.Fatalf("Find(%q) is not Find(%q)", s, Fold(s))
			}
			if _, cut := CutArticle(Fold(s)); !cut && g.Longest(key) <= strings.Count(Fold(s), " ") {
				t.Fatalf("Find(%q) knows it, Longest(%q) = %d", s, key, g.Longest(key))
			}
		}
		first, second, _ := strings.Cut(s, " ")
		g.MayBegin(first, second)
	})
}

// lines yields the rows of a hand-made list. The builder lets the last columns be
// left out where they are empty: least says how many must be there.
func lines(t *testing.T, name string, least, columns int, f func(n int, c []string)) {
	t.Helper()
	data, err := os.ReadFile("data/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		t.Errorf("%s: does not end with a line feed", name)
	}
	if data[0] != '#' {
		t.Errorf("%s: does not say on its first line what it is", name)
	}
	for n, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) < least || len(c) > columns {
			t.Errorf("data/%s:%d: %d columns in %q, want %d to %d", name, n+1, len(c), line, least, columns)
			continue
		}
		c = append(c, make([]string, columns-len(c))...)
		for _, s := range c {
			if s != strings.TrimSpace(s) {
				t.Errorf("data/%s:%d: %q has blanks around it", name, n+1, s)
			}
		}
		f(n+1, c)
	}
}

func TestLists(t *testing.T) {
	isCountry := map[string]bool{}
	for code := range strings.FieldsSeq(iso) {
		isCountry[code] = true
	}
	spelling := func(t *testing.T, name string, n int, list string) {
		for s := range strings.SplitSeq(list, "|") {
			if list != "" && Fold(s) == "" {
				t.Errorf("data/%s:%d: %q in %q is no name", name, n, s, list)
			}
		}
	}
	number := func(t *testing.T, name string, n int, s string, limit float64) {
		if v, err := strconv.ParseFloat(s, 64); err != nil || !(math.Abs(v) <= limit) {
			t.Errorf("data/%s:%d: %q is no number up to %v", name, n, s, limit)
		}
	}
	for _, name := range []string{"africa.txt", "asia-europe-americas.txt", "more.txt"} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]int{}
			lines(t, name, 5, 7, func(n int, c []string) {
				if !isCountry[c[0]] {
					t.Errorf("data/%s:%d: %q is no country", name, n, c[0])
				}
				if Fold(c[1]) == "" || strings.Contains(c[1], "|") {
					t.Errorf("data/%s:%d: %q is no name", name, n, c[1])
				}
				spelling(t, name, n, c[2])
				switch c[3] {
				case "settlement", "district", "admin2", "admin1", "camp", "site":
				default:
					t.Errorf("data/%s:%d: %q is no kind", name, n, c[3])
				}
				if (c[5] == "") != (c[6] == "") {
					t.Errorf("data/%s:%d: a latitude without a longitude: %q %q", name, n, c[5], c[6])
				} else if c[5] != "" {
					number(t, name, n, c[5], 90)
					number(t, name, n, c[6], 180)
				}
				key := c[0] + " " + c[1]
				if seen[key] > 0 {
					t.Errorf("data/%s:%d: %s is on line %d too", name, n, key, seen[key])
				}
				seen[key] = n
			})
		})
	}
	t.Run("areas.txt", func(t *testing.T) {
		seen := map[string]int{}
		lines(t, "areas.txt", 7, 7, func(n int, c []string) {
			if seen[c[0]] > 0 || Fold(c[0]) == "" {
				t.Errorf("data/areas.txt:%d: %q is on line %d too, or no name", n, c[0], seen[c[0]])
			}
			seen[c[0]] = n
			spelling(t, "areas.txt", n, c[1])
			if c[2] != "area" && c[2] != "sea" && c[2] != "river" {
				t.Errorf("data/areas.txt:%d: %q is no kind", n, c[2])
			}
			for i, code := range strings.Split(c[3], ",") {
				if c[3] != "" && !isCountry[code] && !(code == "*" && i == 0) {
					t.Errorf("data/areas.txt:%d: %q in %q is no country", n, code, c[3])
				}
			}
			number(t, "areas.txt", n, c[4], 90)
			number(t, "areas.txt", n, c[5], 180)
			number(t, "areas.txt", n, c[6], 20_000)
			if strings.HasPrefix(c[6], "-") || c[6] == "0" {
				t.Errorf("data/areas.txt:%d: %q is no radius", n, c[6])
			}
		})
	})
	t.Run("countries.txt", func(t *testing.T) {
		seen := map[string]int{}
		said := map[string]string{}
		lines(t, "countries.txt", 5, 5, func(n int, c []string) {
			if seen[c[0]] > 0 || !isCountry[c[0]] || Fold(c[1]) == "" {
				t.Errorf("data/countries.txt:%d: %q is on line %d too, or no country, or has no name", n, c[0], seen[c[0]])
			}
			seen[c[0]] = n
			spelling(t, "countries.txt", n, c[2])
			spelling(t, "countries.txt", n, c[3])
			for s := range strings.SplitSeq(c[1]+"|"+c[2], "|") {
				if k := Fold(s); k == "congo" {
					continue // both of them are: the text has to say which
				} else if said[k] != "" && said[k] != c[0] && k != "" {
					t.Errorf("data/countries.txt:%d: %q is %s and %s", n, s, said[k], c[0])
				} else {
					said[k] = c[0]
				}
			}
		})
		if len(seen) != len(isCountry) {
			t.Errorf("data/countries.txt: %d countries, want %d", len(seen), len(isCountry))
		}
	})
	t.Run("wellknown.txt", func(t *testing.T) {
		seen := map[string]int{}
		lines(t, "wellknown.txt", 3, 4, func(n int, c []string) {
			if Fold(c[0]) == "" || c[1] != "settlement" && c[1] != "admin1" || !isCountry[c[2]] {
				t.Errorf("data/wellknown.txt:%d: %q; want a name, settlement or admin1, a country", n, c)
			}
			key := c[0] + " " + c[1] + " " + c[2]
			if seen[key] > 0 {
				t.Errorf("data/wellknown.txt:%d: %s is on line %d too", n, key, seen[key])
			}
			seen[key] = n
		})
	})
	for _, name := range []string{"words.txt", "persons.txt"} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]int{}
			lines(t, name, 1, 1, func(n int, c []string) {
				if seen[c[0]] > 0 || Fold(c[0]) == "" || strings.ToLower(c[0]) != c[0] {
					t.Errorf("data/%s:%d: %q is on line %d too, or not in small letters", name, n, c[0], seen[c[0]])
				}
				seen[c[0]] = n
			})
		})
	}
}

var benchNames = []string{
	"Mosul", "Baghdad", "Al-Qaim", "Deir ez-Zor", "Port-au-Prince", "Côte d'Ivoire", "Şırnak", "St. Petersburg", "Cox's Bazar", "San Antonio", "Springfield", "Tripoli",
	"Iraqi", "Afghans", "Gulf of Aden", "Sahel", "Khan Younis", "Zaporizhzhia", "Burkina Faso", "Mogadishu",
	"police", "soldiers", "on Monday", "Mr Karimov", "Ministry of Defence", "the", "Xyzzy", "al-Nothing", "Reuters", "State Television",
}

func BenchmarkFind(b *testing.B) {
	g := Load()
	var ms []Match
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range benchNames {
			ms, _ = g.Find(ms[:0], n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(benchNames)), "ns/name")
}

func BenchmarkFindAlike(b *testing.B) {
	g := Load()
	var ms []Match
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range benchNames {
			ms = g.FindAlike(ms[:0], n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(benchNames)), "ns/name")
}

// BenchmarkOpen is what the first Load takes.
func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := open(embedded); !ok {
			b.Fatal("the embedded table is refused")
		}
	}
}

func BenchmarkFold(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range benchNames {
			buf = AppendFold(buf[:0], n)
		}
	}
}
