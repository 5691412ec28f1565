package size

import "testing"

func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     Bytes
		out      string
	}{
		{"bare bytes", "512", 512, "512"},
		{"binary unit", "16MiB", 16 << 20, "16MiB"},
		{"a space and the common spelling", "64 kb", 64 << 10, "64KiB"},
		{"a rest keeps the smaller unit", "1536KiB", 1536 << 10, "1536KiB"},
		{"the larger unit when nothing is left", "2048MiB", 2 << 30, "2GiB"},
		{"zero", "0", 0, "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b Bytes
			if err := b.UnmarshalText([]byte(tt.in)); err != nil || b != tt.want || b.String() != tt.out {
				t.Errorf("%q = %d (%v), %v; want %d (%s)", tt.in, b, b, err, tt.want, tt.out)
			}
		})
	}
	for _, bad := range []string{"", "MiB", "-1", "1.5GiB", "9999999999GiB", "lots"} {
		if err := new(Bytes).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a size", bad)
		}
	}
}
