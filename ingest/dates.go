package ingest

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Precisions of a date that names no instant, as in Article.PublishedPrecision.
const (
	precisionDay   = "day"
	precisionMonth = "month"
	precisionYear  = "year"
)

// ParseDate reads a date as newsrooms write it: RFC 822, 1123 and 3339 with
// their usual breakages (no seconds, no zone, wrong weekday, month in full or
// in another language, zone names, a comment behind), and the ISO variants. The
// result is in UTC. A date without a zone counts as UTC; a date that cannot be
// (30 February, hour 25, 01/02/03) is false rather than a guess.
func ParseDate(s string) (time.Time, bool) {
	t, _, ok := parseDate(s)
	return t, ok
}

// parseDate is ParseDate with the precision: "" for an instant. A time whose
// zone is unknown is true to the day only.
func parseDate(s string) (time.Time, string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 120 {
		return time.Time{}, "", false
	}
	if !isASCII(s) {
		s = strings.TrimSpace(foreignDate.Replace(strings.Map(plainDigit, s)))
	}
	if rest, ok := strings.CutPrefix(s, "/Date("); ok { // ASP.NET
		s, _, _ = strings.Cut(rest, ")")
	}
	d := dateReader{year: -1, month: -1, day: -1, hour: -1}
	if !d.read(dateTokens(s)) {
		return time.Time{}, "", false
	}
	return d.time()
}

// plainDigit turns the digits of other scripts into ours.
func plainDigit(r rune) rune {
	for _, zero := range [...]rune{'٠', '۰', '०', '০', '０'} {
		if zero <= r && r <= zero+9 {
			return '0' + r - zero
		}
	}
	if r == '\u200e' || r == '\u200f' || r == '\ufeff' {
		return -1
	}
	return r
}

// foreignDate brings dates of other scripts into a form with the same order:
// counters behind numbers, and months of two words.
var foreignDate = strings.NewReplacer(
	"年 ", "-", "月 ", "-", "년 ", "-", "월 ", "-", "年", "-", "月", "-", "日", " ", "時", ":", "时", ":", "点", ":", "分", " ", "秒", " ", "上午", " am ", "下午", " pm ", "午前", " am ", "午後", " pm ",
	"년", "-", "월", "-", "일", " ", "시", ":", "분", " ", "초", " ", "오전", " am ", "오후", " pm ",
	"كانون الثاني", "يناير", "كانون الأول", "ديسمبر", "كانون الاول", "ديسمبر", "تشرين الأول", "أكتوبر", "تشرين الاول", "أكتوبر", "تشرين الثاني", "نوفمبر",
	"،", ",", "−", "-",
)

// dateTokens splits at every change between digits, letters and the rest;
// spaces separate and vanish. A comment in brackets vanishes too.
func dateTokens(s string) []string {
	out := make([]string, 0, 16)
	class := func(r rune) int {
		switch {
		case '0' <= r && r <= '9':
			return 1
		case unicode.IsLetter(r), unicode.IsMark(r): // vowel signs of Indian scripts
			return 2
		case unicode.IsSpace(r):
			return 3
		}
		return 4
	}
	last, depth, start := 3, 0, 0 // start is where the last token begins
	for i, r := range s {
		if r == '(' || r == '[' {
			depth++
		}
		if depth > 0 {
			if r == ')' || r == ']' {
				depth--
			}
			last = 3
			continue
		}
		c := class(r)
		switch {
		case c == 3:
			if last != 3 && len(out) > 0 && out[len(out)-1] != " " {
				out = append(out, " ")
			}
		case c == last && c != 4:
			out[len(out)-1] = s[start : i+utf8.RuneLen(r)]
		default:
			start = i
			out = append(out, s[i:i+utf8.RuneLen(r)])
		}
		last = c
	}
	for len(out) > 0 && out[len(out)-1] == " " {
		out = out[:len(out)-1]
	}
	return out
}

type dateReader struct {
	year, month, day     int
	hour, min, sec, nsec int
	pm                   int // 1 for am, 2 for pm
	zoned, unknownZone   bool
	offset               int  // seconds east of UTC
	numbered             bool // the offset came as a number, which beats a name
}

