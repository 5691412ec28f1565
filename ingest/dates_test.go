package ingest

import (
	"strings"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for _, tt := range []struct{ in, want, precision string }{
		// RFC 822 and 1123, and what becomes of them.
		{"Tue, 17 Feb 2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 +0500", "2026-02-17T09:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 +05:30", "2026-02-17T08:42:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 -0000", "2026-02-17T14:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06", "2026-02-17T14:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12 GMT", "2026-02-17T14:12:00Z", ""},
		{"Tue,17 Feb 2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Tue 17 Feb 2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"17 Feb 2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Mon, 17 Feb 2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""}, // it was a Tuesday
		{"Tuesday, 17 February 2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Tues, 17 Febr 26 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Tue, 7 Feb 2026 4:02:06 GMT", "2026-02-07T04:02:06Z", ""},
		{"Tue, 17-Feb-2026 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Tuesday, 17-Feb-26 14:12:06 GMT", "2026-02-17T14:12:06Z", ""},
		{"Tue Feb 17 14:12:06 2026", "2026-02-17T14:12:06Z", ""},
		{"Tue Feb 17 14:12:06 GMT 2026", "2026-02-17T14:12:06Z", ""},
		{"Tue Feb 17 2026 14:12:06 GMT+0100 (CET)", "2026-02-17T13:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 GMT+1", "2026-02-17T13:12:06Z", ""},
		{"tue, 17 feb 2026 14:12:06 gmt", "2026-02-17T14:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 EST", "2026-02-17T19:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 PDT", "2026-02-17T21:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 CEST", "2026-02-17T12:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 IST", "2026-02-17T08:42:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 Z", "2026-02-17T14:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 +0100 CET", "2026-02-17T13:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 XYZT", "2026-02-17T14:12:06Z", "day"},
		{"Tue, 17 Feb 2026 24:00:00 GMT", "2026-02-18T00:00:00Z", ""},
		{"Tue, 17 Feb 2026 23:59:60 GMT", "2026-02-17T23:59:59Z", ""},
		{"  Tue,  17   Feb 2026\n14:12:06  GMT ", "2026-02-17T14:12:06Z", ""},
		// ISO 8601 and RFC 3339.
		{"2026-02-17T14:12:06Z", "2026-02-17T14:12:06Z", ""},
		{"2026-02-17T17:36:36-0500", "2026-02-17T22:36:36Z", ""},
		{"2026-02-17T14:12:06+02", "2026-02-17T12:12:06Z", ""},
		{"2026-02-17T14:12:06.123456+02:00", "2026-02-17T12:12:06.123456Z", ""},
		{"2026-02-17T14:12:06,5Z", "2026-02-17T14:12:06.5Z", ""},
		{"2026-02-17T14:12Z", "2026-02-17T14:12:00Z", ""},
		{"2026-02-17 14:12:06", "2026-02-17T14:12:06Z", ""},
		{"2026-02-17 14:12:06 +0000 UTC", "2026-02-17T14:12:06Z", ""},
		{"2026-02-17t14:12:06z", "2026-02-17T14:12:06Z", ""},
		{"2026/02/17 14:12", "2026-02-17T14:12:00Z", ""},
		{"2026-2-7T1:02:03Z", "2026-02-07T01:02:03Z", ""},
		{"20260217T141206Z", "2026-02-17T14:12:06Z", ""},
		{"20260217141206", "2026-02-17T14:12:06Z", ""},
		{"20260217", "2026-02-17T00:00:00Z", "day"},
		{"2026-02-17", "2026-02-17T00:00:00Z", "day"},
		{"2026-02", "2026-02-01T00:00:00Z", "month"},
		{"2026", "2026-01-01T00:00:00Z", "year"},
		{"1587429781", "2020-04-21T00:43:01Z", ""},
		{"1587429781000", "2020-04-21T00:43:01Z", ""},
		// Words.
		{"February 17, 2026", "2026-02-17T00:00:00Z", "day"},
		{"Feb. 17, 2026 2:12 PM EST", "2026-02-17T19:12:00Z", ""},
		{"Feb 17th, 2026 at 2:12 p.m.", "2026-02-17T14:12:00Z", ""},
		{"17 February 2026", "2026-02-17T00:00:00Z", "day"},
		{"17 Feb 2026 - 14:12", "2026-02-17T14:12:00Z", ""},
		{"12:05 AM, 17 Feb 2026", "2026-02-17T00:05:00Z", ""},
		{"mar., 17 févr. 2026 14:12:06 +0100", "2026-02-17T13:12:06Z", ""},
		{"mar, 17 feb 2026 14:12:06 +0100", "2026-02-17T13:12:06Z", ""},
		{"Di, 17 März 2026 14:12:06 +0100", "2026-03-17T13:12:06Z", ""},
		{"17 de febrero de 2026", "2026-02-17T00:00:00Z", "day"},
		{"1er mars 2026", "2026-03-01T00:00:00Z", "day"},
		{"17.02.2026 14:12", "2026-02-17T14:12:00Z", ""},
		{"01.02.2026", "2026-02-01T00:00:00Z", "day"},
		{"17/02/2026", "2026-02-17T00:00:00Z", "day"},
		{"02/17/2026 2:12:06 PM", "2026-02-17T14:12:06Z", ""},
		{"17/Feb/2026:14:12:06 +0000", "2026-02-17T14:12:06Z", ""},
		{"Tue, 17 Feb 2026 14.12 GMT", "2026-02-17T14:12:00Z", ""},
		{"17 février 2026 14h12", "2026-02-17T14:12:00Z", ""},
		{"2026年2月17日 14:12", "2026-02-17T14:12:00Z", ""},
		{"Вт, 17 фев 2026 14:12:06 +0300", "2026-02-17T11:12:06Z", ""},
		{"17 Şubat 2026", "2026-02-17T00:00:00Z", "day"},
		{"17 فبراير 2026", "2026-02-17T00:00:00Z", "day"},
		{"Tue, 17 Feb 2026 14:12:06 EDT-0400", "2026-02-17T18:12:06Z", ""},
		{"Tue, 17 Feb 2026 14:12:06 America/New_York", "2026-02-17T14:12:06Z", "day"},
		{"Wed, 31 Dec 1997 23:00:00 GMT", "1997-12-31T23:00:00Z", ""},
		{"29 Feb 2024", "2024-02-29T00:00:00Z", "day"},
		// More of what feeds send.
		{"Mon, 3 March 2026 4:05 PM EST", "2026-03-03T21:05:00Z", ""},
		{"2026-03-09T10:00:00.000+0000", "2026-03-09T10:00:00Z", ""},
		{"2026-03-09T10:00:00+01", "2026-03-09T09:00:00Z", ""},
		{"2026-03-09T10:00:00 +01:00", "2026-03-09T09:00:00Z", ""},
		{"2026-03-09T10:00:00,5Z", "2026-03-09T10:00:00.5Z", ""},
		{"2026-03-09T10:00:00Z+0000", "2026-03-09T10:00:00Z", ""},
		{"2026-03-09T10:00:00+01:00[Europe/Paris]", "2026-03-09T09:00:00Z", ""},
		{"2026-03-09T10:00:00[Europe/Paris]", "2026-03-09T10:00:00Z", ""},
		{"2026-03-09T10:00:00-05:00:00", "2026-03-09T15:00:00Z", ""},
		{"2026-03-09T24:00:00Z", "2026-03-10T00:00:00Z", ""},
		{"Mon, 09 Mar 2026 24:00:00 GMT", "2026-03-10T00:00:00Z", ""},
		{"2026-03-09T10Z", "2026-03-09T10:00:00Z", ""},
		{"2026-03-09 9:05 PM", "2026-03-09T21:05:00Z", ""},
		{"2026-3-9 9:5:0", "2026-03-09T09:05:00Z", ""},
		{"Mon, 09 Mar 2026 10:00 GMT+2", "2026-03-09T08:00:00Z", ""},
		{"Mon, 09 Mar 2026 10:00:00 UTC+02:00", "2026-03-09T08:00:00Z", ""},
		{"Mon, 09 Mar 2026 10:00:00 +200", "2026-03-09T08:00:00Z", ""},
		{"Mon, 09 Mar 2026 10:00:00GMT", "2026-03-09T10:00:00Z", ""},
		{"Mon, 09 Mar 26 10:00 EDT", "2026-03-09T14:00:00Z", ""},
		{"Mon, 09 Mar 126 10:00:00 GMT", "2026-03-09T10:00:00Z", ""},
		{"Mon, 09 Mar 2026 10:00:60 GMT", "2026-03-09T10:00:59Z", ""},
		{"Mon, 09 Mar 2026 10:00:00 EST5EDT", "2026-03-09T15:00:00Z", "day"},
		{"Mon, 09 Mar 2026 10:00:00 Eastern Standard Time", "2026-03-09T10:00:00Z", "day"},
		{"Mar 9, 2026, 4:05\u202fPM", "2026-03-09T16:05:00Z", ""},
		{"Updated: 9 March 2026, 10:00 GMT", "2026-03-09T10:00:00Z", ""},
		{"1773050400.5", "2026-03-09T10:00:00.5Z", ""},
		{"1773050400123", "2026-03-09T10:00:00.123Z", ""},
		{"1773050400000000", "2026-03-09T10:00:00Z", ""},
		{"/Date(1773050400000+0100)/", "2026-03-09T10:00:00Z", ""},
		{"20260309T100000Z", "2026-03-09T10:00:00Z", ""},
		{"Mo., 9. März 2026 10:00 Uhr", "2026-03-09T10:00:00Z", ""},
		{"Mo, 09 Mär 2026 10:00:00 +0100", "2026-03-09T09:00:00Z", ""},
		{"lundi 9 mars 2026 à 10h00", "2026-03-09T10:00:00Z", ""},
		{"lunes, 9 de marzo de 2026", "2026-03-09T00:00:00Z", "day"},
		{"segunda-feira, 9 de março de 2026", "2026-03-09T00:00:00Z", "day"},
		{"seg, 09 mar 2026 10:00:00 -0300", "2026-03-09T13:00:00Z", ""},
		{"lunedì 9 marzo 2026 ore 10:00", "2026-03-09T10:00:00Z", ""},
		{"9 марта 2026 г., 10:00", "2026-03-09T10:00:00Z", ""},
		{"понедельник, 9 марта 2026", "2026-03-09T00:00:00Z", "day"},
		{"09 Mart 2026 Pazartesi, 10:00", "2026-03-09T10:00:00Z", ""},
		{"الإثنين، 9 مارس 2026 10:00", "2026-03-09T10:00:00Z", ""},
		{"9 آذار/مارس 2026", "2026-03-09T00:00:00Z", "day"},
		{"٩ كانون الثاني ٢٠٢٦", "2026-01-09T00:00:00Z", "day"},
		{"poniedziałek, 9 marca 2026", "2026-03-09T00:00:00Z", "day"},
		{"Senin, 9 Maret 2026 10:00 WIB", "2026-03-09T03:00:00Z", ""},
		{"9 मार्च 2026", "2026-03-09T00:00:00Z", "day"},
		{"2026년 3월 9일 오후 3:05", "2026-03-09T15:05:00Z", ""},
		{"2026年03月09日 10时00分", "2026-03-09T10:00:00Z", ""},
	} {
		got, precision, ok := parseDate(tt.in)
		if s := got.Format(time.RFC3339Nano); !ok || s != tt.want || precision != tt.precision {
			t.Errorf("parseDate(%q) = %s %q %v; want %s %q", tt.in, s, precision, ok, tt.want, tt.precision)
		}
	}
	for _, in := range []string{
		"", "yesterday", "now", "0", "-1", "30 Feb 2026", "29 Feb 2026", "31 April 2026", "0000-00-00T00:00:00Z", "2026-13-01", "2026-00-10",
		"01/02/2026", "Tue, 17 Feb 2026 25:00:00 GMT", "Tue, 17 Feb 2026 14:60:00 GMT", "17 Feb", "Feb 2026 14:12", "14:12:06", "Tue,",
		"17 Feb 2026 13:00 AM", "Tue, 17 Feb 2026 14:12:06 +9900", "17 Feb Mar 2026", "17 Feb 2026 2027", "1 2 3 4 5 6", "17 Feb 99999",
		"-0001-11-30T00:00:00+00:00", "0001-01-01T00:00:00Z", "Wed, 30 Nov -0001 00:00:00 +0000", "09-03-2026", "31 Sep 2026", "9 listopada 2026", "12345678901234567",
	} {
		if got, ok := ParseDate(in); ok {
			t.Errorf("ParseDate(%q) = %v, want none", in, got)
		}
	}
}

