package enrich

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

func TestRender(t *testing.T) {
	const file = "testdata/render/market.txtar"
	src, err := txtar.ParseFile("testdata/articles/market.txtar")
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]string{}
	for _, f := range src.Files {
		part[f.Name] = strings.TrimSpace(string(f.Data))
	}
	a := article("market", part["title"], part["body"], part["published"])
	reps := NewTagger().Tag(a)
	var b bytes.Buffer
	if err := Render(&b, a, reps, false); err != nil {
		t.Fatal(err)
	}
	ar := &txtar.Archive{Comment: []byte("What `tocsin tag` shows of the market article.\n"), Files: []txtar.File{{Name: "want", Data: b.Bytes()}}}
	if *update {
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want.Files[0].Data), b.String()); d != "" {
		t.Errorf("%s(-want +got)\n%s", want.Comment, d)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if n := len([]rune(line)); n > width+40 {
			t.Errorf("line %d has %d columns: %s", i+1, n, line)
		}
	}
}

func TestRenderColourMarksWithoutQuotes(t *testing.T) {
	a := article("x", "", "A bomb killed seven people in Basra.", "")
	var b bytes.Buffer
	if err := Render(&b, a, NewTagger().Tag(a), true); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "«") || !strings.Contains(s, red) || !strings.Contains(s, "[1]") {
		t.Errorf("got %q", s)
	}
}

func TestRenderKeepsControlBytesFromTheTerminal(t *testing.T) {
	a := article("x", "A \x1b[2Jbomb", "A bomb killed \x1b]0;x\x07seven people\x00 in Basra.", "")
	var b bytes.Buffer
	if err := Render(&b, a, NewTagger().Tag(a), false); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07\x00") {
		t.Errorf("got %q", b.String())
	}
}

func TestAsidesSayWhyTheyCountNobody(t *testing.T) {
	a := article("x", "", "A bomb killed two people 70 kilometers (45 miles) from Mosul. So far this year, 50 rocket and drone attacks have hit the region.", "2021-07-24")
	var got []string
	for _, x := range NewTagger().Asides(a) {
		got = append(got, x.Text+": "+x.Why)
	}
	want := []string{"70 kilometers: distance", "45 miles: distance", "50 rocket and drone attacks: incidents, not people"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
