package paper

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"unicode/utf16"
)

// A TrueType file as far as a document needs it: which characters it has, how
// wide they are, what it is called, and the same outlines again under other
// character codes. Outlines of the other kind (CFF) are left to other programs.

var (
	be        = binary.BigEndian
	errNoFace = errors.New("paper: not a TrueType face")
)

const (
	mostFontBytes = 128 << 20 // of one file
	mostTables    = 64
)

// sfnt is one face of a file: where its tables lie.
type sfnt struct {
	r      io.ReaderAt
	size   int64
	tables map[string][2]int64 // offset, length
}

// sfnts reads the directories of all faces of a file.
func sfnts(r io.ReaderAt, size int64) ([]*sfnt, error) {
	head := make([]byte, 12)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, errNoFace
	}
	offsets := []int64{0}
	if string(head[:4]) == "ttcf" {
		n := be.Uint32(head[8:])
		if n == 0 || n > 64 {
			return nil, errNoFace
		}
		list := make([]byte, 4*n)
		if _, err := r.ReadAt(list, 12); err != nil {
			return nil, errNoFace
		}
		offsets = offsets[:0]
		for i := range int(n) {
			offsets = append(offsets, int64(be.Uint32(list[4*i:])))
		}
	}
	var all []*sfnt
	for _, at := range offsets {
		if f := directory(r, size, at); f != nil {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, errNoFace
	}
	return all, nil
}

// directory reads the tables of the face at an offset; nil if it has no
// TrueType outlines.
func directory(r io.ReaderAt, size, at int64) *sfnt {
	head := make([]byte, 12)
	if _, err := r.ReadAt(head, at); err != nil {
		return nil
	}
	if v := be.Uint32(head); v != 0x00010000 && v != 0x74727565 { // "true"
		return nil
	}
	n := int(be.Uint16(head[4:]))
	if n == 0 || n > mostTables {
		return nil
	}
	list := make([]byte, 16*n)
	if _, err := r.ReadAt(list, at+12); err != nil {
		return nil
	}
	f := &sfnt{r: r, size: size, tables: map[string][2]int64{}}
	for ; len(list) > 0; list = list[16:] {
		offset, length := int64(be.Uint32(list[8:])), int64(be.Uint32(list[12:]))
		if offset+length > size {
			return nil
		}
		f.tables[string(list[:4])] = [2]int64{offset, length}
	}
	for _, tag := range []string{"head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap", "post"} {
		if f.tables[tag][1] == 0 {
			return nil
		}
	}
	return f
}

func (f *sfnt) table(tag string) ([]byte, error) {
	t := f.tables[tag]
	b := make([]byte, t[1])
	if _, err := f.r.ReadAt(b, t[0]); err != nil {
		return nil, err
	}
	return b, nil
}

// Ids in the table of names.
const (
	familyName = 1
	fullName   = 4
	postName   = 6
)

