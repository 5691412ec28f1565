package ingest

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
	"golang.org/x/text/language"
)

// guessLetters is how much text a guess needs. On headlines the guesser is
// wrong as often as right, and sure of itself both times.
const guessLetters = 200

// guessBytes bounds what the guesser reads; more text changes no answer.
const guessBytes = 2048

// Language returns the BCP 47 tag of an article in lower case: what the feed or
// page declares if that is a language, else a guess from the body if it is long
// enough and the guess reliable, else "".
func Language(declared, body string) string {
	if tag := declaredLanguage(declared); tag != "" {
		return tag
	}
	return guessLanguage(body)
}

func declaredLanguage(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if i := strings.IndexAny(s, ",; "); i >= 0 { // "en, fr", "en;q=0.9"
		s = s[:i]
	}
	if i := strings.IndexAny(s, ".@"); i >= 0 { // "en_US.UTF-8"
		s = s[:i]
	}
	if s == "" || len(s) > 35 {
		return ""
	}
	if tag, ok := languageNames[s]; ok {
		return tag
	}
	t, err := language.Parse(strings.ReplaceAll(s, "_", "-"))
	if err != nil {
		base, _, _ := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
		if b, berr := language.ParseBase(base); berr == nil && len(base) < 4 {
			return knownTag(b.String())
		}
		return ""
	}
	return knownTag(strings.ToLower(t.String()))
}

// knownTag drops the tags that say "no language".
func knownTag(tag string) string {
	switch base, _, _ := strings.Cut(tag, "-"); base {
	case "und", "mul", "zxx", "mis", "x", "i":
		return ""
	}
	return tag
}

var languageNames = map[string]string{
	"english": "en", "arabic": "ar", "french": "fr", "german": "de", "spanish": "es", "russian": "ru", "portuguese": "pt",
	"turkish": "tr", "persian": "fa", "farsi": "fa", "urdu": "ur", "hindi": "hi", "hebrew": "he", "ukrainian": "uk",
	"italian": "it", "chinese": "zh", "japanese": "ja", "korean": "ko", "kurdish": "ku", "pashto": "ps", "somali": "so",
	"default": "", "neutral": "", "any": "", "all": "",
}

func guessLanguage(body string) string {
	if len(body) > guessBytes {
		body = strings.ToValidUTF8(body[:guessBytes], "")
	}
	letters := 0
	for _, r := range body {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters < guessLetters {
		return ""
	}
	info := whatlanggo.Detect(body)
	if !info.IsReliable() {
		return ""
	}
	if tag := info.Lang.Iso6391(); tag != "" {
		return tag
	}
	b, err := language.ParseBase(info.Lang.Iso6393())
	if err != nil {
		return ""
	}
	return knownTag(b.String())
}
