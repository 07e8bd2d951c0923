package ui

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// The names of the hidden fields that every form carries.
const (
	KeyField     = "request_key" // identifies the act, so that sending twice does once
	VersionField = "version"     // the record's version that the person saw
)

// FormInfo is a form that posts to Action. Its children are its fields and
// buttons. Err, when it is an errs.Error, is told on top and at the fields it
// names; fields find their own message by their name.
//
// With Autosave the browser keeps what is typed at once and posts the fields to
// that URL after a pause, with the version and a request key of its own, asking
// for JSON. A save answers 200 {"version": 3} and, if it made a new draft, "url"
// (where to save from now on), "action" (where to post the form) and "path" (the
// page's new address). A stale version answers 409 {"version": 4, "fields":
// {"title": "…"}}: the person then chooses between the two texts. 401 keeps the
// text in the browser until the person is signed in again.
type FormInfo struct {
	ID       string // needed where a page has several forms; prefixes the fields' ids
	Action   string
	Method   string // "post" unless given; "get" forms carry no key
	Err      error
	Version  int64  // of the record shown; 0 leaves it out
	Upload   bool   // the form sends files
	Autosave string // URL that takes the form's fields as a draft, by itself
	Label    string // name for screen readers, where no heading says it
	Class    string
}

func (f FormInfo) method() string {
	if f.Method == "" {
		return "post"
	}
	return f.Method
}

type formState struct {
	id  string
	err *errs.Error
}

type formKey struct{}

// withForm lets the fields inside know their form's id and errors.
func withForm(ctx context.Context, id string, err error) context.Context {
	var e *errs.Error
	errors.As(err, &e)
	if id == "" {
		id = "f"
	}
	return context.WithValue(ctx, formKey{}, formState{id, e})
}

func formOf(ctx context.Context) formState {
	s, ok := ctx.Value(formKey{}).(formState)
	if !ok {
		s.id = "f"
	}
	return s
}

// Form shows a form with its children, its request key, its version and what
// is wrong with it.
func Form(f FormInfo) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return form(f).Render(withForm(ctx, f.ID, f.Err), w)
	})
}

// FormErrors tells on top of a form what is wrong, each line leading to its
// field. Form shows it by itself.
func FormErrors(err error) templ.Component {
	var e *errs.Error
	errors.As(err, &e)
	if e == nil || e.Kind == errs.Internal {
		return templ.NopComponent
	}
	return formErrors(e)
}

// Field is one field of a form. Which of the settings count depends on the part
// that shows it.
type Field struct {
	Name, Label, Value string
	Help               string // under the field
	Error              string // overrides the form's message
	Placeholder        string
	Required           bool
	ReadOnly           bool
	Options            []Option // of SelectField, RadioField, ChecksField
	Values             []string // chosen, where several may be
	Multiple           bool     // SelectField, FileField
	Max                int      // TextField, TextArea: characters; shows a counter
	Rows               int      // TextArea
	From, To           string   // DateField, NumberField: limits
	Accept             string   // FileField: ".pdf,.docx"
	MaxBytes           int64    // FileField: limit told before sending
	Pick               string   // makes it a type-ahead: "list" over its options, or a URL that answers JSON
	Suggest            string   // TextField: URL that answers ?q= with what may be meant, while one types
	ShowWhen           string   // "field=value": hidden unless that holds
	Auto               string   // autocomplete attribute
	Mode               string   // inputmode attribute
	Kind               string   // TextField: type attribute, "text" unless given
	NoLabel            bool     // the label is for screen readers only
	Focus              bool     // RadioField: the page begins here, for who works by keyboard
}

// Option is a choice of a field.
type Option struct {
	Value, Label string
	Help         string // RadioField: under the label
	Group        string // SelectField: heading over equal neighbours
	Disabled     bool
}

