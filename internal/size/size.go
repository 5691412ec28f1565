// Package size reads and writes amounts of memory as people write them in
// configuration: "16MiB", "64KiB", "512".
package size

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes is an amount of memory.
type Bytes int64

// units are powers of 1024; "MB" is taken for "MiB", as most people mean it.
var units = []struct {
	suffix string
	n      Bytes
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	n := Bytes(1)
	for _, u := range units {
		if len(s) > len(u.suffix) && strings.EqualFold(s[len(s)-len(u.suffix):], u.suffix) {
			s, n = strings.TrimSpace(s[:len(s)-len(u.suffix)]), u.n
			break
		}
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 || v > int64(1<<62/n) {
		return fmt.Errorf("%q is no size: write a number with KiB, MiB or GiB, such as 16MiB", text)
	}
	*b = Bytes(v) * n
	return nil
}

// String implements fmt.Stringer with the largest unit that leaves no rest.
func (b Bytes) String() string {
	for _, u := range units[:3] {
		if b >= u.n && b%u.n == 0 {
			return strconv.FormatInt(int64(b/u.n), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }
