package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// tagOrientation is the one thing of EXIF that is needed to show a picture.
const tagOrientation = 0x0112

// orientation reads which way is up; 1 where nothing says so.
func orientation(b []byte, kind string) turn {
	found := turn(1)
	read := func(tiff []byte) {
		if found == 1 {
			found = readTurn(tiff)
		}
	}
	switch kind {
	case JPEG:
		_ = segments(b, func(marker byte, whole []byte) {
			if marker == app1 && len(whole) > 10 && bytes.HasPrefix(whole[4:], exifHead) {
				read(whole[10:])
			}
		})
	case PNG:
		_ = chunks(b, func(name string, _, body []byte) {
			if name == "eXIf" {
				read(body)
			}
		})
	case WebP:
		_ = riff(b, func(name string, _, body []byte) {
			if name == "EXIF" {
				read(bytes.TrimPrefix(body, exifHead))
			}
		})
	}
	return found
}

// readTurn reads the orientation out of a TIFF directory, in either order of
// bytes.
func readTurn(b []byte) turn {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(b) < 8 {
		return 1
	}
	at := order.Uint32(b[4:])
	if uint64(at)+2 > uint64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == 3 {
			if t := turn(order.Uint16(entries[8:])); t >= 1 && t <= 8 {
				return t
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// onlyTurn is EXIF that says which way is up and nothing else.
func onlyTurn(t turn) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	b = binary.BigEndian.AppendUint16(b, tagOrientation)
	b = append(b, 0, 3, 0, 0, 0, 1, 0, byte(t), 0, 0)
	return append(b, 0, 0, 0, 0)
}

// appendChunk appends a chunk of a PNG.
func appendChunk(out []byte, name string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	from := len(out)
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[from:]))
}
