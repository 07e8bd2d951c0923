package publish

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// pattern finds one kind of personal data.
type pattern struct {
	code string
	re   *regexp.Regexp
	part int // the group that is the data itself; 0: all of it
	ok   func(string) bool
}

// The separators that people write between digits, and digits of either width.
const (
	digit = `[0-9０-９]`
	sep   = `[\s\-－—–·.]?`
)

var patterns = []pattern{
	{"id_no", regexp.MustCompile(`(?:` + digit + sep + `){17}[0-9０-９XxＸｘ]`), 0, isID},
	{"id_no", regexp.MustCompile(digit + `{15}`), 0, isOldID},
	{"bank", regexp.MustCompile(`(?:` + digit + sep + `){15,18}` + digit), 0, isCard},
	{"bank", regexp.MustCompile(`(?:卡号|账号|帐号|账户|帐户)[^0-9０-９\n]{0,6}((?:` + digit + sep + `){8,24}` + digit + `)`), 1, nil},
	{"phone", regexp.MustCompile(`(?:[+＋]?86` + sep + `)?[1１][3-9３-９]` + digit + `(?:` + sep + digit + `){8}`), 0, nil},
	{"phone", regexp.MustCompile(`[(（]?[0０]` + digit + `{2,3}[)）]?` + sep + digit + `{3,4}` + sep + digit + `{4}`), 0, nil},
	{"phone", regexp.MustCompile(`(?:电话|手机|传真|微信|联系方式)(?:号码)?[:：为是\s]{0,3}(` + digit + `{7,12})`), 1, nil},
	{"email", regexp.MustCompile(`[A-Za-z0-9._%+\-]+[@＠][A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+`), 0, nil},
	{"address", regexp.MustCompile(`(?:家庭住址|家庭地址|住址|家住|现住|居住在|居住于|住在)[:：为是于\s]{0,2}([\p{Han}0-9０-９A-Za-z\-－#]{3,40})`), 1, nil},
	{"address", regexp.MustCompile(`[\p{Han}]{1,12}(?:路|街|巷|弄|道|村|社区|小区|花园|家园|苑|新村|里)[\p{Han}0-9０-９A-Za-z\-－]{0,10}?[0-9０-９]{1,5}(?:号楼|号|栋|幢|座|弄)[\p{Han}0-9０-９A-Za-z\-－]{0,10}?[0-9０-９A-Za-z]{1,5}(?:单元|室|户)(?:[0-9０-９A-Za-z]{1,5}(?:室|户)?)?`), 0, nil},
	{"plate", regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}`), 0, nil},
}

// find returns the personal data that rules find in a text, each once, as it
// stands there. A number inside a longer one is none.
func find(text string) []Mark {
	var all []Mark
	var taken [][2]int
	for _, p := range patterns {
		for _, at := range p.re.FindAllStringSubmatchIndex(text, -1) {
			from, to := at[2*p.part], at[2*p.part+1]
			s := text[from:to]
			if trimmed := strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-－—–·.", r) }); trimmed != s {
				to, s = from+len(trimmed), trimmed
			}
			if p.code != "address" && joined(text, from, to) || p.ok != nil && !p.ok(plain(s)) ||
				slices.ContainsFunc(taken, func(t [2]int) bool { return from < t[1] && t[0] < to }) {
				continue
			}
			taken = append(taken, [2]int{from, to})
			if !slices.ContainsFunc(all, func(m Mark) bool { return m.Text == s }) {
				all = append(all, Mark{Text: s, Code: p.code})
			}
		}
	}
	return all
}

// joined reports whether a letter or digit of the same kind stands right before
// or after: then it is a piece of something longer.
func joined(text string, from, to int) bool {
	wide := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r >= '０' && r <= '９'
	}
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	first, _ := utf8.DecodeRuneInString(text[from:])
	return wide(after) || wide(before) && wide(first)
}

// plain is a text with digits and letters only, of ordinary width.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// bare is a text without blanks, of ordinary width.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// isID: 18 characters with a date of birth that can be.
func isID(s string) bool {
	return len(s) == 18 && (s[6:8] == "19" || s[6:8] == "20") && date(s[10:12], s[12:14])
}

func isOldID(s string) bool { return len(s) == 15 && date(s[8:10], s[10:12]) }

func date(month, day string) bool {
	return month >= "01" && month <= "12" && day >= "01" && day <= "31"
}

// isCard: the check digit of bank cards is right, or it begins as the cards of
// this country do.
func isCard(s string) bool {
	if len(s) < 16 || len(s) > 19 {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 || strings.HasPrefix(s, "62")
}

// Span is a piece of public text, or the place where something was removed.
type Span struct {
	Text string `json:"t,omitempty"`
	Gone string `json:"x,omitempty"` // code of why
}

// remove cuts the marked texts out of a text, the longest first where several
// begin at the same place.
func remove(text string, marks []Mark) []Span {
	var cut []Mark
	for _, m := range marks {
		if !m.Keep && m.Text != "" {
			cut = append(cut, m)
		}
	}
	slices.SortStableFunc(cut, func(a, b Mark) int { return len(b.Text) - len(a.Text) })
	var spans []Span
	from := 0
	for at := 0; at < len(text); {
		i := slices.IndexFunc(cut, func(m Mark) bool { return strings.HasPrefix(text[at:], m.Text) })
		if i < 0 {
			_, n := utf8.DecodeRuneInString(text[at:])
			at += n
			continue
		}
		if at > from {
			spans = append(spans, Span{Text: text[from:at]})
		}
		if n := len(spans); n == 0 || spans[n-1].Gone != cut[i].Code {
			spans = append(spans, Span{Gone: cut[i].Code})
		}
		at += len(cut[i].Text)
		from = at
	}
	if from < len(text) {
		spans = append(spans, Span{Text: text[from:]})
	}
	return spans
}

// Flat is public text in one piece; a removed place reads 〔label〕.
func Flat(spans []Span, label func(code string) string) string {
	var b strings.Builder
	for _, s := range spans {
		if b.WriteString(s.Text); s.Gone != "" {
			b.WriteString("〔" + label(s.Gone) + "〕")
		}
	}
	return b.String()
}

// Leak is something that must not be in a public copy and is.
type Leak struct {
	Code string // "removed", "closed" or the code of personal data
	Text string
	In   string // the beginning of the text that it stands in
}

// Scan searches produced texts for what was left out: the marked texts, however
// they are spaced, the texts of closed parts, and personal data that nobody
// decided to keep.
func Scan(texts []string, marks []Mark, closed []string) []Leak {
	var leaks []Leak
	kept := map[string]bool{}
	for _, m := range marks {
		if m.Keep {
			kept[plain(m.Text)] = true
		}
	}
	add := func(code, what, in string) {
		if r := []rune(in); len(r) > 30 {
			in = string(r[:30]) + "…"
		}
		leaks = append(leaks, Leak{code, what, in})
	}
	for _, text := range texts {
		solid, digits := bare(text), plain(text)
		for _, m := range marks {
			if m.Keep {
				continue
			}
			if s := plain(m.Text); numeric(s) && strings.Contains(digits, s) || strings.Contains(solid, bare(m.Text)) {
				add("removed", m.Text, text)
			}
		}
		for _, c := range closed {
			if c = bare(c); utf8.RuneCountInString(c) >= 6 && strings.Contains(solid, c) {
				add("closed", c, text)
			}
		}
		for _, m := range find(text) {
			if !kept[plain(m.Text)] {
				add(m.Code, m.Text, text)
			}
		}
	}
	return leaks
}

// numeric reports whether digits make most of a text, so that separators in it
// mean nothing.
func numeric(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n >= 5 && 2*n >= utf8.RuneCountInString(s)
}
