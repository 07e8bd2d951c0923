package app_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"shangliang/internal/proposal"
)

// photo is a photograph of a river, taken with the telephone on its side, that
// says where it was taken.
func photo(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 800, 600))
	for y := range 600 {
		for x := range 800 {
			m.Set(x, y, color.RGBA{uint8(90 + x/10), uint8(150 + y/10), uint8(200 - x/8), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00 taken at 29.5N"
	return []byte("\xFF\xD8\xFF\xE1\x00" + string(rune(len(exif)+2)) + exif + b.String()[2:])
}

// A photograph of a case shows as a small copy, opens as a larger one, the right
// way up, and never says where it was taken.
func TestWalkPicture(t *testing.T) {
	onEach(t, func(k *walk) {
		t := k.t
		id := k.Play("handling").ID
		b := photo(t)
		f, err := k.Proposals.Attach(k.As("柳文书"), id, proposal.Upload{Purpose: "scan", Name: "河道现场.jpg", Size: int64(len(b)), Content: bytes.NewReader(b)})
		if err != nil {
			t.Fatal(err)
		}
		path := "/proposals/" + id
		clerk := k.as("柳文书")
		clerk.Visit(path)
		clerk.Sees("河道现场.jpg")
		clerk.Is("document.querySelector('.files .thumb img')")
		clerk.Is("(e => { e.scrollIntoView(); return e.complete && e.naturalWidth === 180 && e.naturalHeight === 240 })(document.querySelector('.files .thumb img'))")
		clerk.Axe()
		clerk.Shoot("picture-case")
		clerk.Is("document.querySelector('.files .thumb').getAttribute('href') === '" + path + "/files/" + f.ID + "?size=screen'")
		c := k.Browser(t, "柳文书")
		for query, want := range map[string]image.Point{"": {800, 600}, "?size=screen": {600, 800}} {
			a := c.Get(path + "/files/" + f.ID + query).Want(200)
			m, _, err := image.DecodeConfig(strings.NewReader(a.Body))
			if err != nil || m.Width != want.X || m.Height != want.Y || strings.Contains(a.Body, "29.5N") {
				t.Errorf("%q: %dx%d, %v", query, m.Width, m.Height, err)
			}
		}
		kept, err := k.Proposals.Get(k.As("柳文书"), id)
		if err != nil {
			t.Fatal(err)
		}
		if kept.Files[0].Size != int64(len(b)) { // what was handed in is kept as it was
			t.Errorf("%d bytes are kept of %d", kept.Files[0].Size, len(b))
		}
		k.Browser(t, "田会办").Get(path + "/files/" + f.ID + "?size=thumb").Want(404)
	})
}
