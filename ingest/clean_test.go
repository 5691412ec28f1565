package ingest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
	"time"
)

func TestPlainText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"text stays", "Three people died.", "Three people died."},
		{"wrapped text is one paragraph", "Three people\n  died.", "Three people died."},
		{"a blank line parts paragraphs", "One.\n \n\nTwo.\r\n\r\nThree.", "One.\n\nTwo.\n\nThree."},
		{"paragraphs", "<p>One.</p>\n<p>Two.</p>", "One.\n\nTwo."},
		{"unclosed paragraphs", "<p>One.<p>Two.", "One.\n\nTwo."},
		{"breaks", "One<br>two<br/><br />three", "One\ntwo\n\nthree"},
		{"list items on their own lines", "Killed:<ul><li>two soldiers<li>a driver</ul>All at once.", "Killed:\n\ntwo soldiers\na driver\n\nAll at once."},
		{"inline elements part nothing", "un<b>believ</b>able<sup>1</sup>", "unbelievable1"},
		{"cells are parted", "<table><tr><td>dead</td><td>30</td></tr></table>", "dead 30"},
		{"entities", "Tom &amp; Jerry&nbsp;&lt;3 &#8220;x&#8221; &eacute;", "Tom & Jerry <3 “x” é"},
		{"windows references", "it&#146;s", "it’s"},
		{"escaped twice", "Tom &amp;amp; Jerry&amp;#8217;s", "Tom & Jerry’s"},
		{"tags escaped twice", "&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One.\n\nTwo."},
		{"scripts and styles", "a<script>if (1<2) {}</script><style>p{}</style>b", "a\nb"},
		{"an unclosed script", "<p>a</p><script>x", "a"},
		{"captions", "<figure><img alt='x'><figcaption>Cap</figcaption></figure><p>Text</p>", "Text"},
		{"an unclosed caption does not eat the story", "<figcaption>Cap<p>Story</p>", "Cap\n\nStory"},
		{"captions by class", `<p class="x wp-caption-text">Cap</p><p>Text</p>`, "Text"},
		{"comments", "a<!-- b -->c", "ac"},
		{"less than", "if 3 < 4 and <5", "if 3 < 4 and <5"},
		{"invisible characters", "so\u00adft z\u200bw \u202eevil\u202c\ufeff", "soft zw evil"},
		{"a joiner in Latin text", "with \u200ca", "with a"},
		{"a joiner where it belongs", "می\u200cخواهم", "می\u200cخواهم"},
		{"control characters", "a\x00b\x1bc\x7fd\x93e", "abcd\ufffde"},
		{"C1 controls are windows-1252", "it\u0092s \u0085", "it’s …"},
		{"no-break spaces", "10\u00a0000\u202fm", "10 000 m"},
		{"line separator", "a\u2028b\u2029c", "a b\n\nc"},
		{"furniture at the end", "<p>Text.</p><p>Continue reading…</p>", "Text."},
		{"furniture in the last line", "The talks... <a>Read more</a>", "The talks…"},
		{"the post appeared", "<p>Text.</p><p>The post A story appeared first on The Site.</p>", "Text."},
		{"cut mark", "The talks [&hellip;]", "The talks…"},
		{"furniture alone stays", "<p>Continue reading</p>", "Continue reading"},
		{"reading on in prose stays", "<p>One.</p><p>He told them to read more books.</p>", "One.\n\nHe told them to read more books."},
		{"image credit", "<p>Text.</p>(Image credit: F. Stop)", "Text."},
		{"nothing", "", ""},
		{"only markup", "<p> </p><br>", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := PlainText(tt.in); got != tt.want {
				t.Errorf("PlainText(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// Markup that makes a tree builder or a backtracking pattern slow.
func TestPlainTextHostile(t *testing.T) {
	const size = 64 << 10
	for _, unit := range []string{"<div>", "<a href='", "<!--", "&amp;", "<script>", "&lt;p&gt;", "<figcaption>", "Read more ", "[…] ", "<p class=caption>", "\u200c"} {
		in := strings.Repeat(unit, size/len(unit))
		start := time.Now()
		out := PlainText(in)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q repeated took %v", unit, d)
		}
		checkText(t, out)
		if len(out) > 3*len(in) {
			t.Errorf("%q repeated grew from %d to %d bytes", unit, len(in), len(out))
		}
	}
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "&amp;lt;p&amp;gt;", "a<br>b", "<figcaption>x", "\x92\xff", "x [&hellip;]", "<p>x</p>Read more »"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := PlainText(s)
		checkText(t, got)
		if got != strings.TrimSpace(got) || strings.Contains(got, "\n\n\n") || strings.Contains(got, "  ") || strings.Contains(got, " \n") || strings.Contains(got, "\n ") {
			t.Errorf("PlainText(%q) = %q: loose space", s, got)
		}
		if PlainText(s) != got {
			t.Errorf("PlainText(%q) differs between calls", s)
		}
		if title := titleText(s); strings.Contains(title, "\n") {
			t.Errorf("title %q", title)
		}
	})
}

func BenchmarkPlainText(b *testing.B) {
	s := strings.Repeat("<p>At least <b>four</b> people were killed on Monday &amp; nine hurt.</p>", 40)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		PlainText(s)
	}
}

// TestCleanNeedsNoScrub: the short cut is one.
func TestCleanNeedsNoScrub(t *testing.T) {
	odd := []rune{'a', ' ', '\n', '\r', '\t', 0, 0x1f, 0x7f, 0x85, 0x9f, 0xa0, 0xad, 0x61c, 0x64a, 0x200a, 0x200b, 0x200c, 0x200d, 0x200f, 0x2010, 0x2027, 0x2028, 0x2029, 0x202e, 0x202f,
		0x2060, 0x2069, 0x206a, 0xfeff, 0xfff8, 0xfff9, 0xfffb, 0xfffd, 0xfffe, 0xffff, 0x1f1e6, 0xe0001, 0xe007f}
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.SampledFrom(odd)).Draw(t, "s")) + rapid.SampledFrom([]string{"", "\xff", "\xc3"}).Draw(t, "torn")
		if isClean(s) && scrub(s) != s {
			t.Errorf("%q is called clean and scrubbed to %q", s, scrub(s))
		}
	})
}
