package broken

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	declaration = regexp.MustCompile(`^\s*<\?xml[^>]*\?>\s*`)
	xmlns       = regexp.MustCompile(`\sxmlns(:\w+)?\s*=\s*("[^"]*"|'[^']*')`)
	quotedAttr  = regexp.MustCompile(`(\s[\w:]+)=["']([^"'\s<>&=]+)["']`)
	elementName = regexp.MustCompile(`(</?)([A-Za-z][\w:.-]*)`)
	guidElement = regexp.MustCompile(`(?s)<(guid|id)\b.*?</(guid|id)>`)
	linkElement = regexp.MustCompile(`(?s)<link\b[^>]*/>|<link\b[^>]*>.*?</link>`)
	dateElement = regexp.MustCompile(`(?s)<(pubDate|dc:date|published|updated)>.*?</(pubDate|dc:date|published|updated)>`)
	rootEnd     = regexp.MustCompile(`</(rss|feed|rdf:RDF)>\s*$`)
	rootStart   = regexp.MustCompile(`<(rss|feed|rdf:RDF)\b[^>]*>`)
)

func (m *maker) itemName() string {
	if m.kind == "atom" {
		return "entry"
	}
	return "item"
}

// body is the name of the element with an item's text.
func (m *maker) body() string {
	if m.kind == "atom" {
		return "summary"
	}
	return "description"
}

func (m *maker) rootName() string {
	return map[string]string{"rss": "rss", "rdf": "rdf:RDF", "atom": "feed"}[m.kind]
}

// declared is the text with another XML declaration.
func (m *maker) declared(decl string) string {
	return decl + declaration.ReplaceAllString(m.text(), "")
}