// Go's own formats must all be read back as they were.
func TestParseDateLayouts(t *testing.T) {
	zone := time.FixedZone("", 5*3600+1800)
	for _, layout := range []string{time.RFC1123Z, time.RFC822Z, time.RFC3339, time.RFC3339Nano, "2 January 2006 15:04:05 -0700", "Monday, 02-Jan-06 15:04:05 -0700"} {
		for d := range 400 {
			want := time.Date(2026, 1, 1+d, 23, 59, 0, 0, zone)
			if got, ok := ParseDate(want.Format(layout)); !ok || !got.Equal(want) {
				t.Fatalf("ParseDate(%q) = %v, %v; want %v", want.Format(layout), got, ok, want.UTC())
			}
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Tue, 17 Feb 2026 14:12:06 GMT", "2026-02-17T14:12:06.5+05:30", "Feb. 17, 2026 2:12 PM EST", "1587429781", "17.02.2026", "mar., 17 févr. 2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseDate(s)
		if !ok {
			if !got.IsZero() {
				t.Fatalf("ParseDate(%q) = %v without ok", s, got)
			}
			return
		}
		if got.Location() != time.UTC || got.Year() < 1899 || got.Year() > 3000 {
			t.Fatalf("ParseDate(%q) = %v", s, got)
		}
		if again, ok := ParseDate(got.Format(time.RFC3339Nano)); !ok || !again.Equal(got) {
			if got.Year() >= 1900 && got.Year() < 3000 {
				t.Fatalf("ParseDate(%q) = %v, and read again %v, %v", s, got, again, ok)
			}
		}
	})
}

