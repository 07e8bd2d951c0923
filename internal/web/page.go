package web

import (
	"encoding/base64"
	"encoding/json"

	"shangliang/internal/errs"
)

// Page is a part of a list as REST gives it. Next is the cursor that continues
// it, empty at the end.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Send as cursor to read on; absent at the end"`
}

// PageQuery is embedded in the input of operations that give a [Page].
type PageQuery struct {
	Cursor string `query:"cursor" maxLength:"1000" doc:"The next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most"`
}

// Cursor makes an opaque cursor of the keys of the last row shown.
func Cursor(keys ...string) string {
	b, _ := json.Marshal(keys) // strings: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// ReadCursor returns the n keys of a cursor, nil for none. What is not a cursor
// of n keys is an Invalid error.
func ReadCursor(cursor string, n int) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	var keys []string
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, &keys) != nil || len(keys) != n {
		return nil, errs.New(errs.Invalid, "翻页位置有误，请从第一页重新开始")
	}
	return keys, nil
}

// MakePage cuts a list that was read with one item more than limit, which tells
// whether there are more, and makes the cursor of the last item kept.
func MakePage[T any](items []T, limit int, keys func(T) []string) Page[T] {
	if len(items) <= limit {
		if items == nil {
			items = []T{}
		}
		return Page[T]{Items: items}
	}
	items = items[:limit]
	return Page[T]{Items: items, Next: Cursor(keys(items[limit-1])...)}
}
