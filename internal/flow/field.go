package flow

import (
	"strconv"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Field is one thing that a person fills in for a step. Pages draw their forms
// from it, and [CheckFields] checks by it.
type Field struct {
	Name  string
	Label string // for people, in Simplified Chinese, as Help
	// Kind is "text", "area", "date", "int", "code", "codes" (several of a set);
	// "choice" or "choices" of what only the capability can offer, known by the
	// field's name; or a word of the capability for what it draws itself.
	Kind     string
	Codes    string // the code set of a "code" or of "codes"
	Required bool
	Max      int // characters, or the largest int
	Help     string
}

// CheckFields checks what was filled in against fields: values are by name; known
// says whether a code may be chosen from a set. What is wrong is an Invalid error
// that names each field.
func CheckFields(fields []Field, values map[string][]string, known func(set, key string) bool) error {
	var wrong errs.Fields
	for _, f := range fields {
		filled := 0
		for _, s := range values[f.Name] {
			if s == "" {
				continue
			}
			filled++
			switch f.Kind {
			case "code", "codes":
				wrong.Check(known(f.Codes, s), f.Name, "请从列出的选项中选择")
			case "date":
				_, err := calendar.ParseDate(s)
				wrong.Check(err == nil, f.Name, "日历上没有“%s”这一天", s)
			case "int":
				n, err := strconv.Atoi(s)
				wrong.Check(err == nil && n >= 0 && n <= f.Max, f.Name, "应在 %d 到 %d 之间", 0, f.Max)
			default:
				wrong.Check(f.Max == 0 || len([]rune(s)) <= f.Max, f.Name, "不能超过 %d 个字", f.Max)
			}
		}
		wrong.Check(filled > 0 || !f.Required, f.Name, "请填写“%s”", lang.Word(f.Label))
	}
	return wrong.Err()
}