// read understands tokens or reports false.
func (d *dateReader) read(t []string) bool {
	num := func(i int) (n, width int) {
		if i < 0 || i >= len(t) || t[i] == "" || t[i][0] < '0' || t[i][0] > '9' || len(t[i]) > 18 {
			return -1, 0
		}
		n, _ = strconv.Atoi(t[i])
		return n, len(t[i])
	}
	is := func(i int, s string) bool { return i >= 0 && i < len(t) && t[i] == s }
	i := 0
	// The whole is one number: Unix seconds or milliseconds, or compact ISO.
	if n, w := num(0); len(t) == 1 {
		switch w {
		case 4:
			d.year = n
			return true
		case 8:
			return d.setYMD(n/10000, n/100%100, n%100)
		case 16: // microseconds
			return d.setUnix(n/1e6, n%1e6*1000)
		case 14:
			return d.setYMD(n/1e10, n/1e8%100, n/1e6%100) && d.setHMS(n/1e4%100, n/100%100, n%100, 0)
		case 10:
			return d.setUnix(n, 0)
		case 13:
			return d.setUnix(n/1000, n%1000*1e6)
		}
		return false
	} else if fr, fw := num(2); w == 10 && len(t) == 3 && is(1, ".") && fw > 0 { // seconds with a fraction
		return d.setUnix(n, fraction(fr, fw))
	} else if tz, tw := num(2); w == 13 && len(t) == 3 && tw == 4 && tz < 1500 && (is(1, "+") || is(1, "-")) { // ASP.NET's zone changes nothing
		return d.setUnix(n/1000, n%1000*1e6)
	}
	// ISO: 2026-02-17, 2026/02/17, 2026.02.17, 2026-02, 20260217T…
	if n, w := num(0); w == 4 && (is(1, "-") || is(1, "/") || is(1, ".")) {
		m, mw := num(2)
		if mw == 0 || mw > 2 {
			return false
		}
		switch day, dw := num(4); {
		case is(3, t[1]) && (dw == 1 || dw == 2):
			if !d.setYMD(n, m, day) {
				return false
			}
			i = 5
		case len(t) == 3 && mw == 2:
			d.year, d.month = n, m
			return m >= 1 && m <= 12
		default:
			return false
		}
	} else if w == 8 && (is(1, "T") || is(1, " ")) {
		if !d.setYMD(n/10000, n/100%100, n%100) {
			return false
		}
		i = 1
	}
	weekdayMonth := -1
	for i < len(t) {
		tok := t[i]
		n, w := num(i)
		switch {
		case tok == " " || tok == "," || tok == ";" || tok == "." || tok == "|" || tok == "·" || tok == "\"":
			i++
		case tok == "T" || tok == "t":
			i++
		case w > 0 && w <= 2 && d.hour < 0 && d.year >= 0 && d.month > 0 && d.day > 0 && (is(i+1, ".") || is(i+1, "h")) && isNum(t, i+2): // 14.12, 14h12
			mi, mw := num(i + 2)
			sec := 0
			i += 3
			if s2, sw := num(i + 1); is(i, ".") && sw == 2 {
				sec = s2
				i += 2
			}
			if mw != 2 || !d.setHMS(n, mi, sec, 0) {
				return false
			}
		case tok == ":" && d.hour < 0 && (d.year >= 0 && d.day > 0 || d.year < 0 && d.month < 0 && d.day < 0): // 17/Feb/2026:14:12:06, Updated: 17 Feb
			i++
		case w == 2 && d.hour < 0 && d.day > 0 && d.year >= 0 && i > 0 && (t[i-1] == "T" || t[i-1] == "t") && !is(i+1, ":"): // T14, T14Z
			if !d.setHMS(n, 0, 0, 0) {
				return false
			}
			i++
		case w == 1 && d.hour >= 0 && i > 0 && i+1 < len(t) && isZone(t[i-1]) && isZone(t[i+1]): // EST5EDT: one or the other
			d.zoned, d.unknownZone = false, true
			i += 2
		case (tok == "/" || tok == "_") && d.unknownZone: // America/New_York
			i++
		case w > 0 && w <= 2 && is(i+1, ":") && d.hour < 0: // 17:36[:36[.123]]
			mi, mw := num(i + 2)
			if mw == 0 || mw > 2 || w > 2 {
				return false
			}
			sec, nsec := 0, 0
			i += 3
			if s2, sw := num(i + 1); is(i, ":") && (sw == 1 || sw == 2) {
				sec = s2
				i += 2
				if fr, fw := num(i + 1); (is(i, ".") || is(i, ",") || is(i, ":")) && fw > 0 {
					nsec = fraction(fr, fw)
					i += 2
				}
			}
			if !d.setHMS(n, mi, sec, nsec) {
				return false
			}
		case (w == 4 || w == 6) && d.hour < 0 && d.day > 0 && d.year >= 0 && i > 0 && t[i-1] == "T": // T1736, T173636
			h, mi, sec := n/100, n%100, 0
			if w == 6 {
				h, mi, sec = n/10000, n/100%100, n%100
			}
			i++
			nsec := 0
			if fr, fw := num(i + 1); (is(i, ".") || is(i, ",")) && fw > 0 {
				nsec = fraction(fr, fw)
				i += 2
			}
			if !d.setHMS(h, mi, sec, nsec) {
				return false
			}
		case (tok == "+" || tok == "-" || tok == "−" || tok == "–") && (d.hour >= 0):
			j := i + 1
			used, ok := d.setOffset(t, j, tok == "+", num, is)
			if !ok {
				return false
			}
			i = j + used
		case tok == "-" && d.hour < 0, tok == "/" && d.hour < 0, tok == "–" && d.hour < 0: // 17-Feb-2026, date – time
			i++
		case w > 0 && w <= 2 && d.day < 0 && (is(i+1, "/") || is(i+1, ".") || is(i+1, "-")) && isNum(t, i+2) && is(i+3, t[i+1]) && isNum(t, i+4):
			b, bw := num(i + 2)
			y, yw := num(i + 4)
			if bw > 2 || yw != 4 && yw != 2 {
				return false
			}
			if yw == 2 {
				y = century(y)
			}
			day, month := n, b
			if t[i+1] == "/" || t[i+1] == "-" { // dots are always day.month
				switch {
				case n == b || n > 12:
				case b > 12:
					day, month = b, n
				default:
					return false // 01/02/2026 is two days
				}
			}
			if !d.setYMD(y, month, day) {
				return false
			}
			i += 5
		case w == 4 && d.year < 0:
			d.year = n
			i++
		case w == 3 && 100 <= n && n < 200 && d.year < 0 && d.month > 0 && d.day > 0: // years since 1900, as C counts
			d.year = 1900 + n
			i++
		case (w == 1 || w == 2) && d.day < 0:
			d.day = n
			i++
			if i < len(t) && ordinal[strings.ToLower(t[i])] {
				i++
			}
			if is(i, "º") || is(i, "°") {
				i++
			}
		case w == 2 && d.year < 0 && d.month > 0:
			d.year = century(n)
			i++
		case w > 0:
			return false
		case isWord(tok):
			used, ok := d.word(t, i, &weekdayMonth, num, is)
			if !ok {
				return false
			}
			i += used
		default:
			return false
		}
	}
	if d.month < 0 && weekdayMonth > 0 {
		d.month = weekdayMonth
	}
	return d.year >= 0 && d.month > 0 && d.day > 0
}

