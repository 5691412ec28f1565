package main

import (
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints what makes a shell ask completeCmd: the commands and flags
// that it completes are those of the program that is asked, whatever its version.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help implements kong's HelpProvider.
func (completionCmd) Help() string {
	return `Examples:
  source <(tocsin completion bash)
  tocsin completion zsh > ~/.zfunc/_tocsin
  tocsin completion fish > ~/.config/fish/completions/tocsin.fish

The packages install it for all users.`
}

// Run implements the command.
func (c completionCmd) Run(std streams) error {
	_, err := io.WriteString(std.out, completionScripts[c.Shell])
	return err
}

var completionScripts = map[string]string{
	"bash": `# bash completion of tocsin
_tocsin() {
  local word help
  COMPREPLY=()
  while IFS=$'\t' read -r word help; do
    if [ "$word" = :files ]; then
      compopt -o filenames
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
    else
      COMPREPLY+=("$word")
    fi
  done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tocsin tocsin
`,
	"zsh": `#compdef tocsin
_tocsin() {
  local word help files
  local -a found
  while IFS=$'\t' read -r word help; do
    if [[ $word == :files ]]; then
      files=1
    else
      found+=("${word//:/\\:}:$help")
    fi
  done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe -t commands tocsin found
  if [[ -n $files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    _files
  fi
}
if [[ $funcstack[1] == _tocsin ]]; then
  _tocsin "$@"
else
  compdef _tocsin tocsin
fi
`,
	"fish": `# fish completion of tocsin
function __tocsin_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (string replace -r '^--[^=]*=' '' -- (commandline -ct))
        else
            echo $line
        end
    end
end
complete -c tocsin -f -a '(__tocsin_complete)'
`,
}

// completeCmd answers what the scripts ask: what may stand in place of the last of
// these words? One line each, with a tab and its help; ":files" where it is a file.
type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"Words of the command line, the last one as far as it is typed."`
}

// Run implements the command.
func (c completeCmd) Run(k *kong.Context, std streams) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		words = []string{""}
	}
	var b strings.Builder
	for _, w := range complete(k.Model.Node, words) {
		b.WriteString(w + "\n")
	}
	_, err := io.WriteString(std.out, b.String())
	return err
}

// completion is a command line that has been read as far as the last word.
type completion struct {
	node   *kong.Node
	args   int        // positional arguments seen
	value  *kong.Flag // flag that the next word is the value of
	noMore bool       // flags: "--" was seen
}

func complete(root *kong.Node, words []string) (list []string) {
	c := completion{node: root}
	for _, w := range words[:len(words)-1] {
		c.read(w)
	}
	last := words[len(words)-1]
	name, value, assigned := strings.Cut(last, "=")
	offer := func(prefix, word, help string) {
		if strings.HasPrefix(word, prefix) {
			list = append(list, strings.TrimSuffix(word+"\t"+help, "\t"))
		}
	}
	// values of a flag or an argument, each behind what the shell has before it
	values := func(v *kong.Value, before, prefix string, file bool) {
		if v.Enum != "" {
			for _, word := range v.EnumSlice() {
				offer(before+prefix, before+word, "")
			}
		} else if file {
			list = append(list, ":files")
		}
	}
	switch {
	case c.value != nil:
		values(c.value.Value, "", strings.TrimPrefix(last, "="), isFile(c.value))
	case !c.noMore && assigned && strings.HasPrefix(name, "--"):
		if f := c.flag(name); f != nil {
			values(f.Value, name+"=", value, isFile(f))
		}
	case !c.noMore && strings.HasPrefix(last, "-"):
		for _, f := range flagsOf(c.node) {
			offer(last, "--"+f.Name, f.Help)
		}
	default:
		if c.args == 0 {
			for _, child := range c.node.Children {
				if !child.Hidden {
					offer(last, child.Name, child.Help)
				}
			}
		}
		if v := c.argument(); v != nil {
			values(v, "", last, strings.Contains(strings.ToLower(v.Help), "file"))
		}
	}
	return list
}

// read takes a word that stands before the last.
func (c *completion) read(w string) {
	switch {
	case c.value != nil:
		if w != "=" { // bash makes it a word of its own
			c.value = nil
		}
	case c.noMore:
		c.args++
	case w == "--":
		c.noMore = true
	case strings.HasPrefix(w, "--"):
		name, _, assigned := strings.Cut(w, "=")
		if f := c.flag(name); f != nil && !f.IsBool() && !assigned {
			c.value = f
		}
	case strings.HasPrefix(w, "-") && len(w) == 2:
		if f := c.flag(w); f != nil && !f.IsBool() {
			c.value = f
		}
	case strings.HasPrefix(w, "-") && w != "-":
	default:
		i := slices.IndexFunc(c.node.Children, func(n *kong.Node) bool { return n.Name == w || slices.Contains(n.Aliases, w) })
		if c.args == 0 && i >= 0 {
			c.node = c.node.Children[i]
		} else {
			c.args++
		}
	}
}

// flag is one of the command's or of those above it, by "--name" or "-n".
func (c *completion) flag(name string) *kong.Flag {
	for _, f := range flagsOf(c.node) {
		if name == "--"+f.Name || (f.Short != 0 && name == "-"+string(f.Short)) {
			return f
		}
	}
	return nil
}

// flagsOf are those that a command takes: its own first, then those of the command
// that is meant where none of several is named, then those of commands above.
func flagsOf(n *kong.Node) (list []*kong.Flag) {
	for at := n; at != nil; at = at.Parent {
		flags := at.Flags
		if at == n && at.DefaultCmd != nil {
			flags = slices.Concat(flags, at.DefaultCmd.Flags)
		}
		for _, f := range flags {
			if !f.Hidden {
				list = append(list, f)
			}
		}
	}
	return list
}

// argument is the one that comes next, nil where none does. The last may be several.
func (c *completion) argument() *kong.Value {
	list := c.node.Positional
	if c.args < len(list) {
		return list[c.args]
	}
	if n := len(list); n > 0 && list[n-1].IsCumulative() {
		return list[n-1]
	}
	return nil
}

// isFile goes by what the help shows for the value.
func isFile(f *kong.Flag) bool { return f.PlaceHolder == "FILE" || f.PlaceHolder == "DIR" }
