package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// mark is what must not be given out: it stands in all that a picture carries.
const mark = "GPS-29.5N-7f3a"

// exif is EXIF with a place, and which way is up.
func exif(t turn) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	b = append(b, 0x0E, 0x01, 2, 0, byte(len(mark)), 0, 0, 0, 0x26, 0, 0, 0) // a description, behind
	b = append(b, 0x12, 0x01, 3, 0, 1, 0, 0, 0, byte(t), 0, 0, 0)
	b = append(b, 0, 0, 0, 0)
	return append(b, mark...)
}

// corners is a picture with another colour in each corner, clockwise from the
// top left: red, green, blue, white.
func corners(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.NRGBA{0, 255, 0, 255}
			case x >= w/2:
				c = color.NRGBA{0, 0, 255, 255}
			case y >= h/2:
				c = color.NRGBA{255, 255, 255, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// seen names the colours of the corners.
func seen(m image.Image) string {
	b := m.Bounds()
	s := ""
	for _, p := range []image.Point{{b.Min.X + 1, b.Min.Y + 1}, {b.Max.X - 2, b.Min.Y + 1}, {b.Max.X - 2, b.Max.Y - 2}, {b.Min.X + 1, b.Max.Y - 2}} {
		r, g, bl, _ := m.At(p.X, p.Y).RGBA()
		name := map[[3]bool]string{{true, false, false}: "r", {false, true, false}: "g", {false, false, true}: "b", {true, true, true}: "w"}[[3]bool{r > 0x8000, g > 0x8000, bl > 0x8000}]
		if name == "" {
			name = "?"
		}
		s += name
	}
	return s
}

func segment(marker byte, body string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2))
	return append(b, body...)
}

func ofJPEG(t testing.TB, m image.Image, up turn) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	out := []byte{0xFF, soi}
	out = append(out, segment(app0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")...)
	out = append(out, segment(app1, "Exif\x00\x00"+string(exif(up)))...)
	out = append(out, segment(app1, "http://ns.adobe.com/xap/1.0/\x00<xmp>"+mark)...)
	out = append(out, segment(app2, "MPF\x00"+mark)...)
	out = append(out, segment(app2, "ICC_PROFILE\x00\x01\x01")...)
	out = append(out, segment(0xED, "Photoshop 3.0\x00"+mark)...)
	out = append(out, segment(com, mark)...)
	out = append(out, b.Bytes()[2:]...)
	return append(out, ("ftypmp42 a film " + mark)...)
}

func ofPNG(t testing.TB, m image.Image, up turn) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(b.Bytes()[:33]) // with IHDR
	out = appendChunk(out, "eXIf", exif(up))
	out = appendChunk(out, "tEXt", []byte("Comment\x00"+mark))
	out = appendChunk(out, "iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+mark))
	out = appendChunk(out, "gAMA", []byte{0, 0, 0xB1, 0x8F})
	out = append(out, b.Bytes()[33:]...)
	return append(out, mark...)
}

// ofWebP is a picture of one colour: there is no encoder for more.
func ofWebP(w, h int, up turn) []byte {
	var bits []bool
	put := func(v, n int) {
		for i := range n {
			bits = append(bits, v>>i&1 == 1)
		}
	}
	put(0x2F, 8)
	put(w-1, 14)
	put(h-1, 14)
	put(0, 1+3+3)                               // no transparency, version 0, nothing transformed, cached or grouped
	for _, v := range []int{200, 40, 10, 255} { // green, red, blue, opaque: one symbol each
		put(0b101, 3)
		put(v, 8)
	}
	put(0b0001, 4)
	data := make([]byte, (len(bits)+7)/8)
	for i, b := range bits {
		if b {
			data[i/8] |= 1 << (i % 8)
		}
	}
	chunk := func(name string, body []byte) []byte {
		b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
		if b = append(b, body...); len(body)%2 == 1 {
			b = append(b, 0)
		}
		return b
	}
	body := []byte("WEBP")
	body = append(body, chunk("VP8X", []byte{webpEXIF | webpXMP, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0})...)
	body = append(body, chunk("VP8L", data)...)
	body = append(body, chunk("EXIF", exif(up))...)
	body = append(body, chunk("XMP ", []byte(mark))...)
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)))
	return append(append(out, body...), mark...)
}

// samples are pictures of each kind that carry everything.
func samples(t testing.TB, up turn) map[string][]byte {
	return map[string][]byte{JPEG: ofJPEG(t, corners(64, 32), up), PNG: ofPNG(t, corners(64, 32), up), WebP: ofWebP(64, 32, up)}
}

