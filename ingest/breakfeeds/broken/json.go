package broken

import (
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

var windows1252 = charmap.Windows1252

var (
	jsonID     = regexp.MustCompile(`"id"\s*:\s*"(?:[^"\\]|\\.)*",?`)
	jsonURL    = regexp.MustCompile(`"url"\s*:\s*"(?:[^"\\]|\\.)*",?`)
	jsonDate   = regexp.MustCompile(`("date_published"\s*:\s*)"[^"]*"`)
	jsonAuthor = regexp.MustCompile(`"authors?"\s*:\s*(\[[^\]]*\]|\{[^}]*\})`)
	jsonKey    = regexp.MustCompile(`"([a-z_]+)"(\s*:)`)
)

func (m *maker) json() {
	text := m.text()
	retitle := func(s string) func(string) string {
		return func(it string) string {
			loc := jsonTitle.FindStringSubmatchIndex(it)
			if loc == nil {
				return it
			}
			return it[:loc[4]] + s + it[loc[5]:]
		}
	}
	put := func(s string) func(string) string {
		return func(it string) string { return strings.TrimSuffix(it, "}") + "," + s + "}" }
	}
	m.cutIn("cut-in-escape", `", "x": "\u00`)
	m.cutIn("cut-in-key", `", "conte`)
	m.add("end-lost", strings.TrimRight(text, "} \n"))
	m.addBytes("ends-lost", "", []byte(strings.TrimRight(text, "]} \n")), m.states(Lost, len(m.items)-1))
	m.addItems("comma-behind-last", func(it string) string { return strings.TrimSuffix(it, "}") + ",}" })
	m.add("comma-behind-items", m.with(append(append([]string(nil), m.items[:len(m.items)-1]...), m.items[len(m.items)-1]+",")))
	for _, s := range []struct{ name, sep string }{{"missing", " "}, {"doubled", ",,"}, {"null", ",null,"}, {"number", ",7,"}, {"comment", ", // next\n"}, {"block-comment", ", /* next */ "}, {"empty", ",{},"}} {
		seps := m.seps
		m.seps = make([]string, len(seps))
		for i := range m.seps {
			m.seps[i] = s.sep
		}
		m.add("comma-between-"+s.name, m.text())
		m.seps = seps
	}
	m.add("items-nested", m.head+"["+strings.Join(m.items, ",")+"]"+m.tail)
	m.add("callback", "/**/show("+text+");")
	m.add("assigned", "var feed = "+text+";")
	m.add("guarded", ")]}',\n"+text)
	m.add("list-alone", "["+strings.Join(m.items, ",")+"]")
	flat := make([]string, len(m.items))
	for i, it := range m.items {
		flat[i] = strings.Join(strings.Fields(it), " ")
	}
	m.add("lines", strings.Join(flat, "\n")+"\n")
	m.add("twice", text+"\n"+text)
	m.addItems("ids-numbers", func(it string) string { return jsonID.ReplaceAllString(it, "") })
	for i := range m.out[len(m.out)-1].Items {
		m.out[len(m.out)-1].Items[i].GUID = ""
	}
	m.addItems("no-links", func(it string) string { return jsonURL.ReplaceAllString(it, "") })
	m.addItems("dates-numbers", func(it string) string { return jsonDate.ReplaceAllString(it, "${1}1771322400") })
	m.addItems("dates-not-a-number", func(it string) string { return jsonDate.ReplaceAllString(it, "${1}NaN") })
	m.addItems("dates-null", func(it string) string { return jsonDate.ReplaceAllString(it, "${1}null") })
	m.addItems("authors-a-string", func(it string) string { return jsonAuthor.ReplaceAllString(it, `"authors": "A. Writer"`) })
	m.addItems("authors-strings", func(it string) string { return jsonAuthor.ReplaceAllString(it, `"authors": ["A. Writer"]`) })
	m.addItems("authors-null", func(it string) string { return jsonAuthor.ReplaceAllString(it, `"authors": [null], "author": null`) })
	m.addItems("tags-a-string", put(`"tags": "one, two"`))
	m.addItems("tags-numbers", put(`"tags": [1, null, true]`))
	m.addItems("attachments-an-object", put(`"attachments": {"url": "a"}`))
	m.addItems("values-of-javascript", put(`"x": NaN, "y": -Infinity, "z": undefined, "w": 0x1f, "v": +1, "u": .5, "t": 01`))
	m.addItems("keys-without-quotes", func(it string) string { return jsonKey.ReplaceAllString(it, "$1$2") })
	m.addItems("single-quotes", put(`'x': 'it\'s "so"'`))
	m.addItems("raw-line-ends", put("\"x\": \"one\ntwo\tthree\r\n\""))
	m.addItems("bad-escapes", put(`"x": "\'\x41\_\u12 \uD800 \u{41} \`+"\n"+`"`))
	m.addItems("keys-twice", put(`"x": 1, "x": "2"`))
	m.addItems("nested-200", put(`"x": `+strings.Repeat("[", 200)+strings.Repeat("]", 200)))
	m.addVictim("quotes-in-title", Hurt, retitle(`He said "now" and left`))
	m.addVictim("quote-in-title", Hurt, retitle(`A 5" pipe`))
	m.addVictim("title-unclosed", Lost, func(it string) string {
		loc := jsonTitle.FindStringSubmatchIndex(it)
		return it[:loc[6]] + it[loc[7]:]
	})
	m.addVictim("title-a-number", Hurt, func(it string) string { return jsonTitle.ReplaceAllString(it, `"title": 7`) })
	m.addVictim("title-null", Hurt, func(it string) string { return jsonTitle.ReplaceAllString(it, `"title": null`) })
	m.addVictim("title-an-object", Hurt, func(it string) string { return jsonTitle.ReplaceAllString(it, `"title": {"rendered": "$2"}`) })
	m.addVictim("brace-twice", Lost, func(it string) string { return it + "}" })
	m.addVictim("bracket-too-many", Lost, put(`"x": []]`))
	m.addVictim("bracket-open", Lost, put(`"x": [1, 2`))
	m.addVictim("quote-open", Lost, put(`"x": "some words`))
	m.addVictim("first-brace-lost", Lost, func(it string) string { return strings.TrimPrefix(it, "{") })
	m.addVictim("comma-lost", Hurt, func(it string) string { return jsonField.ReplaceAllString(it, "$1") })
	m.addVictim("colon-lost", Lost, func(it string) string { return strings.Replace(it, ":", " ", 1) })
	m.add("items-bracket-lost", strings.TrimSuffix(strings.TrimRight(m.head, " \n"), "[")+strings.TrimPrefix(text, m.head))
	m.add("head-quote-lost", strings.Replace(text, `",`, `,`, 1))
	m.add("head-brace-lost", strings.TrimPrefix(text, "{"))
	m.addVictim("item-a-string", Lost, func(string) string { return `"lost"` })
	m.addVictim("brace-lost", Lost, func(it string) string { return strings.TrimSuffix(it, "}") })
}