func isZone(s string) bool {
	_, ok := zones[strings.ToLower(s)]
	return ok
}

func isNum(t []string, i int) bool {
	return i < len(t) && t[i] != "" && t[i][0] >= '0' && t[i][0] <= '9'
}

func isWord(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r) || unicode.IsMark(r)
	}
	return false
}

// word reads a weekday, month, am/pm or zone name at t[i].
func (d *dateReader) word(t []string, i int, weekdayMonth *int, num func(int) (int, int), is func(int, string) bool) (int, bool) {
	w := strings.ToLower(t[i])
	first := true
	for _, prev := range t[:i] {
		if isWord(prev) || isNum([]string{prev}, 0) {
			first = false
		}
	}
	if m, ok := months[w]; ok {
		switch {
		case d.month < 0 && first && weekdayNames[w]: // "mar" is a Tuesday in Paris and Madrid, and March
			*weekdayMonth = m
			return 1, true
		case d.month < 0:
			d.month = m
			return 1, true
		case d.month == m: // آذار/مارس
			return 1, true
		}
		return 0, false
	}
	switch w {
	case "am", "pm":
		if d.pm != 0 {
			return 0, false
		}
		d.pm = 1
		if w == "pm" {
			d.pm = 2
		}
		return 1, true
	case "a", "p": // a.m.
		if d.hour >= 0 && is(i+1, ".") && i+2 < len(t) && strings.EqualFold(t[i+2], "m") {
			d.pm = 1
			if w == "p" {
				d.pm = 2
			}
			if is(i+3, ".") {
				return 4, true
			}
			return 3, true
		}
	case "at", "um", "uhr", "de", "del", "à", "le", "of", "the", "on", "o", "h", "às", "as", "las", "om", "kl", "klo", "ore", "alle", "saat", "в", "г", "года", "р", "о", "ngày", "feira", "updated", "published", "posted":
		return 1, true
	case "eastern", "central", "mountain", "pacific", "standard", "daylight", "summer", "time", "local":
		if d.hour >= 0 {
			d.unknownZone = true
			return 1, true
		}
	}
	if d.hour < 0 {
		if first || weekdayNames[w] { // a weekday; feeds get it wrong, so it decides nothing
			return 1, true
		}
		if len(t) == i+1 && d.year >= 0 && d.day > 0 {
			if _, ok := zones[w]; ok { // "17 Feb 2026 GMT"
				return 1, true
			}
		}
		return 0, false
	}
	off, ok := zones[w]
	if ok && (w == "gmt" || w == "utc" || w == "ut" || w == "z") {
		if is(i+1, "+") || is(i+1, "-") { // GMT+0530
			used, ok := d.setOffset(t, i+2, t[i+1] == "+", num, is)
			return 2 + used, ok
		}
	}
	switch {
	case d.zoned: // "+0100 CET": the number has spoken
	case ok:
		d.zoned, d.offset = true, off
	case weekdayNames[w]:
	case len(w) <= 5, is(i+1, "/"), d.unknownZone:
		d.unknownZone = true
	default:
		return 0, false
	}
	return 1, true
}

