package intake

import (
	"path"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/han"
)

// most is how many bytes of a file are read: no report comes near it.
const most = 20 << 20

// Open reads a file by what its bytes are, its name deciding only what they
// leave open. Errors are Invalid or TooLarge and say what to do.
func Open(name string, data []byte) (Source, error) {
	switch {
	case len(data) == 0:
		return Source{}, errs.New(errs.Invalid, "文件是空的")
	case len(data) > most:
		return Source{}, errs.New(errs.TooLarge, "文件有 %d MB，超过了 %d MB 的上限；请只留报告正文，另存后再试", len(data)>>20, most>>20)
	}
	src := Source{Name: name, Kind: TXT}
	var err error
	if src.Text, src.Encoding, err = han.Decode(data); err != nil {
		return Source{}, err
	}
	if strings.TrimSpace(src.Text) == "" {
		return Source{}, errs.New(errs.Invalid, "文件里没有文字")
	}
	return src, nil
}

// extension returns the extension of a name in lower case, with its dot.
func extension(name string) string { return strings.ToLower(path.Ext(strings.TrimSpace(name))) }
