package picture

import (
	"bytes"
	"encoding/binary"
)

// Strip returns the picture without what it carries besides: place, time, device
// and names (EXIF, XMP, IPTC), comments, previews, a second picture or a film
// behind its end. The picture itself, its colours and which way is up stay as
// they are; nothing is decoded. Stripping twice changes nothing more.
func Strip(b []byte) (clean []byte, kind string, err error) {
	kind = kindOf(b)
	turned := orientation(b, kind)
	switch kind {
	default:
		return nil, "", ErrDamaged
	case JPEG:
		clean, err = stripJPEG(b, turned)
	case PNG:
		clean, err = stripPNG(b, turned)
	case WebP:
		clean, err = stripWebP(b, turned)
	}
	return clean, kind, err
}

// kindOf tells the kind by the first bytes.
func kindOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xD8\xFF")):
		return JPEG
	case bytes.HasPrefix(b, []byte(pngHead)):
		return PNG
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return WebP
	}
	return ""
}

// The markers of JPEG that matter here.
const (
	soi, eoi, sos = 0xD8, 0xD9, 0xDA
	progressive   = 0xC2
	app0, app1    = 0xE0, 0xE1
	app2, app14   = 0xE2, 0xEE
	app15, com    = 0xEF, 0xFE
)

var exifHead = []byte("Exif\x00\x00")

// segments goes through a JPEG: f gets each segment whole, marker first; a scan
// comes with the compressed picture that follows it. It ends at the end of the
// picture, whatever comes behind; a picture that is cut off ends where it does.
func segments(b []byte, f func(marker byte, whole []byte)) error {
	for at := 2; ; {
		for at+1 < len(b) && b[at] == 0xFF && b[at+1] == 0xFF { // filled up
			at++
		}
		if at+1 >= len(b) || b[at] != 0xFF {
			return ErrDamaged
		}
		marker := b[at+1]
		if marker == eoi {
			f(marker, b[at:at+2])
			return nil
		}
		if marker == soi || marker == 0 || marker >= 0xD0 && marker <= 0xD7 || at+4 > len(b) {
			return ErrDamaged
		}
		end := at + 2 + int(binary.BigEndian.Uint16(b[at+2:]))
		if end > len(b) || end < at+4 {
			return ErrDamaged
		}
		cut := false
		if marker == sos {
			for end < len(b) && !(b[end] == 0xFF && end+1 < len(b) && b[end+1] != 0 && (b[end+1] < 0xD0 || b[end+1] > 0xD7)) {
				end++
			}
			cut = end >= len(b)
		}
		f(marker, b[at:end])
		if cut {
			return nil
		}
		at = end
	}
}

// stays reports whether a segment is part of the picture: the colours (ICC,
// Adobe) and the shape of a pixel (JFIF, without its preview) are.
func stays(marker byte, whole []byte) bool {
	body := whole[min(4, len(whole)):]
	switch {
	case marker == app0:
		return bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) == 14
	case marker == app2:
		return bytes.HasPrefix(body, []byte("ICC_PROFILE\x00"))
	case marker == app14:
		return bytes.HasPrefix(body, []byte("Adobe"))
	}
	return marker != com && (marker < app0 || marker > app15)
}

func stripJPEG(b []byte, turned turn) ([]byte, error) {
	out := append(make([]byte, 0, len(b)), 0xFF, soi)
	said := turned < 2
	say := func() {
		if !said {
			body := append(bytes.Clone(exifHead), onlyTurn(turned)...)
			out = append(out, 0xFF, app1)
			out = binary.BigEndian.AppendUint16(out, uint16(2+len(body)))
			out = append(out, body...)
			said = true
		}
	}
	err := segments(b, func(marker byte, whole []byte) {
		if marker != app0 { // which must come first
			say()
		}
		if stays(marker, whole) {
			out = append(out, whole...)
		}
	})
	return out, err
}

const pngHead = "\x89PNG\r\n\x1a\n"

// pngStays are the chunks that make the picture; a moving one stands still.
var pngStays = map[string]bool{"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true, "cICP": true, "bKGD": true, "pHYs": true, "sBIT": true}

// chunks goes through a PNG: f gets each chunk whole, with its length and sum.
func chunks(b []byte, f func(name string, whole, body []byte)) error {
	for at := len(pngHead); ; {
		if at+12 > len(b) {
			return ErrDamaged
		}
		n := int(binary.BigEndian.Uint32(b[at:]))
		if n < 0 || n > len(b)-at-12 {
			return ErrDamaged
		}
		name := string(b[at+4 : at+8])
		f(name, b[at:at+12+n], b[at+8:at+8+n])
		if name == "IEND" {
			return nil
		}
		at += 12 + n
	}
}

func stripPNG(b []byte, turned turn) ([]byte, error) {
	out := append(make([]byte, 0, len(b)), pngHead...)
	err := chunks(b, func(name string, whole, _ []byte) {
		if !pngStays[name] {
			return
		}
		out = append(out, whole...)
		if name == "IHDR" && turned > 1 {
			out = appendChunk(out, "eXIf", onlyTurn(turned))
		}
	})
	return out, err
}

// The flags of a WebP's first chunk.
const (
	webpMoving = 0x02
	webpXMP    = 0x04
	webpEXIF   = 0x08
)

// webpStays are the chunks that make the picture.
var webpStays = map[string]bool{"VP8 ": true, "VP8L": true, "VP8X": true, "ALPH": true, "ICCP": true}

// riff goes through a WebP: f gets each chunk whole, filled up to an even length.
func riff(b []byte, f func(name string, whole, body []byte)) error {
	if len(b) < 12 {
		return ErrDamaged
	}
	size := int(binary.LittleEndian.Uint32(b[4:]))
	if size < 4 || size > len(b)-8 {
		return ErrDamaged
	}
	for b, at := b[:8+size], 12; at < len(b); {
		if at+8 > len(b) {
			return ErrDamaged
		}
		n := int(binary.LittleEndian.Uint32(b[at+4:]))
		if n < 0 || n > len(b)-at-8 {
			return ErrDamaged
		}
		end := min(at+8+n+n%2, len(b))
		f(string(b[at:at+4]), b[at:end], b[at+8:at+8+n])
		at = end
	}
	return nil
}

func stripWebP(b []byte, turned turn) ([]byte, error) {
	out := append(make([]byte, 0, len(b)), "RIFF\x00\x00\x00\x00WEBP"...)
	extended := false
	err := riff(b, func(name string, whole, body []byte) {
		if !webpStays[name] {
			return
		}
		from := len(out)
		out = append(out, whole...)
		if name == "VP8X" && len(body) > 0 {
			extended = true
			out[from+8] &^= webpEXIF | webpXMP
			if turned > 1 {
				out[from+8] |= webpEXIF
			}
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
	})
	if turned > 1 && extended {
		body := onlyTurn(turned)
		out = binary.LittleEndian.AppendUint32(append(out, "EXIF"...), uint32(len(body)))
		out = append(out, body...)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, err
}