// TestFutureDates: what the poll cannot have seen is the poll's own time, and says
// so; the next best element is asked first.
func TestFutureDates(t *testing.T) {
	now := time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ name, item, published, asWritten string }{
		{"an hour ahead is a clock", "<pubDate>Mon, 09 Mar 2026 11:00:00 GMT</pubDate>", "2026-03-09T11:00:00Z", ""},
		{"more is not", "<pubDate>Mon, 09 Mar 2026 11:00:01 GMT</pubDate>", "2026-03-09T10:00:00Z", "Mon, 09 Mar 2026 11:00:01 GMT"},
		{"nor are ten years", "<pubDate>2036-03-09</pubDate>", "2026-03-09T10:00:00Z", "2036-03-09"},
		{"tomorrow has begun somewhere", "<pubDate>2026-03-10</pubDate>", "2026-03-10T00:00:00Z", ""},
		{"another element is asked first", "<pubDate>Mon, 09 Mar 2036 11:00:01 GMT</pubDate><dc:date>2026-03-08T10:00:00Z</dc:date>", "2026-03-08T10:00:00Z", ""},
		{"before the web", "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", "", ""},
		{"long text is cut", "<pubDate>Mon, 09 Mar 2036 11:00:01 GMT (" + strings.Repeat("x", 80) + ")</pubDate>", "2026-03-09T10:00:00Z", "Mon, 09 Mar 2036 11:00:01 GMT (" + strings.Repeat("x", 33)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse([]byte("<rss><channel><item><guid>1</guid><title>x</title>"+tt.item+"</item></channel></rss>"), "", testFeed, Limits{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			a := p.Articles[0]
			published := ""
			if !a.Published.IsZero() {
				published = a.Published.Format(time.RFC3339)
			}
			if published != tt.published || a.PublishedAsWritten != tt.asWritten || a.PublishedClamped != (tt.asWritten != "") {
				t.Errorf("published %s, clamped %v, as written %q; want %s, %q", published, a.PublishedClamped, a.PublishedAsWritten, tt.published, tt.asWritten)
			}
		})
	}
}