func decode(t testing.TB, b []byte) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What a picture carries is gone; the picture, its colours and which way is up
// are as they were.
func TestStrip(t *testing.T) {
	for _, up := range []turn{1, 6} {
		for kind, b := range samples(t, up) {
			if !bytes.Contains(b, []byte(mark)) {
				t.Fatal("the sample carries nothing")
			}
			clean, is, err := Strip(b)
			if err != nil || is != kind {
				t.Fatalf("%s: %s, %v", kind, is, err)
			}
			if bytes.Contains(clean, []byte("7f3a")) || bytes.Contains(clean, []byte("GPS")) {
				t.Errorf("%s: it is still there", kind)
			}
			if !reflect.DeepEqual(decode(t, b), decode(t, clean)) {
				t.Errorf("%s: the picture has changed", kind)
			}
			if got := orientation(clean, kind); got != up {
				t.Errorf("%s: %d was up, now %d", kind, up, got)
			}
			again, _, err := Strip(clean)
			if err != nil || !bytes.Equal(again, clean) {
				t.Errorf("%s: twice is not once (%v)", kind, err)
			}
			if kind == JPEG && !bytes.Contains(clean, []byte("ICC_PROFILE")) || kind == PNG && !bytes.Contains(clean, []byte("gAMA")) {
				t.Errorf("%s: the colours are gone", kind)
			}
		}
	}
	cut := ofJPEG(t, corners(64, 32), 1)
	cut = cut[:bytes.Index(cut, []byte{0xFF, sos})+40]
	if clean, _, err := Strip(cut); err != nil || bytes.Contains(clean, []byte(mark)) {
		t.Errorf("a picture that is cut off: %v", err)
	}
	for _, b := range []string{"", "x", "\xFF\xD8\xFF", pngHead, "RIFF\x10\x00\x00\x00WEBP", "%PDF-1.4", "GIF89a"} {
		if clean, _, err := Strip([]byte(b)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %q, %v", b, clean, err)
		}
	}
}

// However it was held, the copy is upright, fits, and carries nothing.
func TestScale(t *testing.T) {
	// What a camera that was held so wrote of the same scene.
	held := map[turn]string{1: "rgbw", 2: "grwb", 3: "bwrg", 4: "wbgr", 5: "rwbg", 6: "wrgb", 7: "bgrw", 8: "gbwr"}
	for up, want := range held {
		for kind, b := range map[string][]byte{JPEG: ofJPEG(t, corners(640, 320), up), PNG: ofPNG(t, corners(640, 320), up)} {
			small, is, err := Scale(b, Thumb)
			if err != nil || is != JPEG {
				t.Fatalf("%s: %s, %v", kind, is, err)
			}
			m := decode(t, small)
			size := image.Pt(240, 120)
			if up >= 5 {
				size = image.Pt(120, 240)
			}
			if m.Bounds().Size() != size || seen(m) != want {
				t.Errorf("%s held as %d: %v, %s, want %s", kind, up, m.Bounds().Size(), seen(m), want)
			}
			if bytes.Contains(small, []byte("7f3a")) || bytes.Contains(small, []byte("Exif")) {
				t.Errorf("%s: it carries something", kind)
			}
		}
	}
	small, _, err := Scale(ofWebP(640, 320, 6), Thumb)
	if err != nil || decode(t, small).Bounds().Size() != image.Pt(120, 240) {
		t.Errorf("WebP: %v", err)
	}
	if small, _, err := Scale(ofPNG(t, corners(40, 20), 1), Thumb); err != nil || decode(t, small).Bounds().Size() != image.Pt(40, 20) {
		t.Errorf("a small one: %v", err)
	}
	if small, _, err := Scale(ofPNG(t, corners(9000, 2), 1), Thumb); err != nil || decode(t, small).Bounds().Size() != image.Pt(240, 1) {
		t.Errorf("a thin one: %v", err)
	}
	clear := corners(40, 20)
	clear.SetNRGBA(3, 3, color.NRGBA{})
	if _, is, err := Scale(ofPNG(t, clear, 1), Thumb); err != nil || is != PNG {
		t.Errorf("with a hole: %s, %v", is, err)
	}
}

