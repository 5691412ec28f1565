// Command breakfeeds writes broken variants of whole feeds, to see what a reader
// salvages of them:
//
//	go run ./ingest/breakfeeds -out DIR FEED...
//
// Each FEED is a sound RSS, RDF, Atom or JSON feed in UTF-8. DIR then has a
// folder for each of them with one file a variant, and a manifest.json that says
// what was done and which items any good reader still finds. The same feeds give
// the same bytes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tocsin/ingest/breakfeeds/broken"
)

func main() {
	out := flag.String("out", "", "folder to write to")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: breakfeeds -out DIR FEED...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	for _, file := range flag.Args() {
		n, err := write(*out, file)
		if err != nil {
			fmt.Fprintf(os.Stderr, "breakfeeds: %s: %v\n", file, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d variants\n", file, n)
	}
}

func write(out, file string) (int, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	variants, err := broken.Variants(body)
	if err != nil {
		return 0, err
	}
	base := filepath.Base(file)
	dir := filepath.Join(out, strings.TrimSuffix(base, filepath.Ext(base)))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	type entry struct {
		File string `json:"file"`
		broken.Variant
	}
	var manifest []entry
	for _, v := range variants {
		e := entry{v.Name + filepath.Ext(base), v}
		if err := os.WriteFile(filepath.Join(dir, e.File), v.Body, 0o644); err != nil {
			return 0, err
		}
		manifest = append(manifest, e)
	}
	b, err := json.MarshalIndent(manifest, "", "\t")
	if err != nil {
		return 0, err
	}
	return len(variants), os.WriteFile(filepath.Join(dir, "manifest.json"), append(b, '\n'), 0o644)
}
