package ui

import (
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Column is a column of a table. Key, if given, makes it sortable: its heading
// leads to the same list with sort=Key, or sort=-Key the second time.
type Column struct {
	Title string
	Key   string
	Num   bool // numbers: to the right
	Wide  bool // takes the room that is left
	Desk  bool // left out on a phone
	Short bool // never breaks: numbers, dates; sortable columns are so anyway
}

// Row is a row: a link to what it shows and one part per column. ID is what the
// row's box sends as "id" when rows can be selected. The first cell is the one
// that carries the link if Href is given.
type Row struct {
	ID    string
	Href  string
	Kind  Kind   // Warn and Bad mark the row at its edge; say why in a cell
	Name  string // of what is selected, for screen readers
	Cells []templ.Component
}

// TableInfo is a list: a table on a desk, cards on a phone.
type TableInfo struct {
	Caption string // for screen readers: what is listed
	Columns []Column
	Rows    []Row
	Sort    string // the current order: "due" or "-due"
	Here    string // path and query of this page, for sort links
	Bulk    *Bulk  // what can be done with several rows at once
	Dense   bool   // of names and numbers: on a phone it stays a table rather than cards
	Empty   templ.Component
}

// Bulk posts the ids of the selected rows as "id" together with the name and
// value of the button.
type Bulk struct {
	URL     string
	Buttons []ButtonInfo
	Fields  templ.Component // more to fill in, beside the buttons
}

// With returns a URL with one parameter set, or removed if value is empty. It
// goes back to the first page: "after" and "before" are dropped.
func With(here, name, value string) string {
	path, query, _ := strings.Cut(here, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		q = url.Values{}
	}
	q.Del("after")
	q.Del("before")
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// without returns a URL with one of a parameter's values removed.
func without(here, name, value string) string {
	path, query, _ := strings.Cut(here, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return path
	}
	q.Del("after")
	q.Del("before")
	old := q[name]
	q.Del(name)
	for _, v := range old {
		if v != value {
			q.Add(name, v)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (t *TableInfo) sortURL(c Column) string {
	if t.Sort == c.Key {
		return With(t.Here, "sort", "-"+c.Key)
	}
	return With(t.Here, "sort", c.Key)
}

// ariaSort is the aria-sort of a column.
func (t *TableInfo) ariaSort(c Column) string {
	switch t.Sort {
	case c.Key:
		return "ascending"
	case "-" + c.Key:
		return "descending"
	}
	return "none"
}

// class is the class of a column's cells.
func (c Column) class() string {
	s := ""
	if c.Num {
		s = "num"
	}
	if c.Wide {
		s += " wide"
	}
	if c.Desk {
		s += " desk"
	}
	if !c.Wide && (c.Short || c.Key != "") {
		s += " short"
	}
	return strings.TrimPrefix(s, " ")
}

var rowClasses = [...]string{"", "", "", "row-warn", "row-bad"}

// Titles are what stands above the columns, for a file with the same ones.
func (t TableInfo) Titles() []string {
	all := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		all[i] = c.Title
	}
	return all
}

// FiltersInfo is the form over a list. It is sent by GET, so the filters stay in
// the URL; chips under it show which are in force and take them away.
type FiltersInfo struct {
	Here    string  // path and query of this page
	Search  string  // placeholder of the field "q"; empty for none
	Suggest string  // of that field, see Field
	Fields  []Field // SelectField each, DateField if Kind is "date"
	Target  string  // id of the part of the page that changes; "list" unless given
	Export  string  // URL of the same list as a file
}

func (f *FiltersInfo) path() string {
	path, _, _ := strings.Cut(f.Here, "?")
	return path
}

func (f *FiltersInfo) query() url.Values {
	_, query, _ := strings.Cut(f.Here, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return url.Values{}
	}
	return q
}

func (f *FiltersInfo) target() string {
	if f.Target == "" {
		return "list"
	}
	return f.Target
}

// keep returns the parameters of the URL that are not fields of the form, such
// as the order and the tab.
func (f *FiltersInfo) keep() []Link {
	var out []Link
	q := f.query()
	for _, name := range sortedKeys(q) {
		if name == "after" || name == "before" || name == "q" && f.Search != "" || f.has(name) {
			continue
		}
		for _, v := range q[name] {
			out = append(out, Link{name, v})
		}
	}
	return out
}

func (f *FiltersInfo) has(name string) bool {
	for _, x := range f.Fields {
		if x.Name == name {
			return true
		}
	}
	return false
}

// chips are the filters in force: what each says, and the URL without it.
func (f *FiltersInfo) chips() []Link {
	var out []Link
	q := f.query()
	if s := q.Get("q"); s != "" && f.Search != "" {
		out = append(out, Link{"“" + s + "”", without(f.Here, "q", s)})
	}
	for _, x := range f.Fields {
		for _, v := range q[x.Name] {
			if v == "" {
				continue
			}
			text := v
			for _, o := range x.Options {
				if o.Value == v {
					text = o.Label
				}
			}
			out = append(out, Link{x.Label + "：" + text, without(f.Here, x.Name, v)})
		}
	}
	return out
}

// filled gives the field the value it has in the URL.
func (f *FiltersInfo) filled(x Field, q url.Values) Field {
	x.Values = nil
	x.Value = q.Get(x.Name)
	if x.Multiple {
		x.Values = q[x.Name]
	}
	return x
}

func sortedKeys(q url.Values) []string {
	keys := make([]string, 0, len(q))
	for k := range q {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// PagerInfo leads through a long list. URLs are empty at its ends.
type PagerInfo struct {
	Count  int
	Capped bool // there are more than Count
	Prev   string
	Next   string
	Export string // URL of the same list as a file
}

// Tab is a link to one view of a list, with how many it has; a negative Count
// shows none.
type Tab struct {
	Title, URL string
	Count      int
	Current    bool
}
