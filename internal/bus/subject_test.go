package bus_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestToken(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a token stays", "bbc-world_2", "bbc-world_2"},
		{"upper case is lowered", "IQ", "iq"},
		{"nothing is unknown", "", "_"},
		{"only what cannot stay is unknown", " .*> ", "_"},
		{"runs of others become one dash", "a.. b", "a-b"},
		{"no dash at either end", ".a.", "a"},
		{"a wildcard cannot get through", "a.>", "a"},
		{"other letters are replaced", "Ägypten", "gypten"},
		{"a long one is cut", strings.Repeat("x", 60), strings.Repeat("x", 48)},
		{"a cut leaves no dash at the end", strings.Repeat("x", 47) + ".y", strings.Repeat("x", 47)},
		{"bytes that are no text are replaced", "a\xff\x00b", "a-b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := bus.Token(tt.in); got != tt.want {
				t.Errorf("Token(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

var token = regexp.MustCompile(`^[a-z0-9_-]{1,48}$`)

func checkToken(t interface{ Fatalf(string, ...any) }, s string) {
	got := bus.Token(s)
	if !token.MatchString(got) {
		t.Fatalf("Token(%q) = %q, no subject token", s, got)
	}
	if again := bus.Token(got); again != got {
		t.Fatalf("Token(%q) = %q, and of that %q: it must stay", s, got, again)
	}
}

func TestTokenOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkToken(t, rapid.String().Draw(t, "text")) })
}

func FuzzToken(f *testing.F) {
	for _, s := range []string{"", "_", "-", "Al-Anbār", "a.b.>", "\xff", strings.Repeat("ü-", 60)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkToken(t, s) })
}

func TestSubject(t *testing.T) {
	b := bustest.New(t)
	if got, want := b.Subject("report", "iq", "bombing"), "tocsin.v1.report.iq.bombing"; got != want {
		t.Errorf("Subject = %q, want %q", got, want)
	}
	if got, want := b.Pattern("report", "*", ">"), "tocsin.v1.report.*.>"; got != want {
		t.Errorf("Pattern = %q, want %q", got, want)
	}
	for _, bad := range []string{"", "IQ", "a.b", "*", ">", "a b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Subject took %q, which is no token", bad)
				}
			}()
			b.Subject("report", bad)
		}()
	}
}