// A picture that claims to be huge is refused by its header, and nothing is
// allocated for it.
func TestBombs(t *testing.T) {
	header := func(w, h uint32, depth, kind byte) []byte {
		body := binary.BigEndian.AppendUint32(nil, w)
		body = binary.BigEndian.AppendUint32(body, h)
		return appendChunk([]byte(pngHead), "IHDR", append(body, depth, kind, 0, 0, 0))
	}
	frame := func(marker byte, w, h uint16) []byte {
		body := binary.BigEndian.AppendUint16([]byte{8}, h)
		body = binary.BigEndian.AppendUint16(body, w)
		body = append(body, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
		head := append([]byte{0xFF, soi}, segment(app0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")...)
		return append(head, segment(marker, string(body))...)
	}
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"PNG of 3600 million":     {header(60000, 60000, 8, 6), ErrTooLarge},
		"PNG of 2^62":             {header(1<<31-1, 1<<31-1, 8, 6), ErrDamaged}, // refused by the decoder already
		"black and white, 64 M":   {header(8000, 8000, 1, 0), ErrTooLarge},
		"16 bits, 55 M":           {header(11000, 5000, 16, 6), ErrTooLarge},
		"16 bits, 40 M":           {header(8000, 5000, 16, 6), nil},
		"a telephone's, 48 M":     {frame(0xC0, 8000, 6000), nil},
		"JPEG of 4290 million":    {frame(0xC0, 65500, 65500), ErrTooLarge},
		"one that sharpens, 30 M": {frame(progressive, 6000, 5000), ErrTooLarge},
		"one that sharpens, 20 M": {frame(progressive, 5000, 4000), nil},
		"nothing":                 {nil, ErrDamaged},
		"a film":                  {append([]byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00"), webpMoving, 0, 0, 0, 9, 0, 0, 9, 0, 0, 0, 0, 0, 0), ErrMoving},
	} {
		if _, err := Check(bytes.NewReader(c.b)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		if _, _, err := Scale(header(60000, 60000, 8, 6), Thumb); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("refusing took %d KB", grown>>10)
	}
}

func TestCache(t *testing.T) {
	c := NewCache(100)
	var n atomic.Int32
	get := func(key string, size int) {
		t.Helper()
		b, kind, err := c.Get(key, func() ([]byte, string, error) { n.Add(1); return []byte(strings.Repeat("x", size)), PNG, nil })
		if err != nil || len(b) != size || kind != PNG {
			t.Errorf("%s: %d bytes, %s, %v", key, len(b), kind, err)
		}
	}
	made := func(want int32) {
		t.Helper()
		if got := n.Swap(0); got != want {
			t.Errorf("made %d, want %d", got, want)
		}
	}
	get("a", 40)
	get("b", 40)
	get("a", 40)
	made(2)
	get("c", 40) // b was used longest ago
	get("a", 40)
	made(1)
	get("b", 40)
	made(1)
	get("huge", 101)
	get("huge", 101)
	get("", 1)
	get("", 1)
	made(4)
	if c.bytes > 100 || len(c.known) != c.recent.Len() {
		t.Errorf("%d bytes, %d and %d", c.bytes, len(c.known), c.recent.Len())
	}
	bad := errors.New("bad")
	for range 2 {
		if _, _, err := c.Get("bad", func() ([]byte, string, error) { n.Add(1); return nil, "", bad }); err != bad {
			t.Error(err)
		}
	}
	made(2)
	var wg sync.WaitGroup
	release := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			c.Get("slow", func() ([]byte, string, error) { n.Add(1); <-release; return []byte("x"), PNG, nil })
		})
	}
	close(release)
	wg.Wait()
	if got := n.Load(); got < 1 || got > 8 {
		t.Errorf("made %d times", got)
	}
	get("slow", 1)
	if n.Load() > 8 {
		t.Error("not kept")
	}
}

// Whatever comes in, taking out what it carries fails or leaves a picture of the
// same size, and doing it twice changes nothing.
func FuzzStrip(f *testing.F) {
	for _, up := range []turn{1, 3, 8} {
		for _, b := range samples(f, up) {
			f.Add(b)
			f.Add(b[:len(b)/2])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		clean, kind, err := Strip(b)
		if err != nil {
			return
		}
		again, _, err := Strip(clean)
		if err != nil || !bytes.Equal(again, clean) {
			t.Errorf("twice is not once: %v", err)
		}
		was, _, err := image.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			return
		}
		is, as, err := image.DecodeConfig(bytes.NewReader(clean))
		if err != nil || as != kind || is.Width != was.Width || is.Height != was.Height {
			t.Errorf("%v, %s %dx%d, was %dx%d", err, as, is.Width, is.Height, was.Width, was.Height)
		}
		if kind, err := Check(bytes.NewReader(b)); err == nil && is.Width*is.Height < 1<<16 {
			if small, _, err := Scale(b, Thumb); err == nil && len(small) == 0 {
				t.Errorf("%s: an empty copy", kind)
			}
		}
	})
}

func BenchmarkScale(b *testing.B) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, corners(4000, 3000), nil); err != nil {
		b.Fatal(err)
	}
	for _, box := range []int{Thumb, Screen} {
		b.Run(fmt.Sprint(box), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := Scale(photo.Bytes(), box); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
