package enrich

import "strings"

// agencies are the news agencies whose stories outlets print, each with what an
// article calls it where it says whose story it is.
var agencies = []struct{ name, written string }{
	{"Reuters", "Reuters"}, {"AFP", "AFP"}, {"AFP", "Agence France-Presse"}, {"AP", "AP"}, {"AP", "Associated Press"}, {"AP", "The Associated Press"}, {"DPA", "dpa"}, {"DPA", "DPA"},
	{"PTI", "PTI"}, {"ANI", "ANI"}, {"IANS", "IANS"}, {"Xinhua", "Xinhua"}, {"EFE", "EFE"}, {"ANSA", "ANSA"}, {"TASS", "TASS"}, {"Interfax", "Interfax"}, {"UPI", "UPI"},
	{"Anadolu", "AA"}, {"Anadolu", "Anadolu Agency"}, {"Anadolu", "Anadolu"}, {"Kyodo", "Kyodo"}, {"Yonhap", "Yonhap"}, {"Bernama", "Bernama"}, {"PA", "PA Media"}, {"NAN", "NAN"}, {"GNA", "GNA"}, {"APP", "APP"}, {"UNI", "UNI"},
	{"ANP", "ANP"}, {"Belga", "Belga"}, {"Ukrinform", "Ukrinform"}, {"SANA", "SANA"}, {"INA", "INA"}, {"WAFA", "WAFA"}, {"BNS", "BNS"}, {"CNA", "CNA"}, {"Antara", "Antara"}, {"VNA", "VNA"},
}

// Where an article says whose story it is: in its dateline or byline, or at its end.
const (
	creditHead = 160
	creditTail = 120
)

// credit is the agency that a text names as its source, "" where it names none.
func credit(body string) string {
	body = strings.TrimSpace(body)
	head, tail := body[:min(len(body), creditHead)], body[max(0, len(body)-creditTail):]
	for _, a := range agencies {
		if strings.Contains(head, "("+a.written+")") || strings.Contains(tail, "("+a.written+")") || strings.HasPrefix(head, a.written+" - ") ||
			strings.HasPrefix(head, "By "+a.written) || strings.Contains(head, "- "+a.written+" -") || strings.Contains(head, "| "+a.written+" |") {
			return a.name
		}
		for _, end := range []string{"\n" + a.written, "- " + a.written, "– " + a.written, "— " + a.written, "/" + a.written, "[" + a.written + "]", "Source: " + a.written} {
			if strings.HasSuffix(tail, end) || strings.HasSuffix(tail, end+".") {
				return a.name
			}
		}
	}
	return ""
}
