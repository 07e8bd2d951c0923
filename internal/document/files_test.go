package document

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// part is a file inside a packed one.
type part struct{ name, body string }

func packed(parts ...part) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err != nil {
			panic(err)
		}
		w.Write([]byte(p.body))
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

var types = part{"[Content_Types].xml", "<Types/>"}

func docx(more ...part) []byte {
	return packed(append([]part{types, {"word/document.xml", "<w:document/>"}}, more...)...)
}

// book makes an xlsx by what f does with it.
func book(t testing.TB, f func(x *excelize.File)) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	f(x)
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// grid makes an xlsx of the given cells.
func grid(t testing.TB, rows [][]any) []byte {
	t.Helper()
	return book(t, func(x *excelize.File) {
		for i, row := range rows {
			x.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row)
		}
	})
}

func gbk(s string) []byte {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
	if err != nil {
		panic(err)
	}
	return b
}

// compoundFile makes an old office file: a header, one sector of allocation
// table, one of directory with the given names, and the content of the first
// stream. With filler, the directory stands after so many sectors that its
// place in the table is listed outside the header.
func compoundFile(filler int, body string, names ...string) []byte {
	const size = 512
	le := binary.LittleEndian
	fats := (filler+200)/128 + 1
	lists := 0
	if fats > 109 {
		lists = (fats-109)/127 + 1
	}
	total := fats + lists + filler + 2
	b := make([]byte, size*(total+1))
	sector := func(i int) []byte { return b[size*(i+1) : size*(i+2)] }
	copy(b, compoundMagic)
	le.PutUint16(b[0x1E:], 9)
	le.PutUint32(b[0x44:], 0xFFFFFFFE)
	for i := range 109 {
		le.PutUint32(b[0x4C+4*i:], 0xFFFFFFFF)
	}
	// The table's sectors come first, then the lists of them, then the filler.
	for i := range fats {
		if i < 109 {
			le.PutUint32(b[0x4C+4*i:], uint32(i))
			continue
		}
		list := fats + (i-109)/127
		le.PutUint32(b[0x44:], uint32(fats))
		le.PutUint32(sector(list)[4*((i-109)%127):], uint32(i))
		le.PutUint32(sector(list)[size-4:], uint32(list+1))
	}
	dir, main := total-2, total-1
	le.PutUint32(b[0x30:], uint32(dir))
	for i := range total {
		le.PutUint32(sector(i / 128)[4*(i%128):], 0xFFFFFFFE)
	}
	for i, name := range names {
		e := sector(dir)[128*i:]
		u := utf16.Encode([]rune(name))
		for j, c := range u {
			le.PutUint16(e[2*j:], c)
		}
		le.PutUint16(e[64:], uint16(2*len(u)+2))
		e[66] = 2
		le.PutUint32(e[116:], uint32(main))
	}
	copy(sector(main), body)
	// The table itself was overwritten by nothing: entries only.
	return b
}

func photo(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func scan(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugePNG claims dimensions that would fill the memory.
func hugePNG(t testing.TB) []byte {
	b := scan(t, 1, 1)
	binary.BigEndian.PutUint32(b[16:], 60_000)
	binary.BigEndian.PutUint32(b[20:], 60_000)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// webp is a WebP of one pixel; flag 2 says that it moves.
func webp(flags byte) []byte {
	pixel := "VP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
	return []byte("RIFF\x2c\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + string(flags) + "\x00\x00\x00\x00\x00\x00\x00\x00\x00" + pixel)
}

// lyingZip claims that its entry is small; it unpacks to n bytes.
func lyingZip(n int) []byte {
	b := docx(part{"word/media/a.xml", strings.Repeat("a", n)})
	size := make([]byte, 4)
	binary.LittleEndian.PutUint32(size, uint32(n))
	lie := []byte{100, 0, 0, 0}
	return bytes.ReplaceAll(b, size, lie)
}

func pdf(trailer string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<" + trailer + ">>\nstartxref\n9\n%%EOF\n")
}
