package document

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/han"
)

func cellName(col, line int) string {
	name, _ := excelize.CoordinatesToCellName(col+1, max(line, 1))
	return name
}

// value reads a cell: its value, or a message about what is wrong with it.
// stored is what an xlsx keeps where it shows something else.
func (c *Column) value(shown, stored string, from1904 bool) (v, msg string, args []any) {
	v = han.Tidy(shown)
	if v == "" {
		if c.Required {
			return "", "“%s”不能为空", []any{c.Title}
		}
		return "", "", nil
	}
	if isErrorValue(v) {
		return v, "这一格是公式错误 %s，请填写内容", []any{v}
	}
	switch c.Type {
	case Text:
		// A spreadsheet's number keeps fifteen digits: the rest of an identity
		// card's are gone.
		if f, ok := number(stored); ok && math.Abs(f) >= 1e15 {
			msg = "这一格是数字格式，末尾几位已经丢失，请设为文本格式后重新填写"
		} else if n := utf8.RuneCountInString(v); c.Max > 0 && n > c.Max {
			msg, args = "有 %d 个字，最多 %d 个字", []any{n, c.Max}
		}
	case Int:
		v, msg, args = intValue(v, stored)
	case Date:
		v, msg, args = dateValue(v, stored, from1904)
	case Bool:
		v, msg, args = boolValue(v)
	case Choice:
		v, msg, args = c.choiceValue(v)
	}
	if msg == "" && c.Check != nil {
		msg, args = c.Check(v)
	}
	return v, msg, args
}

// isErrorValue reports whether a spreadsheet shows that a formula failed.
func isErrorValue(v string) bool {
	switch v {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!":
		return true
	}
	return false
}

func intValue(shown, stored string) (v, msg string, args []any) {
	s := han.Fold(shown)
	if stored != "" {
		s = stored
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, ",", ""), " ", "")
	s = digits(s)
	if whole, zeros, ok := strings.Cut(s, "."); ok && strings.Trim(zeros, "0") == "" {
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return shown, "“%s”不是整数，请只填数字", []any{shown}
	}
	return strconv.FormatInt(n, 10), "", nil
}

// Dates as people write them, after folding: the order year, month, day.
var (
	dateForm   = regexp.MustCompile(`^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[ t]*\d{1,2}:\d{2}(:\d{2})?(\.\d+)?z?)?$`)
	packedForm = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	monthForm  = regexp.MustCompile(`^(\d{4})\s*([-/.年]\s*(\d{1,2}\s*[月]?)?)?$`)
	otherOrder = regexp.MustCompile(`^\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*(\d{4}|\d{2})$`)
)

// The days that a date may be: anything else is a slip of the pen.
const firstYear, lastYear = 1900, 2199

func dateValue(shown, stored string, from1904 bool) (v, msg string, args []any) {
	for _, s := range []string{han.Fold(shown), stored} {
		for _, form := range []*regexp.Regexp{dateForm, packedForm} {
			m := form.FindStringSubmatch(s)
			if m == nil {
				continue
			}
			y, _ := strconv.Atoi(m[1])
			mo, _ := strconv.Atoi(m[2])
			d, _ := strconv.Atoi(m[3])
			t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
			if t.Year() != y || int(t.Month()) != mo || t.Day() != d {
				return shown, "日历上没有“%s”这一天", []any{shown}
			}
			if y < firstYear || y > lastYear {
				return shown, "“%s”的年份不对，请检查", []any{shown}
			}
			return t.Format(time.DateOnly), "", nil
		}
	}
	// The number behind a date cell, or a date that lost its format.
	number := stored
	if number == "" {
		number = shown
	}
	if d, ok := serialDate(number, from1904); ok {
		return d, "", nil
	}
	s := han.Fold(shown)
	switch {
	case monthForm.MatchString(s):
		return shown, "“%s”不是完整的日期，请写成 2018-03-01 这样", []any{shown}
	case otherOrder.MatchString(s):
		return shown, "“%s”分不清年月日的先后，请写成 2018-03-01 这样", []any{shown}
	}
	return shown, "“%s”不是日期，请写成 2018-03-01 这样", []any{shown}
}

// serialDate reads a spreadsheet's number of days. Small numbers are no dates
// but years, ages or numbers in a list.
func serialDate(s string, from1904 bool) (string, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 3000 && f < 110_000) {
		return "", false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return epoch.AddDate(0, 0, int(math.Floor(f+1e-9))).Format(time.DateOnly), true
}

func boolValue(shown string) (v, msg string, args []any) {
	switch han.Fold(shown) {
	case "是", "有", "对", "真", "√", "✓", "✔", "y", "yes", "true", "t", "1", "已", "同意":
		return "true", "", nil
	case "否", "无", "没有", "不是", "错", "假", "×", "✗", "✘", "x", "n", "no", "false", "f", "0", "未", "不同意":
		return "false", "", nil
	}
	return shown, "“%s”看不出是或否，请填“是”或“否”", []any{shown}
}

func (c *Column) choiceValue(shown string) (v, msg string, args []any) {
	parts := []string{shown}
	if c.Many {
		if v, ok := c.option(shown); ok { // a name may hold a separator itself
			return v, "", nil
		}
		parts = strings.FieldsFunc(shown, func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune("\u3001,\uFF0C;\uFF1B/|", r)
		})
	}
	var values []string
	seen := map[string]bool{}
	for _, part := range parts {
		v, ok := c.option(part)
		if !ok {
			if near := c.nearest(part); near != "" {
				return shown, "没有“%s”这一项，是不是“%s”？", []any{part, near}
			}
			return shown, "没有“%s”这一项，可以填：%s", []any{part, c.choices()}
		}
		if !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	return strings.Join(values, ","), "", nil
}

func (o Option) names() []string {
	if len(o.Names) == 0 {
		return []string{o.Value}
	}
	return o.Names
}

func (c *Column) option(name string) (string, bool) {
	key := compact(name)
	for _, o := range c.Options {
		if compact(o.Value) == key {
			return o.Value, true
		}
		for _, n := range o.Names {
			if compact(n) == key {
				return o.Value, true
			}
		}
	}
	return "", false
}

// compact is how names of options are compared.
func compact(s string) string { return strings.Join(strings.Fields(han.Fold(s)), "") }

// nearest returns the name that a slip of the pen most likely meant: at most
// half of it differs, or one holds the other.
func (c *Column) nearest(name string) string {
	want := []rune(compact(name))
	best, bestCost := "", math.MaxInt
	for _, o := range c.Options {
		for _, n := range o.names() {
			have := []rune(compact(n))
			cost := 2 * distance(want, have)
			if len(want) > 1 && (strings.Contains(string(have), string(want)) || strings.Contains(string(want), string(have))) {
				cost = 1
			}
			if cost <= max(len(want), len(have)) && cost < bestCost {
				best, bestCost = n, cost
			}
		}
	}
	return best
}

// distance is how many characters must be changed, added or removed.
func distance(a, b []rune) int {
	const long = 64
	a, b = a[:min(len(a), long)], b[:min(len(b), long)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// choices lists what may be filled in, as far as a message has room.
func (c *Column) choices() string {
	var names []string
	for i, o := range c.Options {
		if i == 12 {
			return fmt.Sprintf("%s……", strings.Join(names, "、"))
		}
		names = append(names, o.names()[0])
	}
	return strings.Join(names, "、")
}
