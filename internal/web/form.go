package web

import (
	"encoding"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/errs"
	"shangliang/internal/ui"
)

// Decode fills a struct from the fields of a form (of the query on GET). A field
// takes the value named by its tag `form:"title"`; its type is a string, whole
// number, float64 or bool (a checkbox: absent is false), a slice of such, or
// anything that reads itself from text, such as calendar.Date. Texts are cleaned
// by [Clean]; empty ones leave the zero value. What cannot be read, such as
// letters in a number, is an Invalid error that names the fields; the struct
// then holds all the rest.
func Decode[T any](r *http.Request) (T, error) {
	var out T
	v := reflect.ValueOf(&out).Elem()
	var wrong errs.Fields
	if r.Form == nil {
		if err := r.ParseForm(); err != nil {
			return out, unreadable(err, FormLimit)
		}
	}
	form := r.PostForm
	if !changes(r.Method) {
		form = r.Form
	}
	for _, f := range fieldsOf(v.Type()) {
		values := form[f.name]
		if len(values) == 0 {
			continue
		}
		if err := set(v.Field(f.index), values); err != nil {
			wrong.Add(f.name, err.Error())
		}
	}
	return out, wrong.Err()
}

type formField struct {
	name  string
	index int
}

var formFields sync.Map // reflect.Type → []formField

func fieldsOf(t reflect.Type) []formField {
	if known, ok := formFields.Load(t); ok {
		return known.([]formField)
	}
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("web: Decode needs a struct, not %s", t))
	}
	var all []formField
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("form"); name != "" {
			all = append(all, formField{name, i})
		}
	}
	formFields.Store(t, all)
	return all
}

// message is an error that is a text of the catalogue.
type message string

func (m message) Error() string { return string(m) }

const (
	notInteger  message = "请填写整数"
	notNumber   message = "请填写数字"
	notReadable message = "格式不正确"
)

func set(v reflect.Value, values []string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		s := Clean(values[0])
		if s == "" {
			return nil
		}
		if err := u.UnmarshalText([]byte(s)); err != nil {
			// Keep what was typed where the type can hold it, so that the form
			// can show it again.
			if v.Kind() == reflect.String {
				v.SetString(s)
			}
			if v.Type().Name() == "Date" {
				return message("请填写日期，例如 2026-03-12")
			}
			return notReadable
		}
		return nil
	}
	if v.Kind() == reflect.Slice {
		out := reflect.MakeSlice(v.Type(), 0, len(values))
		for _, s := range values {
			if Clean(s) == "" {
				continue
			}
			e := reflect.New(v.Type().Elem()).Elem()
			if err := set(e, []string{s}); err != nil {
				return err
			}
			out = reflect.Append(out, e)
		}
		v.Set(out)
		return nil
	}
	s := Clean(values[0])
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		// A hidden "0" before a checkbox is a common way to send its absence.
		s = Clean(values[len(values)-1])
		v.SetBool(s != "" && s != "0" && s != "false" && s != "off")
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int8:
		if s == "" {
			return nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || v.OverflowInt(n) {
			return notInteger
		}
		v.SetInt(n)
	case reflect.Float64:
		if s == "" {
			return nil
		}
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || n != n || n > 1e300 || n < -1e300 {
			return notNumber
		}
		v.SetFloat(n)
	default:
		panic(fmt.Sprintf("web: Decode cannot fill a %s", v.Type()))
	}
	return nil
}

// Clean makes a typed text fit to keep: valid UTF-8, line ends as \n, without
// control characters (tabs stay) and without the marks that reverse the
// direction of what follows, and without space around it.
func Clean(s string) string {
	if plain(s) {
		return strings.TrimSpace(s)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == '\uFEFF', r == '\u2028', r == '\u2029',
			r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// plain reports whether a text needs no cleaning, which is nearly always so.
func plain(s string) bool {
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7F || r == utf8.RuneError || r >= 0x80 && r < 0xA0 ||
			r >= '\u2028' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\uFEFF' {
			return false
		}
	}
	return true
}

// Version returns the version of the record that the person saw: the hidden
// field of the form, else the If-Match header. Without either it is an Invalid
// error, because nobody may change what they have not seen.
func Version(r *http.Request) (int64, error) {
	s := r.PostFormValue(ui.VersionField)
	if s == "" {
		s = strings.Trim(strings.TrimPrefix(r.Header.Get("If-Match"), "W/"), `"`)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errs.New(errs.Invalid, "缺少版本号，请重新载入页面后再操作")
	}
	return n, nil
}