// setOffset reads 0530, 05:30, 530 or 5 from t[j] on and says how many tokens
// that took.
func (d *dateReader) setOffset(t []string, j int, east bool, num func(int) (int, int), is func(int, string) bool) (int, bool) {
	if is(j, " ") {
		j++
		used, ok := d.setOffset(t, j, east, num, is)
		return used + 1, ok
	}
	n, w := num(j)
	h, m, used := n, 0, 1
	switch {
	case w == 3 || w == 4:
		h, m = n/100, n%100
	case w == 1 || w == 2:
		if mm, mw := num(j + 2); is(j+1, ":") && mw == 2 {
			m, used = mm, 3
			if _, sw := num(j + 4); is(j+3, ":") && sw == 2 {
				used = 5
			}
		}
	default:
		return 0, false
	}
	if h > 14 || m > 59 || d.numbered {
		return 0, false
	}
	d.zoned, d.numbered, d.offset = true, true, h*3600+m*60
	if !east {
		d.offset = -d.offset
	}
	return used, true
}

func fraction(n, width int) int {
	for ; width < 9; width++ {
		n *= 10
	}
	for ; width > 9; width-- {
		n /= 10
	}
	return n
}

// century follows RFC 2822: 00–49 are this century's; feeds reach no further
// back than the nineties, so that 50–69 are taken for this one too.
func century(y int) int {
	if y < 70 {
		return 2000 + y
	}
	return 1900 + y
}

func (d *dateReader) setYMD(y, m, day int) bool {
	d.year, d.month, d.day = y, m, day
	return m >= 1 && m <= 12 && day >= 1 && day <= 31
}

