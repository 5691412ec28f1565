package family

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// text is one article of the evaluation.
type text struct {
	id     string // file/section
	file   string
	family string // what a careful reader says
	title  string
	body   string
	at     time.Time
}

func (a text) print() Print { return Of("https://"+a.id+".example/story", a.title, a.body) }

var (
	start       = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	placeholder = regexp.MustCompile(`\{(\d+)\}`)
	repeated    = regexp.MustCompile(`(?m)^<< (\d+)$`)
)

// corpus is what testdata holds, and what the newsrooms of variants_test.go
// make of each wire. In testdata/corpus a section is "wire" or "same NAME" (one
// family), "other NAME" (an article of its own) or "group FAMILY [NAME]"; its
// first line is the title, and "<< 7" repeats the wire's seventh paragraph. In
// testdata/templates each line of facts makes a wire.
func corpus(t testing.TB) (all []text) {
	t.Helper()
	wires := 0
	add := func(file, section, family, s string) {
		title, body, _ := strings.Cut(s, "\n")
		at := start.Add(time.Duration(len(all)) * time.Minute)
		all = append(all, text{file + "/" + section, file, file + "/" + family, title, strings.TrimSpace(body), at})
	}
	variants := func(file, section, family, s string) {
		add(file, section, family, s)
		title, body, _ := strings.Cut(s, "\n")
		for i := range 3 {
			n := wires + []int{0, 3, 5}[i]
			r := recipes[n%len(recipes)]
			v := r.make(wires, title, strings.TrimSpace(body))
			if v == title+"\n"+strings.TrimSpace(body) { // nothing to spell in another way
				r = recipes[(n+1)%len(recipes)]
				v = r.make(wires, title, strings.TrimSpace(body))
			}
			add(file, section+"+"+r.name, family, v)
		}
		wires++
	}
	for _, file := range glob(t, "corpus") {
		ar := parse(t, file)
		base := strings.TrimSuffix(filepath.Base(file), ".txtar")
		var paragraphs []string
		for _, f := range ar.Files {
			s := string(f.Data)
			kind, rest, _ := strings.Cut(f.Name, " ")
			switch kind {
			case "wire":
				paragraphs = strings.Split(strings.TrimSpace(s), "\n\n")[1:]
				variants(base, "wire", "wire", s)
			case "same":
				add(base, f.Name, "wire", s)
			case "other":
				s = repeated.ReplaceAllStringFunc(s, func(m string) string {
					n, _ := strconv.Atoi(m[3:])
					return paragraphs[n-1]
				})
				add(base, f.Name, f.Name, s)
			case "group":
				family, _, _ := strings.Cut(rest, " ")
				add(base, f.Name, family, s)
			default:
				t.Fatalf("%s: section %q is of no kind", file, f.Name)
			}
		}
	}
	for _, file := range glob(t, "templates") {
		ar := parse(t, file)
		base := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for i, line := range strings.Split(strings.TrimSpace(string(ar.Files[1].Data)), "\n") {
			facts := strings.Split(line, "|")
			s := placeholder.ReplaceAllStringFunc(string(ar.Files[0].Data), func(m string) string {
				n, _ := strconv.Atoi(m[1 : len(m)-1])
				return facts[n]
			})
			name := fmt.Sprint("wire ", i+1)
			variants(base, name, name, s)
		}
	}
	return all
}

func glob(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/%s has no files: %v", dir, err)
	}
	return files
}

func parse(t testing.TB, file string) *txtar.Archive {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return ar
}
