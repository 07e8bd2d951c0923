package document

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf16"

	"shangliang/internal/errs"
)

// sniffZip tells office files from other archives, after unpacking all of it
// within the limits: what a directory claims about sizes proves nothing.
func sniffZip(r io.ReaderAt, size int64, lim Limits) (content, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return "", errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	if lim.Entries > 0 && len(z.File) > lim.Entries {
		return "", errBomb
	}
	is := isArchive
	seen := map[string]bool{}
	most := lim.Unpacked
	if lim.Ratio > 0 {
		// Small files may well be all blanks; only growth that hurts counts.
		most = min(most, max(size*lim.Ratio, 10*mega))
	}
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, "\\", "/"))
		switch {
		case f.Flags&1 != 0:
			return "", errEncrypted
		case strings.HasPrefix(name, "/"), strings.Contains("/"+name+"/", "/../"), seen[name]:
			return "", errDamaged
		case path.Base(name) == "vbaproject.bin", path.Base(name) == "vbadata.xml":
			return "", errMacros
		case name == "word/document.xml":
			is = isDOCX
		case name == "xl/workbook.xml":
			is = isXLSX
		case name == "ppt/presentation.xml":
			is = isPPTX
		case name == "ofd.xml":
			is = isOFD
		}
		seen[name] = true
		n, err := unpack(f, most, name == "[content_types].xml")
		if err != nil {
			return "", err
		}
		if most -= n; most < 0 {
			return "", errBomb
		}
	}
	if is != isArchive && is != isOFD && !seen["[content_types].xml"] {
		return "", errDamaged
	}
	return is, nil
}

// unpack reads an entry to its end and returns its size.
func unpack(f *zip.File, most int64, types bool) (int64, error) {
	rc, err := f.Open()
	if err != nil {
		return 0, errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	defer rc.Close()
	if !types {
		n, err := io.Copy(io.Discard, io.LimitReader(rc, most+1))
		if err != nil {
			return n, errs.Because(err, errs.Invalid, errDamaged.Msg)
		}
		return n, nil
	}
	b, err := io.ReadAll(io.LimitReader(rc, min(most, mega)+1))
	if err != nil {
		return 0, errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	if bytes.Contains(bytes.ToLower(b), []byte("macroenabled")) {
		return 0, errMacros
	}
	if len(b) > mega {
		return 0, errBomb
	}
	return int64(len(b)), nil
}

// compoundMagic begins the files of old office programs, and those that new
// ones encrypt.
const compoundMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// stream is an entry of a compound file's directory.
type stream struct {
	name  string
	start uint32
}

// sniffCompound tells what a compound file holds by the names in its directory.
func sniffCompound(r io.ReaderAt, size int64) (content, error) {
	c, err := openCompound(r, size)
	if err != nil {
		return "", err
	}
	is, main := isOther, stream{}
	for _, s := range c.streams {
		switch s.name {
		case "EncryptedPackage", "EncryptionInfo":
			return "", errEncrypted
		case "Macros", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA":
			return "", errMacros
		case "WordDocument":
			is, main = isDOC, s
		case "Workbook", "Book":
			is, main = isXLS, s
		}
	}
	b := make([]byte, 512)
	n := 0
	if is != isOther {
		n, _ = r.ReadAt(b, c.offset(main.start))
	}
	if encryptedStream(is, b[:n]) {
		return "", errEncrypted
	}
	return is, nil
}

// encryptedStream looks at the beginning of a main stream for the mark of a
// password: a flag in Word's header, a FILEPASS record in Excel's.
func encryptedStream(is content, b []byte) bool {
	switch {
	case is == isDOC && len(b) > 0x0B && b[0] == 0xEC && b[1] == 0xA5:
		return b[0x0B]&0x01 != 0
	case is == isXLS && len(b) > 4 && b[0] == 0x09 && b[1] == 0x08:
		for at := 0; at+4 <= len(b); {
			if binary.LittleEndian.Uint16(b[at:]) == 0x2F {
				return true
			}
			at += 4 + int(binary.LittleEndian.Uint16(b[at+2:]))
		}
	}
	return false
}

// Numbers from lastSector on mean no sector; more than mostSectors of directory
// is a loop.
const lastSector, mostSectors = 0xFFFFFFFA, 4096

type compound struct {
	streams []stream
	sector  int64
}

func (c *compound) offset(sector uint32) int64 { return (int64(sector) + 1) * c.sector }

// openCompound reads the directory of a compound file: the chain of its sectors
// through the allocation table, whose own sectors the header lists.
func openCompound(r io.ReaderAt, size int64) (*compound, error) {
	le := binary.LittleEndian
	h := make([]byte, 512)
	if n, _ := r.ReadAt(h, 0); n < len(h) {
		return nil, errDamaged
	}
	shift := le.Uint16(h[0x1E:])
	if shift != 9 && shift != 12 {
		return nil, errDamaged
	}
	c := &compound{sector: 1 << shift}
	perSector := uint32(c.sector / 4)
	word := func(at int64) (uint32, bool) {
		var b [4]byte
		n, _ := r.ReadAt(b[:], at)
		return le.Uint32(b[:]), n == 4
	}
	next := func(sector uint32) (uint32, bool) {
		table := sector / perSector // which sector of the allocation table
		at := int64(0x4C) + 4*int64(table)
		if table >= 109 { // not in the header but in a chain of further lists
			table -= 109
			list, ok := le.Uint32(h[0x44:]), true
			for ; ok && table >= perSector-1; table -= perSector - 1 {
				list, ok = word(c.offset(list) + c.sector - 4)
			}
			if !ok || list >= lastSector {
				return 0, false
			}
			at = c.offset(list) + 4*int64(table)
		}
		in, ok := word(at)
		if !ok || in >= lastSector {
			return 0, false
		}
		return word(c.offset(in) + int64(sector%perSector)*4)
	}
	buf := make([]byte, c.sector)
	at := le.Uint32(h[0x30:])
	for range mostSectors {
		if at >= lastSector {
			return c, nil
		}
		if n, _ := r.ReadAt(buf, c.offset(at)); n < len(buf) {
			return nil, errDamaged
		}
		for e := buf; len(e) >= 128; e = e[128:] {
			n := int(le.Uint16(e[64:]))
			if e[66] == 0 || n < 2 || n > 64 {
				continue
			}
			u := make([]uint16, n/2-1)
			for i := range u {
				u[i] = le.Uint16(e[2*i:])
			}
			c.streams = append(c.streams, stream{string(utf16.Decode(u)), le.Uint32(e[116:])})
		}
		var ok bool
		if at, ok = next(at); !ok {
			return nil, errDamaged
		}
	}
	return nil, errDamaged
}
