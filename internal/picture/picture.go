// Package picture prepares photographs and scans for showing: without what they
// carry besides the picture, the right way up, and in the size that is wanted.
//
// Main functions: [Strip], which takes location and all else out and leaves the
// picture as it is, byte for byte; [Scale], which makes a small copy; [Check],
// which refuses what would take too much memory before anything is decoded. It
// reads JPEG, PNG and WebP, and owns no tables. It deliberately changes nothing
// that is stored.
package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	_ "golang.org/x/image/webp" // reads what phones send

	"golang.org/x/image/draw"
)

// The kinds, as [image.DecodeConfig] names them.
const (
	JPEG = "jpeg"
	PNG  = "png"
	WebP = "webp"
)

// The sizes for showing: the longest side of the box that a picture is fitted
// into. A picture that is smaller stays as large as it is.
const (
	Thumb  = 240  // in a list
	Screen = 1600 // alone on a page
)

const (
	// MostPixels is what a picture may have: more than a telephone makes.
	MostPixels = 60_000_000
	// mostMemory bounds what a picture takes while it is decoded.
	mostMemory = 400 << 20
	quality    = 82
)

var (
	// ErrTooLarge is that a picture has too many pixels to be decoded.
	ErrTooLarge = errors.New("picture: too many pixels")
	// ErrDamaged is that it is no picture of the kinds that are read, or broken.
	ErrDamaged = errors.New("picture: damaged")
	// ErrMoving is that a WebP is a moving picture, which is not read.
	ErrMoving = errors.New("picture: a moving picture")
)

// Check reads the header of a picture and says of which kind it is, or why it
// cannot be shown. It decodes nothing.
func Check(r io.Reader) (kind string, err error) {
	var head bytes.Buffer // what was read to get that far
	c, kind, err := image.DecodeConfig(io.TeeReader(r, &head))
	if b := head.Bytes(); len(b) > 20 && kindOf(b) == WebP && string(b[12:16]) == "VP8X" && b[20]&webpMoving != 0 {
		return "", ErrMoving
	}
	if err != nil || c.Width <= 0 || c.Height <= 0 || kind != JPEG && kind != PNG && kind != WebP {
		return "", errors.Join(ErrDamaged, err)
	}
	if c.Width > MostPixels/c.Height || c.Width*c.Height*depth(c.ColorModel, head.Bytes()) > mostMemory {
		return "", ErrTooLarge
	}
	return kind, nil
}

// depth is how many bytes a pixel takes while it is decoded. A JPEG that gets
// sharper as it comes is kept whole, as numbers, until its end.
func depth(m color.Model, head []byte) int {
	if kindOf(head) == JPEG {
		sharpens := false
		_ = segments(head, func(marker byte, _ []byte) { sharpens = sharpens || marker == progressive })
		if sharpens {
			return 16
		}
	}
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// decoding bounds the memory of all that is done at a time.
var decoding = make(chan struct{}, 1)

// Scale makes a copy that fits into a box of the given side, the right way up:
// JPEG, or PNG where the picture lets something shine through.
func Scale(b []byte, box int) (copied []byte, kind string, err error) {
	if kind, err = Check(bytes.NewReader(b)); err != nil {
		return nil, "", err
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	src, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, "", errors.Join(ErrDamaged, err)
	}
	turned := orientation(b, kind)
	size := src.Bounds().Size()
	if side := max(size.X, size.Y); side > box {
		size = image.Pt(max(1, size.X*box/side), max(1, size.Y*box/side))
	}
	small := image.NewRGBA(image.Rectangle{Max: size})
	draw.BiLinear.Scale(small, small.Bounds(), src, src.Bounds(), draw.Src, nil)
	small = turned.apply(small)
	var out bytes.Buffer
	if !small.Opaque() {
		err = png.Encode(&out, small)
		return out.Bytes(), PNG, err
	}
	err = jpeg.Encode(&out, small, &jpeg.Options{Quality: quality})
	return out.Bytes(), JPEG, err
}

// turn is how a camera was held, as EXIF numbers it: 1 upright, 3 upside down,
// 6 and 8 on either side, the even ones before 6 and the odd ones after 4
// mirrored.
type turn int

// apply puts a picture upright.
func (t turn) apply(src *image.RGBA) *image.RGBA {
	if t < 2 || t > 8 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	size := image.Pt(w, h)
	if t >= 5 {
		size = image.Pt(h, w)
	}
	dst := image.NewRGBA(image.Rectangle{Max: size})
	for y := range h {
		for x := range w {
			to := [...]image.Point{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x}}[t]
			copy(dst.Pix[dst.PixOffset(to.X, to.Y):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return dst
}