// Options makes options of pairs: value, label, value, label.
func Options(pairs ...string) []Option {
	out := make([]Option, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return out
}

// begins reports whether an option is the one that is chosen, or the first.
func (f Field) begins(value string) bool {
	for _, o := range f.Options {
		if f.chosen(o.Value) {
			return o.Value == value
		}
	}
	return len(f.Options) > 0 && f.Options[0].Value == value
}

func (f Field) id(ctx context.Context) string { return formOf(ctx).id + "-" + f.Name }

// problem is the message at the field, if any.
func (f Field) problem(ctx context.Context) string {
	if f.Error != "" {
		return f.Error
	}
	if e := formOf(ctx).err; e != nil {
		for _, x := range e.Fields {
			if x.Name == f.Name {
				return lang.T(ctx, x.Msg, x.Args...)
			}
		}
	}
	return ""
}

// describedBy names the elements that explain the field.
func (f Field) describedBy(id, problem string) string {
	switch {
	case problem != "" && f.Help != "":
		return id + "-err " + id + "-help"
	case problem != "":
		return id + "-err"
	case f.Help != "":
		return id + "-help"
	}
	return ""
}

// attrs are the attributes that all kinds of input share.
func (f Field) attrs(id, problem string) templ.OrderedAttributes {
	a := make(templ.OrderedAttributes, 0, 8)
	add := func(k string, v any) { a = append(a, templ.KeyValue[string, any]{Key: k, Value: v}) }
	add("id", id)
	add("name", f.Name)
	if d := f.describedBy(id, problem); d != "" {
		add("aria-describedby", d)
	}
	if problem != "" {
		add("aria-invalid", "true")
	}
	if f.Required {
		add("required", true)
	}
	if f.ReadOnly {
		add("readonly", true)
	}
	if f.Placeholder != "" {
		add("placeholder", f.Placeholder)
	}
	if f.Auto != "" {
		add("autocomplete", f.Auto)
	}
	if f.Mode != "" {
		add("inputmode", f.Mode)
	}
	if f.Max > 0 {
		add("data-count", strconv.Itoa(f.Max))
	}
	if f.Pick != "" {
		add("data-pick", f.Pick)
	}
	if f.Suggest != "" {
		add("data-suggest", f.Suggest)
		add("autocomplete", "off")
	}
	if f.Multiple {
		add("multiple", true)
	}
	return a
}

func (f Field) inputType() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

func (f Field) rows() string {
	if f.Rows == 0 {
		return "4"
	}
	return strconv.Itoa(f.Rows)
}

// lines is the text of a TextArea: browsers drop a line end at its beginning.
func (f Field) lines() string {
	if len(f.Value) > 0 && (f.Value[0] == '\n' || f.Value[0] == '\r') {
		return "\n" + f.Value
	}
	return f.Value
}

func (f Field) chosen(value string) bool {
	if value == f.Value && len(f.Values) == 0 {
		return true
	}
	for _, v := range f.Values {
		if v == value {
			return true
		}
	}
	return false
}

// invalid adds the class that marks a field with a problem.
func invalid(class, problem string) string {
	if problem != "" {
		return class + " is-invalid"
	}
	return class
}

// sizeText writes a number of bytes for people.
func sizeText(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt((n+512)>>10, 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

func newKey() string { return uuid.NewString() }

func countText(n int) string {
	if n > 999 {
		return "999+"
	}
	return strconv.Itoa(n)
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}

func flashRole(k Kind) string {
	if k >= Warn {
		return "alert"
	}
	return "status"
}

// optionGroups parts options into runs of the same group.
func optionGroups(options []Option) [][]Option {
	var runs [][]Option
	for i, o := range options {
		if i == 0 || o.Group != options[i-1].Group {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], o)
	}
	return runs
}

// Input draws a field by the name of its kind, as the steps of a lifecycle name
// it: "area", "date", "int", "code" (one of f.Options), "codes" (several of
// them), "choice" and "choices" of what is no code; anything else is a line of text. A choice of few is in sight, of many it
// is a type-ahead.
func Input(kind string, f Field) templ.Component {
	switch kind {
	case "area":
		return TextArea(f)
	case "date":
		return DateField(f)
	case "int":
		f.From, f.To, f.Max = "0", strconv.Itoa(f.Max), 0
		return NumberField(f)
	case "code":
		if f.Required && len(f.Options) <= 5 {
			return RadioField(f)
		}
		if len(f.Options) > 12 {
			f.Pick = "list"
		}
		return SelectField(f)
	case "choice": // one of what only the capability can offer
		if f.Pick == "" && len(f.Options) > 12 {
			f.Pick = "list"
		}
		return SelectField(f)
	case "choices": // several of that
		f.Multiple = true
		if f.Pick == "" {
			f.Pick = "list"
		}
		return SelectField(f)
	case "codes":
		if len(f.Options) <= 12 {
			return ChecksField(f)
		}
		f.Multiple, f.Pick = true, "list"
		return SelectField(f)
	}
	return TextField(f)
}