func (m *maker) xml() {
	text, v := m.text(), m.victim()
	name := m.itemName()
	end := "</" + name + ">"
	put := func(s string) func(string) string {
		return func(it string) string { return strings.TrimSuffix(it, end) + s + end }
	}
	retitle := func(s string) func(string) string {
		return func(it string) string {
			loc := xmlTitle.FindStringSubmatchIndex(it)
			if loc == nil {
				return it
			}
			return it[:loc[3]] + s + it[loc[7]:]
		}
	}

	// Ends.
	m.cutIn("cut-in-start-tag", "<ti")
	m.cutIn("cut-in-end-tag", "</descr")
	m.cutIn("cut-in-attribute", `<enclosure url="https://a.exam`)
	m.cutIn("cut-in-cdata", "<x><![CDATA[some words")
	m.cutIn("cut-in-cdata-mark", "<x><![CDA")
	m.cutIn("cut-in-comment", "<!-- some words")
	m.cutIn("cut-in-instruction", "<?php ")
	m.add("end-of-root-lost", rootEnd.ReplaceAllString(text, ""))
	m.add("end-of-channel-lost", strings.Replace(text, "</channel>", "", 1))
	m.add("ends-lost", rootEnd.ReplaceAllString(strings.Replace(text, "</channel>", "", 1), ""))
	m.add("end-of-root-cut", rootEnd.ReplaceAllString(text, "</"))

	// Declarations.
	m.add("declaration-missing", m.declared(""))
	for _, d := range []struct{ name, decl string }{
		{"xml-1.1", `<?xml version="1.1" encoding="UTF-8"?>`},
		{"xml-2.0", `<?xml version="2.0"?>`},
		{"single-quotes", `<?xml version='1.0' encoding='utf-8' standalone='yes' ?>`},
		{"no-quotes", `<?xml version=1.0 encoding=utf-8?>`},
		{"utf8", `<?xml version="1.0" encoding="utf8"?>`},
		{"empty", `<?xml version="1.0" encoding=""?>`},
		{"latin1", `<?xml version="1.0" encoding="ISO-8859-1"?>`},
		{"ascii", `<?xml version="1.0" encoding="US-ASCII"?>`},
		{"utf16", `<?xml version="1.0" encoding="UTF-16"?>`},
		{"utf32", `<?xml version="1.0" encoding="UTF-32"?>`},
		{"nonsense", `<?xml version="1.0" encoding="x-none-such"?>`},
		{"shift-jis", `<?xml version="1.0" encoding="Shift_JIS"?>`},
		{"twice", `<?xml version="1.0"?><?xml version="1.0" encoding="UTF-8"?>`},
		{"behind-blank-line", "\n<?xml version=\"1.0\"?>"},
		{"behind-comment", `<!-- cached --><?xml version="1.0"?>`},
		{"unclosed", `<?xml version="1.0">`},
		{"php", `<?php header("x"); ?><?xml version="1.0"?>`},
		{"style-sheet", `<?xml version="1.0"?><?xml-stylesheet href="a.xsl" type="text/xsl"?>`},
		{"doctype", `<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss-0.91.dtd">`},
		{"doctype-html", `<!DOCTYPE html>`},
		{"entities", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY nbsp "&#160;"><!ENTITY outlet "The Desk">]>`},
		{"external-entity", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd"><!ENTITY % ext SYSTEM "http://127.0.0.1:9/x"> %ext;]>`},
		{"billion-laughs", laughs()},
		{"doctype-unclosed", `<?xml version="1.0"?><!DOCTYPE rss [`},
	} {
		m.add("declares-"+d.name, m.declared(d.decl))
	}
	m.addVictim("entity-external-in-title", Hurt, func(it string) string { return m.inTitle(it, "&xxe;") })
	m.out[len(m.out)-1].Body = []byte(`<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>` + declaration.ReplaceAllString(string(m.out[len(m.out)-1].Body), ""))
	m.addVictim("entity-laughs-in-title", Hurt, func(it string) string { return m.inTitle(it, "&l9;") })
	m.out[len(m.out)-1].Body = []byte(laughs() + declaration.ReplaceAllString(string(m.out[len(m.out)-1].Body), ""))
	for _, e := range []struct{ name, label string }{{"windows-1252", "windows-1252"}, {"1252-as-utf8", "UTF-8"}, {"1252-as-latin1", "ISO-8859-1"}, {"1252-as-ascii", "us-ascii"}} {
		b, _ := encode(m.declared(`<?xml version="1.0" encoding="`+e.label+`"?>`), windows1252)
		m.addBytes("declared-"+e.name, "", b, m.all(Whole))
	}
	mixed := append([]string(nil), m.items...)
	b, _ := encode(mixed[v], windows1252)
	mixed[v] = string(b)
	m.addBytes("one-item-in-1252", "", []byte(m.with(mixed)), m.all(Whole))

	// Junk before, between and around.
	m.add("junk-before-comment", "<!-- <rss><channel><item><title>no item</title></item> -->"+m.declared(""))
	m.add("junk-before-script", `<script type="text/javascript">var a = "<p>";</script>`+text)
	m.add("junk-before-tag", "<br><hr>"+text)
	m.add("junk-before-mark-up", "</div>?>"+text)
	m.add("wrapped-in-page", "<html><head><title>Feed</title></head><body>"+m.declared("")+"</body></html>")
	for _, j := range []struct{ name, junk string }{
		{"words", " and more words "},
		{"warning", "<br />\n<b>Warning</b>:  Undefined index in <b>/srv/x.php</b> on line <b>4</b><br />\n"},
		{"break", "<br>"},
		{"commented-item", "<!-- <" + name + "><title>no item</title>" + end + " -->"},
		{"end-tags", end + "</div></p>"},
		{"ampersand", " & < > & "},
		{"cdata", "<![CDATA[ words ]]>"},
		{"empty-item", "<" + name + "/>"},
		{"instruction", "<?php echo 1; ?>"},
		{"open-tag", "<div class='x'>"},
	} {
		seps := m.seps
		m.seps = append([]string(nil), seps...)
		for i := range m.seps {
			m.seps[i] += j.junk
		}
		m.add("junk-between-"+j.name, m.text())
		m.seps = seps
	}

	m.addItems("warning-inside", put("<br />\n<b>Warning</b>:  Undefined index: x in <b>/srv/x.php</b> on line <b>4</b><br />\n"))
	m.addItems("warning-at-the-start", func(it string) string {
		return strings.Replace(it, ">", "><br />\n<b>Notice</b>:  no $x in <b>/srv/x.php</b> on line <b>4</b><br />\n", 1)
	})
	m.add("head-section-open", m.head+"<![CDATA[words "+strings.TrimPrefix(text, m.head))
	m.add("head-tag-open", m.head+"<b class='x "+strings.TrimPrefix(text, m.head))
	m.add("head-comment-open", m.head+"<!-- words "+strings.TrimPrefix(text, m.head)+"<!-- cached -->")
	m.add("head-doctype-open", m.head+"<!DOCTYPE "+strings.TrimPrefix(text, m.head))
	m.add("root-tag-torn", rootStart.ReplaceAllStringFunc(text, func(s string) string { return s[:len(s)/2] + "<br/>" + s[len(s)/2:] }))
	m.add("root-tag-unclosed", rootStart.ReplaceAllStringFunc(text, func(s string) string { return strings.TrimSuffix(s, ">") }))
	m.add("root-quote-lost", strings.Replace(text, `" xmlns`, ` xmlns`, 1))
	m.add("root-name-damaged", strings.Replace(rootEnd.ReplaceAllString(text, ""), "<"+m.rootName(), "<"+m.rootName()+"\xbb", 1))

	// Elements.
	m.addVictim("nested-400", Lost, put(strings.Repeat("<x>", 400)+strings.Repeat("</x>", 400)))
	m.addVictim("nested-5000-open", Lost, put(strings.Repeat("<x>", 5000)))
	m.addVictim("nested-200", Whole, put(strings.Repeat("<x>", 200)+strings.Repeat("</x>", 200)))
	m.addVictim("attributes-20000", Whole, put("<x"+attributes(20000)+"/>"))
	for _, el := range []string{"title", "link", "guid", "pubDate", "id", m.body()} {
		m.addVictim("unclosed-"+el, Hurt, func(it string) string { return strings.Replace(it, "</"+el+">", "", 1) })
	}
	m.addVictim("unclosed-other", Whole, put("<x:y>some words"))
	m.addVictim("unclosed-item", Hurt, func(it string) string { return strings.TrimSuffix(it, end) })
	m.addItems("unclosed-items", func(it string) string { return strings.TrimSuffix(it, end) })
	m.addVictim("end-tag-cut", Hurt, func(it string) string { return strings.Replace(it, "</title>", "</title", 1) })
	m.addVictim("end-tag-misspelt", Hurt, func(it string) string { return strings.Replace(it, "</title>", "</titel>", 1) })
	m.addVictim("end-tag-of-another", Hurt, func(it string) string { return strings.Replace(it, "</title>", "</link>", 1) })
	m.addItems("end-tags-with-space", func(it string) string { return strings.ReplaceAll(it, "</title>", "</title\n >") })
	m.addItems("end-tags-doubled", func(it string) string { return strings.ReplaceAll(it, "</title>", "</title></title>") })
	m.addItems("misnested", put("<x><b>some <i>words</b></i></x>"))
	m.addItems("html-in-text", put("<x><p>One<br>two<hr><img src=a.png><p>three & <a href=b>four</x>"))
	m.addItems("html-unclosed", put("<x><p><div><span>"))
	m.addItems("unquoted-attributes", func(it string) string { return quotedAttr.ReplaceAllString(it, "$1=$2") })
	m.addItems("attributes-without-value", put("<x nowrap checked y/>"))
	m.addItems("attributes-twice", put(`<x a="1" a="2" A="3"/>`))
	m.addItems("attribute-with-angle", put(`<x a="1 < 2"/><y b="2 > 1"/>`))
	m.addItems("attribute-with-ampersand", put(`<x a="?b=1&c=2&"/>`))
	m.addItems("attribute-unclosed", put(`<x a="1/>`))
	m.addItems("prefix-undeclared", put("<zz:x>words</zz:x><yy:z/>"))
	m.addItems("prefix-broken", put("<:x>words</:x><a:b:c>words</a:b:c><x:/>"))
	m.addItems("name-with-digit", put("<1x>words</1x><2/>"))
	m.addItems("ampersands-in-text", put("<x>a & b && c&d &; &#; &#x; &#99999999; &unknown; &amp</x>"))
	m.addItems("angles-in-text", put("<x>3 < 4 and <5 << 6 <- 7 -> 8 <></x>"))
	m.addItems("references-undeclared", put("<x>&nbsp;&eacute;&mdash;&rsquo;&copy;&hellip;</x>"))
	m.addItems("references-to-controls", put("<x>&#0;&#1;&#x1f;&#xFFFF;&#55296;&#xDFFF;&#1114112;</x>"))
	m.addItems("comment-with-dashes", put("<!-- a -- b --- c -->"))
	m.addItems("instruction-inside", put("<?xml version='1.0'?><?php x ?>"))
	m.addItems("cdata-between", put("<![CDATA[ words ]]>"))
	m.addItems("cdata-end-twice", put("<x><![CDATA[words]]>]]></x>"))
	m.addItems("cdata-end-alone", put("<x>words ]]> words</x>"))
	m.addItems("cdata-nested", put("<x><![CDATA[one <![CDATA[two]]> three]]></x>"))
	m.addItems("cdata-lower-case", put("<x><![cdata[words & <b>words]]></x>"))
	m.addItems("cdata-escaped", put("<x>&lt;![CDATA[words]]&gt;</x>"))
	m.addItems("cdata-with-item", put("<x><![CDATA[write <"+name+"><title>no item</title>"+end+" for each]]></x>"))
	m.addVictim("cdata-unclosed", Whole, put("<x><![CDATA[words</x>"))
	m.addVictim("cdata-unclosed-title", Hurt, retitle("<![CDATA[Words of our own</title>"))
	m.addVictim("cdata-cut-end", Hurt, retitle("<![CDATA[Words of our own]></title>"))
	for _, t := range []struct{ name, title string }{
		{"ampersand", "Tea & biscuits &c. R&D"}, {"angle", "Fewer than <10 and x<y"}, {"reference", "Caf&eacute; &mdash; na&iuml;ve&nbsp;man"},
		{"tags", "A <b>bold</b> <i>step</i><br>now"}, {"open-tag", "A <b>bold step"}, {"empty", ""}, {"quotes", `"One" 'two' ”three`}, {"cdata-and-text", "One <![CDATA[two & three]]> four"},
	} {
		m.addVictim("title-with-"+t.name, Hurt, retitle(t.title+"</title>"))
	}
	m.addVictim("title-of-2-mb", Hurt, retitle(strings.Repeat("word ", 400_000)+"</title>"))
	m.addVictim("title-twice", Hurt, func(it string) string {
		return strings.Replace(it, "<title", "<title>Words of our own</title><title", 1)
	})

	// Names.
	upper := func(s string) string { return elementName.ReplaceAllStringFunc(outsideCDATA(s, nil), strings.ToUpper) }
	up := func(s string) string { return outsideCDATA(s, upper) }
	if m.kind == "rss" {
		m.addBytes("names-upper", "", []byte(up(text)), m.all(Whole))
		m.addItems("names-of-items-title", func(it string) string {
			return strings.NewReplacer("<item", "<Item", "</item>", "</Item>", "<title", "<Title", "</title>", "</Title>", "pubDate>", "PubDate>").Replace(it)
		})
		m.addItems("names-lower", func(it string) string { return strings.ReplaceAll(it, "pubDate>", "pubdate>") })
		m.addItems("items-prefixed", func(it string) string {
			return strings.NewReplacer("<item", "<rss:item", "</item>", "</rss:item>").Replace(it)
		})
		m.add("root-prefixed", strings.NewReplacer("<rss ", `<r:rss xmlns:r="http://backend.userland.com/rss2" `, "</rss>", "</r:rss>").Replace(text))
		m.add("channel-missing", strings.NewReplacer("<channel>", "", "</channel>", "").Replace(text))
		m.add("items-behind-channel", strings.Replace(m.head, "<channel>", "<channel></channel>", 1)+strings.TrimPrefix(strings.Replace(text, "</channel>", "", 1), m.head))
		m.add("channel-ends-early", m.head+m.items[0]+"</channel>"+strings.Replace(text[len(m.head)+len(m.items[0]):], "</channel>", "", 1))
		m.add("channel-twice", m.head+m.items[0]+"</channel><channel><title>Second</title>"+text[len(m.head)+len(m.items[0]):])
		m.add("channel-in-channel", strings.Replace(strings.Replace(text, "<channel>", "<channel><channel>", 1), "</channel>", "</channel></channel>", 1))
		m.add("channel-in-section", strings.Replace(m.head, "<channel>", "<channel><![CDATA[", 1)+strings.TrimSuffix(strings.Join(m.items, "\n"), "]]>")+"]]>"+m.tail)
		m.addItems("entries-in-rss", func(it string) string {
			return strings.NewReplacer("<item", "<entry", "</item>", "</entry>").Replace(it)
		})
		m.add("items-in-list", m.head+"<items>"+strings.Join(m.items, "")+"</items>"+m.tail)
		m.add("root-missing", rootEnd.ReplaceAllString(rootStart.ReplaceAllString(text, ""), ""))
		m.add("namespace-wrong", strings.Replace(text, "<rss ", `<rss xmlns="http://a.example/none" `, 1))
		m.add("namespace-of-atom", strings.Replace(text, "<rss ", `<rss xmlns="http://www.w3.org/2005/Atom" `, 1))
		m.add("namespace-on-channel", strings.Replace(text, "<channel>", `<channel xmlns="http://a.example/none">`, 1))
		m.addItems("namespace-on-items", func(it string) string { return strings.Replace(it, "<item", `<item xmlns="http://a.example/none"`, 1) })
		m.add("version-missing", strings.Replace(text, ` version="2.0"`, "", 1))
	} else if m.kind == "atom" {
		m.add("namespace-0.3", strings.Replace(text, "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", 1))
		m.add("namespace-https", strings.Replace(text, "http://www.w3.org/2005/Atom", "https://www.w3.org/2005/Atom", 1))
		m.add("namespace-wrong", strings.Replace(text, "http://www.w3.org/2005/Atom", "http://a.example/none", 1))
		m.addItems("items-in-atom", func(it string) string {
			return strings.NewReplacer("<entry", "<item", "</entry>", "</item>").Replace(it)
		})
		m.add("names-of-items-title", strings.NewReplacer("<entry", "<Entry", "</entry>", "</Entry>").Replace(text))
	}
	m.add("namespaces-missing", rootStart.ReplaceAllStringFunc(text, func(s string) string { return xmlns.ReplaceAllString(s, "") }))
	m.add("namespaces-empty", rootStart.ReplaceAllStringFunc(text, func(s string) string { return xmlns.ReplaceAllString(s, ` xmlns$1=""`) }))
	twice := declaration.ReplaceAllString(text, "")
	m.add("two-roots", text+twice)
	m.add("two-roots-one-open", rootEnd.ReplaceAllString(text, "")+twice)
	m.addItems("items-twice", func(it string) string { return it + it })

	// What items lack.
	m.addItems("no-ids", func(it string) string { return guidElement.ReplaceAllString(it, "") })
	m.addItems("no-links", func(it string) string { return linkElement.ReplaceAllString(it, "") })
	m.addItems("no-dates", func(it string) string { return dateElement.ReplaceAllString(it, "") })
	m.addItems("no-ids-links-dates", func(it string) string {
		return dateElement.ReplaceAllString(linkElement.ReplaceAllString(guidElement.ReplaceAllString(it, ""), ""), "")
	})
	m.addItems("dates-nonsense", func(it string) string {
		return dateElement.ReplaceAllString(it, "<$1>Someday, 99 Foo 2026 25:61:61 ZZZ</$2>")
	})
	m.addItems("ids-empty", func(it string) string { return guidElement.ReplaceAllString(it, "<$1></$2>") })
	if m.kind != "atom" {
		m.addItems("ids-all-the-same", func(it string) string { return guidElement.ReplaceAllString(it, "<$1>0</$2>") })
	}
}

// outsideCDATA applies change to what stands outside of CDATA sections, comments
// and declarations; a nil change changes nothing.
func outsideCDATA(s string, change func(string) string) string {
	if change == nil {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.Index(s, "<!")
		if i < 0 {
			b.WriteString(change(s))
			break
		}
		b.WriteString(change(s[:i]))
		s = s[i:]
		stop := ">"
		switch {
		case strings.HasPrefix(s, "<![CDATA["):
			stop = "]]>"
		case strings.HasPrefix(s, "<!--"):
			stop = "-->"
		}
		j := strings.Index(s, stop)
		if j < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:j+len(stop)])
		s = s[j+len(stop):]
	}
	return b.String()
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="1"`, i)
	}
	return b.String()
}

// laughs declares entities that would grow to a gigabyte.
func laughs() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">`)
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, `<!ENTITY l%d "%s">`, i, strings.Repeat(fmt.Sprintf("&l%d;", i-1), 10))
	}
	b.WriteString(`]>`)
	return b.String()
}