func (d *dateReader) setUnix(sec, nsec int) bool {
	u := time.Unix(int64(sec), 0).UTC()
	d.zoned = true
	return d.setYMD(u.Year(), int(u.Month()), u.Day()) && d.setHMS(u.Hour(), u.Minute(), u.Second(), nsec)
}

func (d *dateReader) setHMS(h, m, s, nsec int) bool {
	d.hour, d.min, d.sec, d.nsec = h, m, s, nsec
	return h >= 0 && h <= 24 && m >= 0 && m < 60 && s >= 0 && s <= 60
}

func (d *dateReader) time() (time.Time, string, bool) {
	if d.year < 1900 || d.year > 2999 {
		return time.Time{}, "", false
	}
	precision := ""
	switch {
	case d.month < 0:
		return time.Date(d.year, 1, 1, 0, 0, 0, 0, time.UTC), precisionYear, true
	case d.day < 0:
		return time.Date(d.year, time.Month(d.month), 1, 0, 0, 0, 0, time.UTC), precisionMonth, true
	case d.day > time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Day() || d.day < 1:
		return time.Time{}, "", false
	case d.hour < 0:
		return time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC), precisionDay, true
	}
	h := d.hour
	if d.pm != 0 {
		if h > 12 && d.pm == 1 || h == 0 && d.pm == 2 || h > 23 {
			return time.Time{}, "", false
		}
		if h == 12 && d.pm == 1 {
			h = 0
		} else if h < 12 && d.pm == 2 {
			h += 12
		}
	}
	if h == 24 && (d.min != 0 || d.sec != 0) {
		return time.Time{}, "", false
	}
	if d.unknownZone && !d.zoned {
		precision = precisionDay
	}
	t := time.Date(d.year, time.Month(d.month), d.day, h, d.min, min(d.sec, 59), d.nsec, time.UTC)
	return t.Add(-time.Duration(d.offset) * time.Second), precision, true
}

var ordinal = map[string]bool{"st": true, "nd": true, "rd": true, "th": true, "er": true}

// months: English, then what the larger newsrooms of other languages send. A name
// that is one month here and another there is left out (listopada is October in
// Zagreb and November in Warsaw).
var months = monthTable(
	"january jan enero ene janvier janv januar jänner jän gennaio gen janeiro januari ocak oca january gener ianuarie január stycznia styczeń ledna tammikuuta ιανουαρίου ιανουάριος ιαν январь января янв януари січня січ ינואר בינואר يناير جانفي ژانویه जनवरी",
	"february feb febr febrero février févr fév fevrier februar febbraio fevereiro fev februari şubat şub febrer februarie február lutego luty února helmikuuta φεβρουαρίου φεβρουάριος φεβ февраль февраля фев февр февруари лютого лют פברואר בפברואר فبراير فيفري شباط فوریه फरवरी फ़रवरी",
	"march mar marzo mars märz mrz mär março marco maart mrt mart març martie március maret mac marca marzec března maaliskuuta μαρτίου μάρτιος μαρ март марта мар березня бер מרץ במרץ מרס مارس آذار اذار أذار मार्च",
	"april apr abril abr avril avr aprile nisan nis aprilie április kwietnia kwiecień dubna huhtikuuta απριλίου απρίλιος απρ апрель апреля апр април квітня квіт אפריל באפריל أبريل ابريل إبريل أفريل نيسان آوریل अप्रैल",
	"may mayo mai maggio mag maio mei mayıs maig maj maja május května toukokuuta μαΐου μαΐος μάιος май мая травня трав מאי במאי مايو ماي أيار ايار मई",
	"june jun junio juin juni giugno giu junho haziran haz juny iunie június czerwca června kesäkuuta ιουνίου ιούνιος ιουν июнь июня июн юни червня черв יוני ביוני يونيو يونيه جوان حزيران ژوئن जून",
	"july jul julio juillet juil juli luglio lug julho temmuz tem juliol iulie július lipca července heinäkuuta ιουλίου ιούλιος ιουλ июль июля июл юли липня лип יולי ביולי يوليو يوليه جويلية تموز ژوئیه जुलाई",
	"august aug agosto ago août aout augustus ağustos ağu agost augusti augusztus agustus sierpnia sierpień srpna elokuuta αυγούστου αύγουστος αυγ август августа авг серпня серп אוגוסט באוגוסט أغسطس اغسطس أوت آب اوت अगस्त",
	"september sep sept septiembre septembre settembre set setembro eylül eyl setembre septembrie szeptember września wrzesień syyskuuta září σεπτεμβρίου σεπτέμβριος σεπ сентябрь сентября сен сент септември вересня вер ספטמבר בספטמבר سبتمبر أيلول ايلول سپتامبر सितंबर सितम्बर",
	"october oct octubre octobre oktober okt ottobre ott outubro out ekim eki octombrie október października październik lokakuuta října οκτωβρίου οκτώβριος οκτ октябрь октября окт октомври жовтня жовт אוקטובר באוקטובר أكتوبر اكتوبر اکتبر अक्टूबर",
	"november nov noviembre novembre novembro kasım kas noiembrie listopadu marraskuuta νοεμβρίου νοέμβριος νοε ноябрь ноября ноя нояб ноември листопада лист נובמבר בנובמבר نوفمبر نوامبر नवंबर नवम्बर",
	"december dec diciembre dic décembre déc decembre dezember dez dicembre dezembro aralık ara desember des desembre decembrie grudnia grudzień prosince joulukuuta δεκεμβρίου δεκέμβριος δεκ декабрь декабря дек декември грудня груд דצמבר בדצמבר ديسمبر دجنبر دسامبر दिसंबर दिसम्बर",
)

