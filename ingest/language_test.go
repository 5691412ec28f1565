package ingest

import (
	"strings"
	"testing"
)

func TestLanguage(t *testing.T) {
	english := "Officials said that at least four people were killed and nine others wounded when a bomb exploded near the market in the eastern " +
		"part of the city on Monday. The group that claimed the attack has been fighting the government for more than twenty years, and its " +
		"leaders have rejected every offer of talks that was made to them."
	french := strings.Repeat("Le gouverneur a déclaré lundi que la route du port avait été fermée après l'attaque. ", 4)
	arabic := strings.Repeat("قال المحافظ يوم الاثنين إن الطريق إلى الميناء أغلق بعد الهجوم الذي وقع في المدينة. ", 4)
	for _, tt := range []struct{ name, declared, body, want string }{
		{"declared", "en", french, "en"},
		{"with a region", "en-US", "", "en-us"},
		{"odd case", "en-Us", "", "en-us"},
		{"underscore", "pt_BR", "", "pt-br"},
		{"a locale", "en_US.UTF-8", "", "en-us"},
		{"several", "fr, en", "", "fr"},
		{"a script", "zh-Hant-TW", "", "zh-hant-tw"},
		{"a name", "English", "", "en"},
		{"an old code", "iw", "", "he"},
		{"an unknown region leaves the language", "en-xyzzy123", "", "en"},
		{"undetermined counts as nothing", "und", "", ""},
		{"nonsense counts as nothing", "klingonese", "", ""},
		{"nothing declared", "", english, "en"},
		{"nonsense declared", "default", french, "fr"},
		{"Arabic", "", arabic, "ar"},
		{"a headline is not enough", "", "Trois morts dans une explosion", ""},
		{"nothing at all", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Language(tt.declared, tt.body); got != tt.want {
				t.Errorf("Language(%q, %.30q) = %q, want %q", tt.declared, tt.body, got, tt.want)
			}
		})
	}
}
