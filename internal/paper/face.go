package paper

import (
	"cmp"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"shangliang/internal/errs"
)

// A role of type in a document; the standard names a face for each.
type role int

const (
	body     role = iota // 仿宋
	title                // 小标宋
	heading              // 黑体
	kai                  // 楷体
	numerals             // 宋体, of page numbers
)

// Faces are the TrueType faces that a machine has, for writing PDF. They are
// looked for once, when the first document needs them.
type Faces struct {
	own   string   // folder of the installation's own faces
	look  []string // folders of the system
	once  sync.Once
	all   []*face
	chain map[role][]*face
}

// face is one face, read as far as it was needed.
type face struct {
	file  string
	index int
	names []string

	once    sync.Once
	err     error
	glyphs  map[rune]uint16
	advance func(glyph uint16) float64
}

// SystemFolders are where Linux keeps the faces of the machine.
var SystemFolders = []string{"/usr/share/fonts", "/usr/local/share/fonts"}

// NewFaces makes the faces of an installation: those in the folder own, which
// need not exist, come first, then those of the system's folders. It reads
// nothing yet.
func NewFaces(own string, system ...string) *Faces { return &Faces{own: own, look: system} }

// find reads the names of all faces and orders them for each role.
func (f *Faces) find() {
	f.once.Do(func() {
		f.chain = map[role][]*face{}
		mine := found(f.own)
		f.all = slices.Clone(mine)
		for _, dir := range f.look {
			f.all = append(f.all, found(dir)...)
		}
		for r := range named {
			var chain []*face
			add := func(x *face) {
				if !slices.Contains(chain, x) {
					chain = append(chain, x)
				}
			}
			for _, name := range append(slices.Clone(named[r]), anyRole...) {
				for _, x := range f.all {
					if slices.ContainsFunc(x.names, func(n string) bool { return strings.EqualFold(n, name) }) {
						add(x)
					}
				}
			}
			// What somebody put into the folder is meant to be used, whatever it
			// is called; what else the system has is the last resort.
			for _, x := range slices.Concat(mine, f.all) {
				add(x)
			}
			f.chain[r] = chain
		}
	})
}

// found lists the faces of a folder, by file name.
func found(dir string) []*face {
	var all []*face
	if dir == "" {
		return nil
	}
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a folder that is not there or not ours has no faces
		}
		switch strings.ToLower(filepath.Ext(name)) {
		case ".ttf", ".ttc":
		default:
			return nil
		}
		all = append(all, facesOf(name)...)
		return nil
	})
	slices.SortStableFunc(all, func(a, b *face) int { return cmp.Or(cmp.Compare(a.file, b.file), a.index-b.index) })
	return all
}

func facesOf(name string) []*face {
	file, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil || st.Size() > mostFontBytes {
		return nil
	}
	parts, err := sfnts(file, st.Size())
	if err != nil {
		return nil
	}
	var all []*face
	for i, p := range parts {
		all = append(all, &face{file: name, index: i, names: p.names()})
	}
	return all
}

// open opens the file of a face; the caller closes it.
func (x *face) open() (*sfnt, *os.File, error) {
	file, err := os.Open(x.file)
	if err != nil {
		return nil, nil, err
	}
	st, err := file.Stat()
	if err == nil {
		var all []*sfnt
		if all, err = sfnts(file, st.Size()); err == nil && x.index < len(all) {
			return all[x.index], file, nil
		}
	}
	file.Close()
	return nil, nil, cmp.Or(err, errNoFace)
}

// load reads which characters the face has and how wide they are.
func (x *face) load() error {
	x.once.Do(func() {
		s, file, err := x.open()
		if err != nil {
			x.err = err
			return
		}
		defer file.Close()
		if x.glyphs, x.err = s.glyphs(); x.err != nil {
			return
		}
		x.advance, x.err = s.advances()
	})
	return x.err
}

// covers reports whether the face has a character.
func (x *face) covers(r rune) bool {
	return x.load() == nil && x.glyphs[r] != 0
}

// width of a character in thousandths of the type size.
func (x *face) width(r rune) float64 { return x.advance(x.glyphs[r]) }

// Ready reports whether PDF can be written here; the error says what to do.
func (f *Faces) Ready() error {
	f.find()
	if slices.ContainsFunc(f.chain[body], func(x *face) bool { return x.covers('的') }) {
		return nil
	}
	return errs.New(errs.Conflict, "没有可用的中文字体，不能生成 PDF：请在服务器上安装 TrueType 中文字体（如文泉驿微米黑），或把字体文件放进数据目录的 fonts 文件夹；也可以下载 Word 文件")
}

// setting is the choice of faces for one document.
type setting struct {
	faces   *Faces
	chosen  map[setKey]*face
	missing map[rune]bool
}

type setKey struct {
	role role
	r    rune
}

func (f *Faces) setting() *setting {
	f.find()
	return &setting{faces: f, chosen: map[setKey]*face{}, missing: map[rune]bool{}}
}

// of returns the face in which a character of a role is set, nil if no face has
// it, which is remembered.
func (s *setting) of(ro role, r rune) *face {
	if x, ok := s.chosen[setKey{ro, r}]; ok {
		return x
	}
	var x *face
	for _, c := range s.faces.chain[ro] {
		if c.covers(r) {
			x = c
			break
		}
	}
	if x == nil {
		s.missing[r] = true
	}
	s.chosen[setKey{ro, r}] = x
	return x
}

// width of a character at a size.
func (s *setting) width(ro role, r rune, size float64) float64 {
	if x := s.of(ro, r); x != nil {
		return x.width(r) * size / 1000
	}
	return size
}

// wrong names the characters that no face has.
func (s *setting) wrong() error {
	if len(s.missing) == 0 {
		return nil
	}
	var text strings.Builder
	for i, r := range slices.Sorted(maps.Keys(s.missing)) {
		if i == 20 {
			text.WriteString("……")
			break
		}
		if i > 0 {
			text.WriteString("、")
		}
		text.WriteString(describe(r))
	}
	return errs.New(errs.Conflict, "服务器的字体里没有这些字：%s。请把含有它们的 TrueType 字体放进数据目录的 fonts 文件夹后重试，或下载 Word 文件", text.String())
}