func monthTable(rows ...string) map[string]int {
	m := map[string]int{}
	for i, row := range rows {
		for _, w := range strings.Fields(row) {
			m[w] = i + 1
		}
	}
	return m
}

var weekdayNames = wordSet(`mon tue tues wed weds thu thur thurs fri sat sun
	monday tuesday wednesday thursday friday saturday sunday
	lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
	mié mie jue vie sáb sab dom lunes martes miércoles jueves viernes sábado domingo
	mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag
	domenica lunedì martedì mercoledì giovedì venerdì sabato gio ven
	segunda terça terca quarta quinta sexta seg ter qua qui sex
	pazartesi salı çarşamba perşembe cuma cumartesi pazar pzt sal çar per cum cmt paz
	понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс понеділок вівторок середа четвер нд
	poniedziałek wtorek środa czwartek piątek sobota niedziela pon wto śro czw pią sob
	maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag söndag
	senin selasa rabu kamis jumat sabtu minggu
	الإثنين الاثنين الثلاثاء الأربعاء الاربعاء الخميس الجمعة السبت الأحد الاحد`)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// zones holds the names that mean one thing in news feeds. IST is India's, the
// largest of its three owners; AST is left out, Halifax and Riyadh both use it.
var zones = map[string]int{
	"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 3600, "west": 3600, "wat": 3600, "cet": 3600,
	"cest": 7200, "mez": 3600, "mesz": 7200, "eet": 7200, "cat": 7200, "sast": 7200, "eest": 10800, "msk": 10800, "trt": 10800,
	"eat": 10800, "idt": 10800, "irst": 12600, "gst": 14400, "aft": 16200, "pkt": 18000, "ist": 19800, "npt": 20700, "mmt": 23400,
	"ict": 25200, "wib": 25200, "hkt": 28800, "sgt": 28800, "myt": 28800, "pht": 28800, "awst": 28800, "wita": 28800,
	"jst": 32400, "kst": 32400, "wit": 32400, "acst": 34200, "aest": 36000, "acdt": 37800, "aedt": 39600, "nzst": 43200, "nzdt": 46800,
	"nst": -12600, "ndt": -9000, "adt": -10800, "brt": -10800, "art": -10800, "edt": -14400, "est": -18000, "et": -18000, "cdt": -18000, "cst": -21600,
	"mdt": -21600, "mst": -25200, "pdt": -25200, "pst": -28800, "akdt": -28800, "akst": -32400, "hst": -36000,
}