// names are what the face is called, in all languages.
func (f *sfnt) names() []string {
	b, err := f.table("name")
	if err != nil || len(b) < 6 {
		return nil
	}
	var all []string
	n, text := int(be.Uint16(b[2:])), int(be.Uint16(b[4:]))
	for i := range n {
		if 6+12*i+12 > len(b) {
			break
		}
		rec := b[6+12*i:]
		id := be.Uint16(rec[6:])
		if id != familyName && id != fullName && id != postName {
			continue
		}
		from := text + int(be.Uint16(rec[10:]))
		to := from + int(be.Uint16(rec[8:]))
		if to > len(b) {
			continue
		}
		name := decodeName(be.Uint16(rec), b[from:to])
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func decodeName(platform uint16, b []byte) string {
	if platform == 1 { // Macintosh: of use only where it is plain
		for _, c := range b {
			if c >= 0x80 {
				return ""
			}
		}
		return string(b)
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = be.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// glyphs maps characters to outlines, from the widest table of them that the
// face has.
func (f *sfnt) glyphs() (map[rune]uint16, error) {
	b, err := f.table("cmap")
	if err != nil || len(b) < 4 {
		return nil, errNoFace
	}
	var best []byte
	rank := -1
	for i := range int(be.Uint16(b[2:])) {
		if 4+8*i+8 > len(b) {
			break
		}
		rec := b[4+8*i:]
		platform, encoding, at := be.Uint16(rec), be.Uint16(rec[2:]), int64(be.Uint32(rec[4:]))
		if at+16 > int64(len(b)) || platform != 3 && platform != 0 || platform == 3 && encoding != 1 && encoding != 10 {
			continue
		}
		sub := b[at:]
		r := slices.Index([]uint16{4, 12}, be.Uint16(sub))
		if r > rank {
			best, rank = sub, r
		}
	}
	switch rank {
	case 0:
		return segments(best), nil
	case 1:
		return groups(best), nil
	}
	return nil, errNoFace
}

// segments reads a table of format 4.
func segments(b []byte) map[rune]uint16 {
	all := map[rune]uint16{}
	n := int(be.Uint16(b[6:])) / 2
	at := func(i int) int {
		if i < 0 || i+2 > len(b) {
			return 0
		}
		return int(be.Uint16(b[i:]))
	}
	for i := range n {
		end, start := at(14+2*i), at(16+2*n+2*i)
		delta, offset := at(16+4*n+2*i), at(16+6*n+2*i)
		for c := start; c <= end && c < 0xFFFF; c++ {
			g := c
			if offset != 0 {
				if g = at(16 + 6*n + 2*i + offset + 2*(c-start)); g == 0 {
					continue
				}
			}
			if g = (g + delta) & 0xFFFF; g != 0 {
				all[rune(c)] = uint16(g)
			}
		}
	}
	return all
}

// groups reads a table of format 12.
func groups(b []byte) map[rune]uint16 {
	all := map[rune]uint16{}
	n := int(be.Uint32(b[12:]))
	for i := 0; i < n && 16+12*i+12 <= len(b); i++ {
		g := b[16+12*i:]
		start, end, id := be.Uint32(g), be.Uint32(g[4:]), be.Uint32(g[8:])
		if end > 0x10FFFF || end < start || end-start > 0xFFFF {
			continue
		}
		for c := start; c <= end; c++ {
			if glyph := id + c - start; glyph != 0 && glyph <= 0xFFFF {
				all[rune(c)] = uint16(glyph)
			}
		}
	}
	return all
}

// advances returns how wide each outline is, in thousandths of the type size.
func (f *sfnt) advances() (func(glyph uint16) float64, error) {
	head, err1 := f.table("head")
	hhea, err2 := f.table("hhea")
	hmtx, err3 := f.table("hmtx")
	if err := errors.Join(err1, err2, err3); err != nil || len(head) < 54 || len(hhea) < 36 {
		return nil, errNoFace
	}
	unit, n := float64(be.Uint16(head[18:])), int(be.Uint16(hhea[34:]))
	if unit == 0 || n == 0 || len(hmtx) < 4*n {
		return nil, errNoFace
	}
	return func(glyph uint16) float64 {
		return float64(be.Uint16(hmtx[4*min(int(glyph), n-1):])) * 1000 / unit
	}, nil
}

// recoded is the face as a file of its own in which some outlines go by other
// codes, all of them below 0xFFFF. The other outlines are left out; those that
// remain keep their numbers.
func (f *sfnt) recoded(codes map[uint16]uint16) ([]byte, error) {
	tables := map[string][]byte{"cmap": cmapOf(codes)}
	for _, tag := range []string{"cvt ", "fpgm", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "prep"} {
		if f.tables[tag][1] == 0 {
			continue
		}
		b, err := f.table(tag)
		if err != nil {
			return nil, err
		}
		tables[tag] = b
	}
	if len(tables["head"]) < 54 || len(tables["post"]) < 32 {
		return nil, errNoFace
	}
	loca, err := f.table("loca")
	if err != nil {
		return nil, err
	}
	place := func(i int) (from, to int64) {
		if be.Uint16(tables["head"][50:]) == 0 {
			if 2*i+4 > len(loca) {
				return 0, 0
			}
			return 2 * int64(be.Uint16(loca[2*i:])), 2 * int64(be.Uint16(loca[2*i+2:]))
		}
		if 4*i+8 > len(loca) {
			return 0, 0
		}
		return int64(be.Uint32(loca[4*i:])), int64(be.Uint32(loca[4*i+4:]))
	}
	kept := map[int][]byte{}
	var keep func(i int) error
	keep = func(i int) error {
		from, to := place(i)
		if _, done := kept[i]; done || from >= to || to > f.tables["glyf"][1] {
			return nil
		}
		b := make([]byte, to-from)
		if _, err := f.r.ReadAt(b, f.tables["glyf"][0]+from); err != nil {
			return err
		}
		kept[i] = b
		for _, part := range components(b) {
			if err := keep(part); err != nil {
				return err
			}
		}
		return nil
	}
	all := []int{0}
	for _, g := range codes {
		all = append(all, int(g))
	}
	for _, i := range all {
		if err := keep(i); err != nil {
			return nil, err
		}
	}
	n := len(loca)/2 - 1
	if be.Uint16(tables["head"][50:]) != 0 {
		n = len(loca)/4 - 1
	}
	var glyf []byte
	long := make([]byte, 0, 4*(n+1))
	for i := range n {
		long = be.AppendUint32(long, uint32(len(glyf)))
		glyf = append(glyf, kept[i]...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
	}
	tables["loca"], tables["glyf"] = be.AppendUint32(long, uint32(len(glyf))), glyf
	be.PutUint16(tables["head"][50:], 1)
	return pack(tables), nil
}

// components are the outlines that an outline is put together from.
func components(b []byte) (parts []int) {
	if len(b) < 10 || b[0] < 0x80 { // a simple outline counts its contours, 0 or more
		return nil
	}
	for at := 10; at+4 <= len(b); {
		flags := be.Uint16(b[at:])
		parts = append(parts, int(be.Uint16(b[at+2:])))
		at += 6
		if flags&0x0001 != 0 { // its arguments are words
			at += 2
		}
		switch {
		case flags&0x0008 != 0:
			at += 2
		case flags&0x0040 != 0:
			at += 4
		case flags&0x0080 != 0:
			at += 8
		}
		if flags&0x0020 == 0 {
			break
		}
	}
	return parts
}

// cmapOf is a table of characters with a segment for each code.
func cmapOf(codes map[uint16]uint16) []byte {
	var sorted []uint16
	for c := range codes {
		sorted = append(sorted, c)
	}
	slices.Sort(sorted)
	n := len(sorted) + 1
	var ends, starts, deltas []byte
	for _, c := range sorted {
		ends, starts = be.AppendUint16(ends, c), be.AppendUint16(starts, c)
		deltas = be.AppendUint16(deltas, codes[c]-c)
	}
	ends, starts, deltas = be.AppendUint16(ends, 0xFFFF), be.AppendUint16(starts, 0xFFFF), be.AppendUint16(deltas, 1)
	search, selector := 1, 0
	for search*2 <= n {
		search, selector = search*2, selector+1
	}
	b := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12} // one table, for Windows and Unicode
	for _, v := range []int{4, 16 + 8*n, 0, 2 * n, 2 * search, selector, 2 * (n - search)} {
		b = be.AppendUint16(b, uint16(v))
	}
	b = append(append(b, ends...), 0, 0)
	b = append(append(b, starts...), deltas...)
	return append(b, make([]byte, 2*n)...)
}

// pack writes tables as a TrueType file.
func pack(tables map[string][]byte) []byte {
	var tags []string
	total := 12 + 16*len(tables)
	for tag, b := range tables {
		tags = append(tags, tag)
		total += len(b) + 3
	}
	slices.Sort(tags)
	out := make([]byte, 0, total)
	n, search, selector := len(tags), 1, 0
	for search*2 <= n {
		search, selector = search*2, selector+1
	}
	out = be.AppendUint32(out, 0x00010000)
	for _, v := range []int{n, 16 * search, selector, 16 * (n - search)} {
		out = be.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*n
	for _, tag := range tags {
		b := tables[tag]
		out = append(out, tag...)
		out = be.AppendUint32(out, checksum(b))
		out = be.AppendUint32(out, uint32(at))
		out = be.AppendUint32(out, uint32(len(b)))
		at += (len(b) + 3) &^ 3
	}
	for _, tag := range tags {
		out = append(out, tables[tag]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(b []byte) (sum uint32) {
	for ; len(b) >= 4; b = b[4:] {
		sum += be.Uint32(b)
	}
	if len(b) > 0 {
		var last [4]byte
		copy(last[:], b)
		sum += be.Uint32(last[:])
	}
	return sum
}
