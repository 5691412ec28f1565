package enrich

// trace is what a reading keeps for Explain besides what later steps need: only
// what is at hand anyway, so that reading is no slower for it.
type trace struct {
	clauses []clause
	found   []incident
	told    []int // index in found of each report
	about   about
	lead    lead
	scores  [64]int // of typed's last call, by index in Types
	rivals  []int   // figures that competed in totalOf's last call
}
