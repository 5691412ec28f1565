package gazetteer

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"case is dropped", "MOSUL", "mosul"},
		{"accents are dropped", "Şırnak", "sirnak"},
		{"decomposed accents too", "Bogota\u0301", "bogota"},
		{"a letter with a stroke is plain", "Łódź", "lodz"},
		{"a ligature is two letters", "Ærø", "aero"},
		{"the sharp s is two", "Gießen", "giessen"},
		{"Vietnamese letters have two accents", "Đà Nẵng", "da nang"},
		{"the capital schwa of Azeri is an e", "Əli", "eli"},
		{"the hooked k of Hausa is a k", "ƙofa", "kofa"},
		{"apostrophes join", "Sana'a", "sanaa"},
		{"so do their curly forms", "Sana’a Sana‘a Sanaʻa Sanaʼa Sanaʿa Sanaʾa", "sanaa sanaa sanaa sanaa sanaa sanaa"},
		{"hyphens part", "Port-au-Prince", "port au prince"},
		{"so do dashes", "Port–au—Prince", "port au prince"},
		{"dots join", "U.A.E.", "uae"},
		{"blanks are one", "  Deir   ez-Zor ", "deir ez zor"},
		{"a saint is spelt out", "St. Petersburg", "saint petersburg"},
		{"as last word too", "Mont St", "mont saint"},
		{"a mount is spelt out", "Mt. Kenya", "mount kenya"},
		{"a fort is spelt out", "Ft. Worth", "fort worth"},
		{"a word that begins with st is not a saint", "Stara Zagora", "stara zagora"},
		{"digits stay", "Kilometre 26", "kilometre 26"},
		{"other scripts are kept", "Київ", "київ"},
		{"and are small", "ΑΘΉΝΑ", "αθήνα"},
		{"marks alone are nothing", " - ' . - ", ""},
		{"nothing is nothing", "", ""},
		{"bytes that are no text part words", "a\xffb", "a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Fold(tt.in); got != tt.want {
				t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// TestFoldOdd is for the blanks and letters that the web has and a keyboard lacks.
func TestFoldOdd(t *testing.T) {
	const want = "abu sayyaf"
	for _, blank := range []string{" ", "\t", "\n", "\u2009", "\u202f", "\u3000"} {
		if got := Fold("Abu" + blank + "Sayyaf"); got != want {
			t.Errorf("Fold(%q) = %q, want %q", "Abu"+blank+"Sayyaf", got, want)
		}
	}
	t.Run("no-break space", func(t *testing.T) {
		if got := Fold("Abu\u00a0Sayyaf"); got != want {
			t.Errorf("Fold(%q) = %q, want %q", "Abu\u00a0Sayyaf", got, want)
		}
	})
	t.Run("capital sharp s", func(t *testing.T) {
		if got, want := Fold("GIEẞEN"), Fold("Gießen"); got != want {
			t.Errorf("Fold(%q) = %q, want %q", "GIEẞEN", got, want)
		}
	})
	for in, want := range map[string]string{"Gəncə": "gence", "Xankǝndi": "xankendi", "ɓɗ": "bd", "Ƙofa": "kofa", "ƁƊƳ": "bdy"} {
		t.Run(in, func(t *testing.T) {
			if got := Fold(in); got != want {
				t.Errorf("Fold(%q) = %q, want %q", in, got, want)
			}
		})
	}
	t.Run("angstrom sign", func(t *testing.T) {
		if once := Fold("\u212bland"); Fold(once) != once {
			t.Errorf("Fold(%q) = %q, folded again %q", "\u212bland", once, Fold(once))
		}
	})
}

func TestCutArticle(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		ok             bool
	}{
		{"al is one", "al qaim", "qaim", true},
		{"el is one", "el fasher", "fasher", true},
		{"an assimilated one", "ash sharqat", "sharqat", true},
		{"the article alone is a name", "al", "al", false},
		{"what is left must be a name", "al ab", "al ab", false},
		{"a word that begins so has none", "aleppo", "aleppo", false},
		{"nothing has none", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := CutArticle(tt.in)
			if got != tt.want || ok != tt.ok {
				t.Errorf("CutArticle(%q) = %q, %v; want %q, %v", tt.in, got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestLoose(t *testing.T) {
	sound := func(name string) string { return string(Loose(nil, []byte(Fold(name)))) }
	for _, tt := range []struct{ a, b string }{
		{"Khan Younis", "Khan Yunis"},
		{"Hodeidah", "Hudaydah"},
		{"Deir ez-Zor", "Deir Ezzor"},
		{"Zaporizhzhia", "Zaporizhia"},
		{"Al-Qaim", "Qaim"},
		{"Hasaka", "Hasakeh"},
		{"Muqdadiyah", "Mukdadiya"},
		{"Baquba", "Baqubah"},
		{"Khartoum", "Khartum"},
		{"Ash-Sharqat", "Sharqat"},
		{"Jabaliya", "Jabalia"},
		{"Ghazni", "Gazni"},
	} {
		t.Run(tt.a+" and "+tt.b, func(t *testing.T) {
			if a, b := sound(tt.a), sound(tt.b); a != b {
				t.Errorf("%q sounds %q, %q sounds %q; want the same", tt.a, a, tt.b, b)
			}
		})
	}
	for _, tt := range []struct{ a, b string }{
		{"Mosul", "Basra"},
		{"Kunduz", "Kandahar"},
		{"Herat", "Farah"},
		{"Bamako", "Gao"},
		{"Sirte", "Surkh"},
		{"Shabwa", "Saba"},
	} {
		t.Run(tt.a+" is not "+tt.b, func(t *testing.T) {
			if a, b := sound(tt.a), sound(tt.b); a == b {
				t.Errorf("%q and %q both sound %q; want two sounds", tt.a, tt.b, a)
			}
		})
	}
}

// names draws what a stranger may write for a name.
func names() *rapid.Generator[string] {
	letters := []rune("abstmfSTABCİıßéşłđøæ'’ʻ.-_–/ \t0159עабвΣ中\u0301\u200f\ufffdẂ")
	return rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom(letters)), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
}

func TestFoldProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := names().Draw(t, "name")
		if strings.ContainsFunc(s, func(r rune) bool { l := unicode.ToLower(r); return r >= 0x250 && l >= utf8.RuneSelf && l < 0x250 }) {
			t.Skip("see TestFoldOdd")
		}
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Fatalf("Fold(%q) = %q, folded again %q", s, once, twice)
		}
		if strings.HasPrefix(once, " ") || strings.HasSuffix(once, " ") || strings.Contains(once, "  ") || strings.ContainsAny(once, "ABCDEFGHIJKLMNOPQRSTUVWXYZ'.-_\t\n") {
			t.Fatalf("Fold(%q) = %q; want small letters and digits, words parted by one blank", s, once)
		}
		if got := string(AppendFold([]byte("kept st"), s)); got != "kept st"+once && once != "" {
			t.Fatalf("AppendFold(%q, %q) = %q, want %q", "kept st", s, got, "kept st"+once)
		}
		loose := string(Loose(nil, []byte(once)))
		if !strings.HasPrefix(loose, "~") || strings.Contains(loose, " ") {
			t.Fatalf("Loose(%q) = %q; want a sound, which begins with ~ and has no blank", once, loose)
		}
	})
}
