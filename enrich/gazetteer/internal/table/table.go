// Package table is the layout of the gazetteer's file, as the builder writes it
// and package gazetteer reads it.
//
// All numbers are little-endian. A header (Magic, a zero byte, the number of
// rows, of buckets, the sizes of the six sections and of the lists) is followed by
//
//	rows     RowSize bytes for each place, the first is empty, then the countries
//	names    the places' names, one after the other
//	index    for each bucket where it begins in keys, and where the last one ends
//	keys     buckets of keys with the same hash: length, flags, number of links
//	         (varint), the key, the links
//	first    half a byte for each hash of a first word: the words of the longest
//	         name that begins with it
//	pairs    a bit for each hash of the two words that a name begins with
//
// and two lists, lines of text: country codes and time zones.
package table

// Sizes and marks of the file.
const (
	Magic      = "tocsin gazetteer 5\n"
	HeaderSize = 64

	// A row: name at [0:4], GeoNames id [4:8], latitude [8:12] and longitude [12:16]
	// in 1e-5 degrees, population [16:20], parent (of a country: its capital) [20:23]
	// and kind [23], country [24:26], zone [26:28], radius in 100 m [28:30], length
	// of the name [30], flags [31].
	RowSize     = 32
	FlagCapital = 1 << 0
	FlagNotable = 1 << 2
	FlagNowhere = 1 << 1 // coordinates are the parent's

	// A link from a key to a row is three bytes: the row's number, then how the
	// key names it.
	LinkSize = 3
	LinkBits = 21

	// Flags of a key.
	KeyStrong = 1 << 0
	KeyWord   = 1 << 1
	KeyPerson = 1 << 2
)

// Hash is FNV-1a of 32 bits.
func Hash(key []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range key {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
