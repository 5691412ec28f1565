// Command generate composes stories for package stories: from a world of real towns
// and invented incidents, outlets with house styles, and ways to say things. What
// is right follows from what each article was made to say, by rules that are
// written here a second time and share nothing with package correlate.
//
//	go run ./enrich/correlate/stories/generate      from the root, as go generate ./enrich/correlate/stories does
//
// The same seed gives the same files, whatever the day or the machine.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// seed of the committed stories.
const seed = 20260302

func main() {
	log.SetFlags(0)
	out := flag.String("out", "enrich/correlate/stories/generated", "the directory that the stories are written to")
	from := flag.Uint64("seed", seed, "another seed gives other stories; the committed ones have this")
	flag.Parse()
	if err := run(*out, *from); err != nil {
		log.Fatal("generate: ", err)
	}
}

func run(dir string, from uint64) error {
	files, err := compose(from)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "g*.txtar"))
	if err != nil {
		return fmt.Errorf("find old stories: %w", err)
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%w: run it from the root of the repository, or say -out", err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return fmt.Errorf("write story: %w", err)
		}
	}
	for _, name := range old { // of a plot that is no more
		if files[filepath.Base(name)] == nil {
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("remove old story: %w", err)
			}
		}
	}
	return nil
}
